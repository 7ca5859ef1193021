"""Measures over cohorts, customers at a window's start, cancellations and paid periods."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure(
        "cohorts",
        "day",
        ("plan", "d1", "d7", "d30"),
        "customers on the local day of their signup, by whether they came back: on that day, later, never",
    ),
    Measure("customers", "edge", ("plan", "segment"), "those who become or cease to be customers"),
    Measure("customers_kept", "still", ("plan", "segment"), "the same, of those who are customers now"),
    Measure("cancellations", "event", ("plan",), "subscriptions cancelled, under their own plan"),
    Measure("cancellations_by_reason", "event", ("reason",), "those of them for which a reason was given"),
    Measure(
        "renewals",
        "event",
        ("renewed", "plan"),
        "paid periods that were due and are decided, under the subscription's plan",
    ),
)

"""Measures over visits, orders, signups, invitations and recurring revenue."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure("visits", "event", ("platform",), "visits begun"),
    Measure("orders", "event", ("platform",), "orders completed, each once"),
    Measure("invitations_accepted", "event", (), "invitations taken up, each once"),
    Measure("signups", "event", ("referred",), "signups, by whether somebody referred them"),
    Measure("signups_all", "event", (), "the same, with those of customers that are excluded"),
    Measure("signups_excluded", "event", ("reason",), "signups of excluded customers, by the flag's reason"),
    Measure(
        "expansion_mrr",
        "event",
        ("plan", "currency"),
        "minor units of monthly revenue that customers added themselves, under the plan they moved to",
    ),
)

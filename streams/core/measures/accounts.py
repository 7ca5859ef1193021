"""Measures over accounts that customers name. A customer that names none counts in the measures over customers (`alone`)."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure("account_eligible", "edge", ("plan",), "accounts that become or cease to be eligible"),
    Measure(
        "account_active",
        "last",
        ("plan", "eligible"),
        "accounts at the last active event of any of their customers",
    ),
)

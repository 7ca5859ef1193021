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
    Measure("health", "hourly", ("plan", "band"), "accounts by how they fare, as of the last whole hour"),
    Measure("health_points", "hourly", ("plan",), "the sum of their health"),
    Measure(
        "interventions",
        "hourly",
        ("trigger",),
        "customers and accounts that call for an intervention, as of the last whole hour",
    ),
    Measure("accounts_paid", "edge", ("plan",), "accounts that begin or cease to pay"),
    Measure(
        "accounts_upsold",
        "last",
        ("plan",),
        "accounts that pay now, at the last upsell that a customer started",
    ),
)

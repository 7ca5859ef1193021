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
    Measure("free_customers", "edge", ("segment",), "those who come to a free plan or leave it"),
    Measure("free_begun", "event", ("segment",), "those who come to a free plan"),
    Measure("free_to_paid", "event", ("segment",), "those who leave it for a paid one"),
    Measure("paid_customers", "edge", ("plan",), "those who come to paying or cease to pay"),
    Measure("paid_begun", "event", ("plan",), "those who come to paying"),
    Measure("upgraded", "last", ("plan",), "their last move to a higher plan while they pay"),
    Measure("first_paid", "event", ("plan", "bucket"), "first paid plans by duration bucket"),
    Measure("first_paid_ms", "event", ("plan",), "milliseconds from signup to the first paid plan"),
)

"""The worked examples of docs/examples/retention.md: the events there, the figures here."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from streams.core.definitions import Definitions
from tests.oracle import OracleSettings, compute
from tests.support.figures import Figures, batch_figures, differing

PAGE = Path(__file__).parents[2] / "docs/examples/retention.md"


def events_under(heading: str) -> list[dict[str, Any]]:
    """The events that the page shows under a heading."""
    section = PAGE.read_text().split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    lines = section.split("```jsonl\n", 1)[1].split("```", 1)[0].splitlines()
    topics = {"user": "account.events", "subscription": "account.events"}
    events = [json.loads(line) for line in lines]
    return [event | {"topic": topics.get(event["type"].split(".")[0], "product.events")} for event in events]


def evaluated(
    heading: str, time: str, timezone: str = "UTC", customer: Literal["user", "account"] = "user"
) -> Figures:
    """The figures of a section's events; the oracle agrees."""
    at = int(datetime.fromisoformat(time).timestamp() * 1000)
    events = events_under(heading)
    found = batch_figures(events, at, Definitions(timezone=timezone, customer=customer))
    settings = OracleSettings(timezone=timezone, customer=customer)
    assert not differing(compute(events, at, settings=settings), found)
    return found


def counts(figures: Figures, kpi: str, **labels: str) -> tuple[float, float] | None:
    """Numerator and denominator of the series with these labels, all others being overall; None if there is no such series."""

    def found(family: str, wanted: dict[str, str]) -> list[float]:
        return [
            value
            for (name, pairs), value in figures.items()
            if name == f"kpi_{kpi}_{family}"
            and all(text == wanted.get(label, "all") for label, text in pairs)
        ]

    above = found("numerator", labels)
    below = found("denominator", {name: text for name, text in labels.items() if name != "mode"})
    return (above[0], below[0]) if above else None


def test_days_after_signup_across_a_change_of_clocks() -> None:
    found = evaluated(
        "Days after signup, across a change of clocks", "2025-03-11T00:00:01-07:00", "America/Los_Angeles"
    )
    expected = {
        ("2025-03-08", "all"): ((1, 3), (2, 3)),
        ("2025-03-09", "all"): ((1, 1), (1, 1)),
        ("all", "all"): ((2, 4), (3, 4)),
        ("all", "free"): ((1, 1), (1, 1)),
        ("all", "pro"): ((1, 3), (2, 3)),
        ("2025-03-10", "all"): (None, None),
    }
    for (cohort, plan), (n_day, unbounded) in expected.items():
        assert counts(found, "retention_d1", mode="n_day", cohort=cohort, plan=plan) == n_day
        assert counts(found, "retention_d1", mode="unbounded", cohort=cohort, plan=plan) == unbounded
    assert counts(found, "inactive_d1", cohort="2025-03-08") == (2, 3)
    assert counts(found, "inactive_d1", cohort="2025-03-09") == (0, 1)
    assert counts(found, "inactive_d1") == (2, 4)
    assert found["kpi_retention_d1_ratio", (("cohort", "all"), ("mode", "n_day"), ("plan", "all"))] == 0.5


def test_weeks_of_signup() -> None:
    early = evaluated("Weeks of signup", "2025-01-19T12:00:00+00:00")
    assert counts(early, "retention_d7", mode="n_day", cohort="2025-W02") is None
    assert counts(early, "retention_d7", mode="n_day") == (1, 2)

    mature = evaluated("Weeks of signup", "2025-01-20T12:00:00+00:00")
    assert counts(mature, "retention_d7", mode="n_day", cohort="2025-W02") == (2, 3)
    assert counts(mature, "retention_d7", mode="unbounded", cohort="2025-W02") == (3, 3)
    assert counts(mature, "inactive_d7", cohort="2025-W02") == (1, 3)
    assert counts(mature, "retention_d7", mode="n_day") == (2, 3)

    later = evaluated("Weeks of signup", "2025-02-15T12:00:00+00:00")
    assert counts(later, "retention_d30", mode="n_day", cohort="2025-W02") == (1, 3)
    assert counts(later, "inactive_d30", cohort="2025-W02") == (2, 3)
    assert counts(later, "retention_d30", mode="n_day") == (1, 4)


def test_customers_kept() -> None:
    found = evaluated("Customers kept: (E − N) ÷ S", "2025-03-01T00:00:00+00:00")
    assert counts(found, "customer_retention", window="30d") == (4 - 1, 4)
    assert counts(found, "churn", window="30d") == (1, 4)
    assert counts(found, "customer_retention", window="30d", plan="pro") == (2, 3)
    assert counts(found, "customer_retention", window="30d", plan="free") == (1, 1)
    assert counts(found, "customer_retention", window="30d", plan="team") is None
    assert counts(found, "cancellation_reasons", window="30d") == (1, 2)
    assert found["kpi_cancellation_reasons_ratio", (("reason", "price"), ("window", "30d"))] == 0.5


@pytest.mark.parametrize("customer", ["user", "account"])
def test_an_account_with_several_people(customer: Literal["user", "account"]) -> None:
    found = evaluated("An account with several people", "2025-03-01T00:00:00+00:00", customer=customer)
    assert counts(found, "customer_retention", window="30d") == (2, 3)
    assert counts(found, "churn", window="30d") == (1, 3)
    assert counts(found, "customer_retention", window="30d", plan="team") == (0, 1)
    assert counts(found, "customer_retention", window="30d", plan="free") == (2, 2)
    assert counts(found, "renewal", window="30d") == (0, 1)
    assert counts(found, "renewal", window="30d", plan="team") == (0, 1)
    assert counts(found, "cancellation_reasons", window="30d") == (1, 1)


@pytest.mark.parametrize(
    ("time", "overall", "pro", "team"),
    [
        ("2025-03-20T00:00:00+00:00", (1, 3), (1, 2), (0, 1)),
        ("2025-03-18T23:00:00+00:00", (1, 2), (1, 2), None),
    ],
)
def test_renewals(
    time: str, overall: tuple[int, int], pro: tuple[int, int], team: tuple[int, int] | None
) -> None:
    found = evaluated("Renewals", time)
    plans = [counts(found, "renewal", window="30d", plan=plan) for plan in ("all", "pro", "team")]
    assert plans == [overall, pro, team]

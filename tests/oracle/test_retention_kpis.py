"""The oracle's retention KPIs on small histories worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle import OracleSettings
from tests.oracle.examples import Json, Result, at, event

#: Thursday 2025-01-30, for windows of 30 days that begin on Tuesday 2024-12-31.
NOW = at("12:00", day=24)


def change(type_: str, time: int, subscription: str = "s1", user: str = "u1", **data: Any) -> Json:
    plan = data.pop("plan", None)
    told = {"subscription_id": subscription, "mrr": 0, "mrr_delta": 0, "currency": "EUR"} | data
    envelope = {} if plan is None else {"plan": plan}
    return event(f"subscription.{type_}", time, user, told | {"initiated_by": "customer"}, **envelope)


def period(type_: str, time: int, end: int, subscription: str = "s1", **envelope: Any) -> Json:
    data = {"subscription_id": subscription, "period_end": end}
    return event(f"subscription.{type_}", time, "u1", data, **envelope)


def kept(events: list[Json], **labels: str) -> tuple[float | None, float | None]:
    return Result(events, NOW).counts("customer_retention", window="7d", **labels)


START = at("12:00", day=17)
"""Where the window of 7 days begins."""


def test_a_customer_without_subscriptions_is_one_while_eligible() -> None:
    seen = event("page.viewed", START - 1, plan="pro")
    assert kept([seen]) == (1, 1)
    assert kept([event("page.viewed", START)]) == (0, 0)
    withdrawn = event("account.eligibility_changed", START + 1, data={"eligible": False, "scope": "user"})
    assert kept([seen, withdrawn]) == (0, 1)
    assert kept([seen, withdrawn], plan="pro") == (0, 1)
    assert Result([seen, withdrawn], NOW).counts("churn", window="7d") == (1, 1)


def test_with_a_subscription_eligibility_does_not_matter() -> None:
    seen = event("page.viewed", START - 10)
    assert kept([seen, change("started", START)]) == (0, 0)
    assert kept([seen, change("started", START - 1)]) == (1, 1)
    assert kept([seen, change("cancelled", START - 1)]) == (0, 0)
    both = [change("started", START - 2), change("changed", START - 1, "s2")]
    assert kept([*both, change("cancelled", START + 1)]) == (1, 1)
    assert kept([*both, change("cancelled", START + 1), change("cancelled", START + 2, "s2")]) == (0, 1)


def test_a_return_within_the_window_is_kept_and_a_deletion_is_not() -> None:
    gone = [change("started", START - 2), change("cancelled", START + 1)]
    assert kept([*gone, change("started", START + 2, "s2")]) == (1, 1)
    assert kept([change("started", START - 2), event("user.deleted", START)]) == (0, 1)
    assert kept([change("started", START - 2), event("user.deleted", START - 1)]) == (0, 0)


def test_in_one_millisecond_a_subscription_starts_before_it_ends() -> None:
    assert kept([change("cancelled", START - 1), change("started", START - 1)]) == (0, 0)


def test_plan_and_segment_are_those_at_the_windows_start() -> None:
    events = [
        change("started", START - 9, to="pro"),
        event("user.identified", START - 1, plan="team", segment="large"),
        change("changed", START, plan="top"),
        # Not an account event: it tells the plan of now, not that of then.
        event("page.viewed", START - 1, plan="free"),
    ]
    assert kept(events, plan="team") == (1, 1)
    assert kept(events, plan="pro") == (None, None)
    # Told later only: the first that was told.
    assert kept(events, segment="large") == (1, 1)
    assert kept([change("started", START - 1), event("user.identified", START, plan="pro")], plan="pro") == (
        1,
        1,
    )


def test_a_cohort_is_judged_on_local_days() -> None:
    # Kathmandu is 5:45 ahead: 18:15 there is midnight.
    signup = event("user.signed_up", at("18:14"))
    later = event("user.signed_up", at("18:15"), "u2")
    back = [event("session.started", at("18:16", day=1), user) for user in ("u1", "u2")]
    found = Result(
        [signup, later, *back], at("18:15:00.001", day=2), OracleSettings(timezone="Asia/Kathmandu")
    )
    assert found.counts("inactive_d1", cohort="2025-01-06") == (1, 1)
    assert found.counts("inactive_d1", cohort="2025-01-07") == (0, 1)
    assert found("retention_d1_ratio", mode="unbounded") == 1


def test_a_cohort_is_mature_when_its_day_is_over() -> None:
    signup = event("user.signed_up", at("10:00"))
    assert Result([signup], at("00:00", day=2)).counts("inactive_d1") == (0, 0)
    assert Result([signup], at("00:00:00.001", day=2)).counts("inactive_d1") == (1, 1)
    assert Result([signup], at("00:00:00.001", day=366)).counts("inactive_d1") == (0, 0)


@pytest.mark.parametrize(
    ("reasons", "counted"), [(["price"], (1, 1)), ([None], (0, 1)), ([None, "a", "b"], (1, 1))]
)
def test_a_cancellation_counts_once_a_time(
    reasons: list[str | None], counted: tuple[float | None, float | None]
) -> None:
    events = [change("cancelled", START, reason=reason) for reason in reasons]
    found = Result(events, NOW)
    assert found.counts("cancellation_reasons", window="30d") == counted
    assert found.counts("cancellation_reasons", window="30d", reason="a") == (None, None)


def test_a_period_is_decided_by_what_comes_first() -> None:
    end = at("00:00", day=5)
    due = period("renewal_due", at("00:00", day=2), end, plan="pro")

    def renewal(*events: Json) -> tuple[float | None, float | None]:
        return Result([due, *events], NOW).counts("renewal", window="30d")

    assert Result([due], at("00:00", day=19)).counts("renewal", window="30d") == (0, 0)
    assert renewal() == (0, 1)
    assert renewal(period("renewed", at("00:00", day=1), end)) == (1, 1)
    assert renewal(period("renewed", at("00:00", day=19), end)) == (0, 1)
    assert renewal(period("renewed", at("00:00", day=4), end + 1)) == (0, 1)
    cancelled = change("cancelled", at("00:00", day=4))
    assert renewal(cancelled, period("renewed", at("00:00", day=4), end)) == (1, 1)
    assert renewal(cancelled, period("renewed", at("00:01", day=4), end)) == (0, 1)
    before = change("cancelled", at("00:00", day=2) - 1)
    assert renewal(before, period("renewed", at("00:01", day=4), end)) == (1, 1)
    assert Result([due], NOW).counts("renewal", window="30d", plan="pro") == (0, 1)

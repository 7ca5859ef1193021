"""Activation, first value, key action: examples computed by hand."""

from __future__ import annotations

from typing import Any

from tests.oracle import OracleSettings
from tests.oracle.activation_kpis import sessions_per_activity
from tests.oracle.examples import Json, Result, at, event
from tests.oracle.people import lives

MONDAY = at("12:00")
WEEK_LATER = at("12:00", day=7)
HOUR = 3_600


def signup(time: int | str = "09:00", user: str = "u1", **envelope: Any) -> Json:
    return event("user.signed_up", time, user, **envelope)


def milestone(name: str, time: int | str, user: str = "u1", **envelope: Any) -> Json:
    return event("milestone.reached", time, user, {"milestone": name}, **envelope)


def test_a_new_customer_is_activated_at_the_milestone_or_not_a_week_after_its_signup() -> None:
    events = [
        signup(),
        milestone("activated", "11:58"),
        signup("09:00", "u2"),
        milestone("activated", "10:00", "u3"),
    ]
    assert Result(events, MONDAY).counts("activation", window="5m") == (1, 1)
    assert Result(events, at("09:01", day=7)).counts("activation", window="5m") == (0, 1)
    assert Result(events, WEEK_LATER).counts("activation", window="all") == (1, 2)


def test_a_week_is_over_at_its_last_millisecond() -> None:
    on_time = [signup(), milestone("activated", at("09:00", day=7) - 1)]
    too_late = [signup(), milestone("activated", at("09:00", day=7))]
    assert Result(on_time, WEEK_LATER).counts("activation", window="all") == (1, 1)
    assert Result(too_late, WEEK_LATER).counts("activation", window="all") == (0, 1)


def test_a_milestone_before_the_signup_counts_at_the_signup() -> None:
    events = [milestone("activated", "08:00"), milestone("first_value", "08:00"), signup("11:58")]
    result = Result(events, MONDAY)
    assert result.counts("activation", window="5m") == (1, 1)
    assert result("time_to_first_value_seconds", window="5m", stat="p50") == 0
    assert result("time_to_first_value_waiting") == 0


def test_plan_is_that_of_now_and_platform_that_of_the_earliest_signup() -> None:
    events = [
        signup("09:30", plan="free", platform="web"),
        signup("09:00", plan="free", platform="ios"),
        milestone("activated", "10:00", platform="android"),
        event("page.viewed", "11:00", plan="pro"),
    ]
    result = Result(events, MONDAY)
    assert result.counts("activation", window="1d", plan="pro") == (1, 1)
    assert result.counts("activation", window="1d", platform="ios") == (1, 1)
    assert result.counts("activation", window="1d", plan="free") == (None, None)


def test_durations_run_from_the_signup_to_the_earliest_and_count_when_reached() -> None:
    events = [
        signup(),
        milestone("first_value", "11:59"),
        milestone("first_value", "11:00"),
        event("feature.used", "11:30", data={"key_action": True}, feature="export"),
        event("feature.used", "10:00", data={"key_action": False}, feature="export"),
        signup("09:00", "u2"),
    ]
    result = Result(events, MONDAY)
    assert result("time_to_first_value_seconds", window="1d", stat="mean") == 2 * HOUR
    assert result("time_to_first_value_observations", window="30m") == 0
    assert result("time_to_first_value_waiting") == 1
    assert result("time_to_key_action_seconds", window="1h", stat="mean") == 2.5 * HOUR


def test_a_flagged_or_deleted_customer_waits_no_more() -> None:
    flag = event("user.flagged", "10:00", data={"reason": "fake"})
    assert Result([signup(), flag], MONDAY)("time_to_first_value_waiting") == 0
    assert Result([signup(), event("user.deleted", "10:00")], WEEK_LATER)("time_to_first_value_waiting") == 0
    gone = [signup(), event("user.deleted", "10:00")]
    assert Result(gone, at("12:00", day=8)).counts("activation", window="all") == (0, 0)


def test_which_milestones_are_meant_is_a_setting() -> None:
    events = [signup(), milestone("invited", "10:00"), milestone("activated", "11:00")]
    settings = OracleSettings(
        activation_milestones=frozenset({"invited", "published"}),
        first_value_milestones=frozenset({"invited"}),
        key_action_milestones=frozenset({"activated"}),
    )
    result = Result(events, at("10:30"), settings)
    assert result.counts("activation", window="1h") == (1, 1)
    assert result("time_to_first_value_seconds", window="1h", stat="p90") == HOUR
    assert (
        Result(events, MONDAY, settings)("time_to_key_action_seconds", window="1d", stat="mean") == 2 * HOUR
    )


def test_sessions_are_divided_by_what_was_completed() -> None:
    flow = {"flow": "setup", "flow_id": "f", "kind": "checkout"}
    events = [
        *(event("session.started", f"09:0{n}") for n in range(6)),
        milestone("any", "10:00"),
        event("flow.completed", "10:00", data=flow),
        event("flow.step_completed", "10:00", data=flow | {"step": 1}),
        event("order.completed", "10:00", data={"order_id": "o"}),
    ]
    values = sessions_per_activity(lives(events, MONDAY), MONDAY).values
    assert values["kpi_activation_sessions_per_activity_quotient", (("window", "1d"),)] == 2

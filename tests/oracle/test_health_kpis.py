"""Health and interventions: examples computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.examples import Json, Result, Talk, at, event
from tests.oracle.settings import HOUR, OracleSettings

NOON = at("12:00")


def used(day: int, user: str = "a", clock: str = "09:00", account: str | None = "org") -> Json:
    named = {} if account is None else {"account_id": account}
    return event("page.viewed", at(clock, day=day), user, None, **named)


def daily(days: int) -> list[Json]:
    return [used(-n) for n in range(days)]


def health(events: list[Json], time: int = NOON) -> float | None:
    return Result(events, time)("health_score")


def test_daily_use_without_contacts_is_full_health() -> None:
    assert health(daily(12)) == 100
    assert health(daily(30)) == 100


def test_recency_and_depth_fall_day_by_day() -> None:
    # 30 × 29/30 + 30 × 1/12 + 20, of 80.
    assert health([used(-1)]) == round(100 * (29 + 2.5 + 20) / 80)
    assert health([used(-29)]) == round(100 * (1 + 2.5 + 20) / 80)
    assert health([used(-30)]) == 25


def test_colleagues_add_up() -> None:
    events = [used(-n, user) for n, user in enumerate(("a", "b", "c", "a", "b", "c"))]
    assert health(events) == round(100 * (30 + 15 + 20) / 80)


def test_contacts_weigh_for_thirty_days_and_five_are_the_most() -> None:
    def talks(n: int) -> list[Json]:
        return [e for i in range(n) for e in Talk(f"c{i}", "a").start(f"10:0{i}", account_id="org").events]

    assert health(daily(12) + talks(1)) == 95
    assert health(daily(12) + talks(5)) == health(daily(12) + talks(7)) == 75
    to_bot = Talk("c9", "a", "bot").start("10:00", account_id="org").events
    assert health(daily(12) + to_bot) == 100


def answer(kind: str, score: int, scale: int, day: int = 0, **more: object) -> Json:
    data = {"survey": "s", "kind": kind, "score": score, "scale": scale, "complete": True} | more
    return event("survey.responded", at("10:00", day=day), "a", data, account_id="org")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (answer("csat", 1, 5), 80),
        (answer("csat", 3, 5), 90),
        (answer("nps", 0, 10), 80),
        (answer("nps", 5, 10), 90),
        (answer("ces", 1, 7), 100),
        (answer("csat", 1, 5, complete=False), 100),
        (answer("csat", 1, 5, -89), 80),
        (answer("csat", 1, 5, -91), 100),
    ],
)
def test_satisfaction_is_the_mean_of_answers(told: Json, expected: int) -> None:
    assert health([*daily(12), told]) == expected


def test_only_the_last_whole_hour_counts() -> None:
    late = Talk("c1", "a").start("12:10", account_id="org").events
    assert health(daily(12) + late, at("12:59")) == 100
    assert health(daily(12) + late, at("13:00")) == 95


def test_an_account_whose_health_falls() -> None:
    # Twelve days of use, then silence: recency and depth go down by 2.1 points a day until 20 of them are lost.
    events = [used(-n) for n in range(12, 24)]
    before = Result(events, at("12:00", day=-3))
    assert before("interventions", trigger="falling_health") is None
    week = [used(-n) for n in range(8, 20)]
    calls = [e for i in range(5) for e in Talk(f"c{i}", "a").start(at(f"10:0{i}"), account_id="org").events]
    found = Result(week + calls, NOON)
    assert found("interventions", trigger="falling_health") == 1
    assert Result(week, NOON)("interventions", trigger="falling_health") is None


@pytest.mark.parametrize(("clock", "found"), [("11:59", None), ("12:00", 1)])
def test_inactivity_after_fourteen_days(clock: str, found: int | None) -> None:
    result = Result([used(-14, clock="12:00")], at(clock))
    assert result("interventions", trigger="inactivity") == found
    assert Result([used(-90, clock="12:00")], NOON)("interventions", trigger="inactivity") is None


@pytest.mark.parametrize(
    ("kind", "idle"), [("onboarding", "onboarding_idle_ms"), ("journey", "journey_idle_ms")]
)
def test_a_flow_that_stands_still_is_dropped_off_when_it_is_decided(kind: str, idle: str) -> None:
    told = event("flow.started", at("09:30"), "a", {"flow": "f", "flow_id": "1", "kind": kind, "steps": 2})

    def dropped(time: int, **times: Any) -> float | None:
        return Result([told], time, OracleSettings(**times))("interventions", trigger="drop_off")

    assert dropped(at("09:59", day=7)) is None
    assert dropped(at("10:00", day=7)) == 1
    assert dropped(at("10:00", day=37)) is None
    # Three hours after 09:30 the next whole hour is 13:00; thirty days later it is over.
    assert dropped(at("12:59"), **{idle: 3 * HOUR}) is None
    assert dropped(at("13:00"), **{idle: 3 * HOUR}) == 1
    assert dropped(at("12:00", day=30), **{idle: 3 * HOUR}) == 1
    assert dropped(at("13:00", day=30), **{idle: 3 * HOUR}) is None
    other = {"onboarding_idle_ms", "journey_idle_ms"} - {idle}
    assert dropped(at("13:00"), **dict.fromkeys(other, 3 * HOUR)) is None


def test_a_flag_takes_an_intervention_back() -> None:
    events = [used(-20), event("user.flagged", "09:00", "a", {"reason": "fake"})]
    assert Result(events, NOON)("interventions") == 0

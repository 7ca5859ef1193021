"""Onboarding, tours and journeys: examples computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.examples import Json, Result, at, event

MONDAY = at("12:00")
WEEK_LATER = at("12:00", day=7)


class Flow:
    """Writes the events of one passage of one customer."""

    def __init__(self, kind: str, identity: str = "f1", user: str = "u1", flow: str = "setup") -> None:
        self.fields = {"flow": flow, "flow_id": identity, "kind": kind}
        self.user = user
        self.events: list[Json] = []

    def start(self, time: int | str, steps: int | list[str] = 3, **envelope: Any) -> Flow:
        self.events.append(
            event("flow.started", time, self.user, {**self.fields, "steps": steps}, **envelope)
        )
        return self

    def step(self, time: int | str, step: int | str, **envelope: Any) -> Flow:
        data = {**self.fields, "step": step}
        self.events.append(event("flow.step_completed", time, self.user, data, **envelope))
        return self

    def complete(self, time: int | str) -> Flow:
        self.events.append(event("flow.completed", time, self.user, self.fields))
        return self


def test_a_completed_onboarding_counts_at_its_completion_and_an_idle_one_a_week_after_its_last_event() -> (
    None
):
    done = Flow("onboarding").start("09:00").complete("11:58").events
    left = Flow("onboarding", user="u2").start("09:00").step("11:58", 1).events
    soon, later = Result(done + left, MONDAY), Result(done + left, WEEK_LATER)
    assert soon.counts("onboarding_completion", window="5m") == (1, 1)
    assert later.counts("onboarding_completion", window="5m") == (0, 1)
    assert later.counts("onboarding_completion", window="30d") == (1, 2)


def test_a_later_event_moves_the_deadline_and_a_late_completion_takes_the_failure_back() -> None:
    flow = Flow("onboarding").start("09:00").step(at("09:00", day=6), 1)
    assert Result(flow.events, WEEK_LATER).counts("onboarding_completion", window="all") == (0, 0)
    assert Result(flow.events, at("09:01", day=13)).counts("onboarding_completion", window="5m") == (0, 1)
    flow.complete(at("08:00", day=20))
    assert Result(flow.events, at("09:00", day=20)).counts("onboarding_completion", window="all") == (1, 1)


def test_a_passage_keeps_the_flow_and_platform_that_it_began_with() -> None:
    flow = (
        Flow("onboarding").start("09:00", platform="ios").step("10:00", 1, platform="web").complete("11:00")
    )
    result = Result(flow.events, MONDAY)
    assert result.counts("onboarding_completion", window="1d", platform="ios") == (1, 1)
    assert result.counts("onboarding_completion", window="1d", platform="web") == (None, None)
    assert result.counts("onboarding_completion", window="1d", flow="setup") == (1, 1)


def test_a_tour_is_broken_off_after_half_an_hour_and_kinds_do_not_mix() -> None:
    events = [
        *Flow("tour", "t1").start("09:00").step("09:10", 1).events,
        *Flow("tour", "t2").start("09:00").complete("09:50").events,
        *Flow("checkout", "t3").start("09:00").complete("09:50").events,
    ]
    assert Result(events, at("09:40")).counts("tour_completion", window="1d") == (0, 1)
    assert Result(events, at("09:41")).counts("tour_completion", window="1d") == (0, 2)
    assert Result(events, MONDAY).counts("tour_completion", window="1d") == (1, 2)
    assert Result(events, MONDAY).counts("onboarding_completion", window="all") == (0, 0)


def test_tasks_are_counted_once_by_name_or_position_at_the_decision() -> None:
    flow = Flow("onboarding").start("09:00", ["profile", "invite", "import"])
    flow.step("09:10", "invite").step("09:20", "invite").step("09:30", 2).step("09:40", "hat").step(
        "09:50", 3
    )
    flow.complete("10:00").step("10:30", "profile")
    result = Result(flow.events, MONDAY)
    assert result.counts("onboarding_task_completion", window="1d") == (2, 3)
    assert [
        result.counts("onboarding_task_completion", window="1d", step=s) for s in ("profile", "invite")
    ] == [
        (0, 1),
        (1, 1),
    ]
    assert result.counts("onboarding_task_completion", window="1d", step="hat") == (None, None)


def test_the_earliest_list_counts_and_without_a_start_nothing_is_listed() -> None:
    flow = Flow("onboarding").start("09:00", 2).start("09:30", 5).step("09:40", "2").complete("10:00")
    assert Result(flow.events, MONDAY).counts("onboarding_task_completion", window="1d") == (1, 2)
    bare = Flow("onboarding").step("09:40", 2).complete("10:00")
    assert Result(bare.events, MONDAY).counts("onboarding_task_completion", window="1d") == (0, 0)
    assert Result(bare.events, MONDAY).counts("onboarding_completion", window="1d") == (1, 1)


def progress(result: Result, **labels: str) -> list[tuple[float | None, float | None]]:
    return [result.counts("milestone_progression", window="all", step=s, **labels) for s in ("1", "2", "3")]


def test_a_customer_moves_on_with_the_next_step_or_stands_still_for_a_week() -> None:
    journey = Flow("journey").start("09:00", 3).step("10:00", 1).step("11:00", 2)
    soon, later = Result(journey.events, MONDAY), Result(journey.events, WEEK_LATER)
    assert progress(soon) == [(1, 1), (None, None), (None, None)]
    assert progress(later) == [(1, 1), (0, 1), (None, None)]
    assert later.counts("drop_off", window="all") == (1, 2)
    assert later.counts("milestone_progression", window="1h") == (0, 1)
    journey.step(at("09:00", day=10), 3)
    assert progress(Result(journey.events, at("12:00", day=30))) == [(1, 1), (1, 1), (None, None)]


def test_starting_is_no_step_and_a_later_step_or_completion_reaches_the_earlier_ones() -> None:
    assert Result(Flow("journey").start("09:00", 3).events, WEEK_LATER).counts("drop_off", window="all") == (
        0,
        0,
    )
    skipping = Flow("journey").start("09:00", 3).step("10:00", 3).step("11:00", 1)
    assert progress(Result(skipping.events, MONDAY)) == [(1, 1), (1, 1), (None, None)]
    assert Result(skipping.events, at("10:01")).counts("milestone_progression", window="5m") == (2, 2)
    completed = Flow("journey").start("09:00", 3).complete("10:00")
    assert progress(Result(completed.events, MONDAY)) == [(1, 1), (1, 1), (None, None)]


def test_passages_of_one_journey_count_once_under_its_latest_list() -> None:
    events = [
        *Flow("journey", "a").start("08:00", 2).step("08:10", 1).events,
        *Flow("journey", "b").start("09:00", 3).step("09:10", 1).step("09:20", 2).events,
        *Flow("journey", "c", user="u2").start("09:00", 3).step("09:10", 1).events,
    ]
    assert progress(Result(events, WEEK_LATER), flow="all") == [(1, 2), (0, 1), (None, None)]


@pytest.mark.parametrize(
    ("completed", "decided"), [(False, [(1, 1), (0, 1)]), (True, [(1, 1), (None, None)])]
)
def test_numbers_tell_their_order_without_a_start(
    completed: bool, decided: list[tuple[float | None, float | None]]
) -> None:
    journey = Flow("journey").step("09:00", 1).step("10:00", 2).step("11:00", "named")
    if completed:
        journey.complete("11:30")
    assert progress(Result(journey.events, WEEK_LATER))[:2] == decided


def test_named_steps_are_labels_and_wait_for_a_start() -> None:
    journey = Flow("journey").step("09:00", "team")
    assert Result(journey.events, WEEK_LATER).counts("drop_off", window="all") == (0, 0)
    journey.start("08:00", ["project", "team", "export"])
    result = Result(journey.events, WEEK_LATER)
    assert result.counts("drop_off", window="all", step="project") == (0, 1)
    assert result.counts("drop_off", window="all", step="team") == (1, 1)


def test_a_deletion_leaves_what_was_decided_and_withdraws_deadlines_ahead() -> None:
    events = [
        *Flow("onboarding", "a").start("09:00").complete("10:00").events,
        *Flow("onboarding", "b").start("09:00").events,
        *Flow("journey").start("09:00").step("09:10", 1).step("09:20", 2).events,
        event("user.deleted", "11:00"),
    ]
    later = Result(events, at("12:00", day=8))
    assert later.counts("onboarding_completion", window="all") == (1, 1)
    assert later.counts("milestone_progression", window="all") == (1, 1)

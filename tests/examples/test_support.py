"""The figures of docs/examples/support.md."""

from __future__ import annotations

from typing import Any

import pytest

from streams.core.definitions import Definitions
from tests.oracle.examples import Json, Talk, at, event
from tests.support.figures import Figures, batch_figures

WEEK_LATER = at("16:00", day=8)


def talk(name: str, user: str, channel: str, partner: str, day: int = 0) -> Talk:
    hour = {"c1": "09:00", "c2": "10:00", "c4": "15:00", "c3": "12:00"}[name]
    return Talk(name, user, channel).start(at(hour, day=day), partner=partner)


def named(events: list[Json]) -> list[Json]:
    """The first event of a conversation names the bot."""
    events[0]["data"]["bot"] = "guide"
    return events


EVENTS: list[Json] = [
    *named(talk("c1", "ada", "bot", "bot").say("09:00", "customer").say("09:01", "bot").events),
    *named(
        talk("c2", "ben", "bot", "bot")
        .say("10:01", "bot")
        .hand_off("10:05")
        .say("10:20", "agent")
        .resolve("11:00", "agent")
        .events
    ),
    event("help.article_viewed", "12:00", "cleo", {"article": "a1", "in_app": False}),
    event("help.solved", "12:05", "cleo"),
    *named(
        talk("c4", "dan", "chat", "bot")
        .say("15:00", "customer")
        .say("15:01", "bot")
        .resolve("15:10", "customer")
        .events
    ),
    *talk("c3", "cleo", "email", "agent", day=2).say(at("12:40", day=2), "agent").events,
]


class Figure:
    """Figures by family and by those labels that are not `all`."""

    def __init__(self, events: list[Json], time: int, **definitions: Any) -> None:
        self.values: Figures = batch_figures(events, time, Definitions(**definitions))

    def __call__(self, family: str, **labels: str) -> float | None:
        """The figure over everything so far, where it has a window; None where there is no such series."""
        for (name, pairs), value in self.values.items():
            text = dict(pairs)
            wanted = ({"window": "all"} if "window" in text else {}) | labels
            if name == f"kpi_{family}" and all(wanted.get(k, "all") == v for k, v in text.items()):
                return value
        return None


def test_what_a_bot_handled_is_solved_or_handed_over() -> None:
    figure = Figure(EVENTS, WEEK_LATER)
    assert figure("bot_resolution_numerator") == 2
    assert figure("bot_resolution_denominator") == 3
    assert figure("bot_resolution_ratio") == pytest.approx(2 / 3)
    assert figure("bot_handoff_ratio") == pytest.approx(1 / 3)
    assert figure("bot_resolution_ratio", bot="guide") == pytest.approx(2 / 3)
    assert figure("bot_resolution_ratio", channel="bot") == 1 / 2
    assert figure("bot_resolution_ratio", channel="chat") == 1


def test_two_of_three_solutions_lasted_a_week() -> None:
    assert Figure(EVENTS, at("12:05", day=7))("durable_resolution_denominator") == 0
    first = Figure(EVENTS, at("12:06", day=7))
    assert (first("durable_resolution_numerator"), first("durable_resolution_denominator")) == (0, 1)
    figure = Figure(EVENTS, WEEK_LATER)
    assert figure("durable_resolution_denominator") == 3
    assert figure("durable_resolution_ratio") == pytest.approx(2 / 3)
    assert figure("durable_resolution_ratio", channel="help_center") == 0


def test_customers_waited_half_an_hour_for_a_person() -> None:
    figure = Figure(EVENTS, WEEK_LATER)
    assert figure("first_response_time_observations") == 2
    assert figure("first_response_time_seconds", stat="mean") == 1800
    assert figure("first_response_time_seconds", stat="mean", channel="email") == 2400
    anyone = Figure(EVENTS, WEEK_LATER, first_response="anyone")
    assert anyone("first_response_time_observations") == 4
    assert anyone("first_response_time_seconds", stat="mean") == 645


@pytest.mark.parametrize(
    ("time", "age"),
    [(at("12:50", day=2), "lt_1h"), (at("14:00", day=2), "lt_1d"), (WEEK_LATER, "lt_7d")],
)
def test_an_open_conversation_grows_older(time: int, age: str) -> None:
    figure = Figure([e for e in EVENTS if e["time"] < time], time)
    assert figure("open_conversations") == 1
    assert figure("open_conversations", age=age) == 1
    assert figure("open_conversations", channel="email") == 1


@pytest.mark.parametrize(("time", "pending"), [(at("15:05"), 2), (at("15:11"), 1), (WEEK_LATER, 0)])
def test_answers_are_pending_until_something_decides(time: int, pending: int) -> None:
    assert Figure(EVENTS, time)("pending_issues") == pending


def test_four_sessions_for_each_customer_with_a_ticket() -> None:
    searches = [
        event("help.searched", at("10:00", day=day), user, {"search_id": "s", "results": 3})
        for user in ("ada", "ben", "cleo", "dan")
        for day in (0, 6)
    ]
    tickets = [
        *Talk("t1", "ada", "email").start(at("10:00", day=8), partner="agent").events,
        *Talk("t2", "ben", "email").start(at("10:00", day=3), partner="agent").events,
        *Talk("t3", "ben", "email").start(at("10:00", day=9), partner="agent").events,
    ]
    figure = Figure([*searches, *tickets], at("00:00", day=10))
    assert figure("self_service_score_numerator") == 8
    assert figure("self_service_score_denominator") == 2
    assert figure("self_service_score_quotient") == 4

"""Bots, answering times, open and pending work, durable resolutions and the self-service score: examples computed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oracle import OracleSettings
from tests.oracle.examples import Result, Talk, at, event

if TYPE_CHECKING:
    from tests.oracle.examples import Json

NOON = at("12:00")
LATER = at("00:00", day=60)


def all_of(*talks: Talk) -> list[Json]:
    return [e for talk in talks for e in talk.events]


class TestBots:
    def counts(self, talk: Talk, time: int = LATER, **labels: str) -> list[tuple[float | None, float | None]]:
        result = Result(talk.events, time)
        return [result.counts(kpi, window="all", **labels) for kpi in ("bot_resolution", "bot_handoff")]

    def bot(self) -> Talk:
        return Talk(channel="bot").start("10:00").say("10:00", "customer")

    def test_an_answer_and_silence_resolve(self) -> None:
        talk = self.bot().say("10:01", "bot")
        assert self.counts(talk, at("10:01", day=1)) == [(0, 0), (0, 0)]
        assert self.counts(talk, at("10:01", day=1) + 1) == [(1, 1), (0, 1)]

    def test_a_hand_off_goes_to_an_agent_even_if_the_bot_never_wrote(self) -> None:
        assert self.counts(self.bot().hand_off("10:02")) == [(0, 1), (1, 1)]

    def test_an_agent_who_comes_in_after_a_bot_takes_over(self) -> None:
        assert self.counts(self.bot().say("10:01", "bot").say("10:09", "agent", public=False)) == [
            (0, 1),
            (1, 1),
        ]

    def test_a_bot_that_replies_in_an_agents_conversation_hands_nothing_over(self) -> None:
        talk = Talk(channel="email").start("10:00").say("10:01", "bot").resolve("11:00", "agent")
        assert self.counts(talk) == [(0, 1), (0, 1)]

    def test_without_a_reply_or_only_with_a_note_the_bot_has_no_part_in_it(self) -> None:
        assert self.counts(self.bot()) == [(0, 0), (0, 0)]
        assert self.counts(self.bot().say("10:01", "bot", public=False)) == [(0, 0), (0, 0)]

    def test_what_it_wrote_before_the_customer_came_does_not_count(self) -> None:
        talk = Talk(channel="bot").start("10:00", by="bot").say("10:00", "bot").say("10:05", "customer")
        assert self.counts(talk) == [(0, 0), (0, 0)]
        assert self.counts(talk.say("10:06", "bot")) == [(1, 1), (0, 1)]

    def test_a_contact_elsewhere_is_neither(self) -> None:
        events = all_of(
            self.bot().say("10:01", "bot"), Talk("c2", channel="phone").start("11:00", partner="agent")
        )
        result = Result(events, LATER)
        assert result.counts("bot_resolution", window="all") == (0, 1)
        assert result.counts("bot_handoff", window="all") == (0, 1)

    def test_reopening_takes_the_outcome_back(self) -> None:
        talk = self.bot().say("10:01", "bot").hand_off("10:05").reopen("11:00")
        assert self.counts(talk, NOON) == [(0, 1), (0, 1)]
        assert self.counts(talk.say("11:01", "bot"), NOON) == [(0, 0), (0, 0)]

    def test_the_earliest_name_is_the_bots(self) -> None:
        talk = self.bot().say("10:01", "bot").say("10:02", "bot")
        talk.events[3]["data"]["bot"] = "second"
        assert self.counts(talk, bot="second")[0] == (1, 1)
        talk.events[2]["data"]["bot"] = "first"
        assert self.counts(talk, bot="first")[0] == (1, 1)
        assert self.counts(talk, bot="second")[0] == (None, None)


class TestDurableResolution:
    def counts(self, events: list[Json], time: int = LATER) -> tuple[float | None, float | None]:
        return Result(events, time).counts("durable_resolution", window="all")

    def confirmed(self) -> Talk:
        return Talk(channel="bot").start("10:00").say("10:00", "customer").resolve("10:05", "customer")

    def phone(self, time: int) -> Talk:
        return Talk("c2", channel="phone").start(time, partner="agent")

    def test_it_is_decided_after_seven_days(self) -> None:
        events = self.confirmed().events
        assert self.counts(events, at("10:05", day=7)) == (0, 0)
        assert self.counts(events, at("10:05", day=7) + 1) == (1, 1)

    @pytest.mark.parametrize(("late", "held"), [(-1, 0), (0, 1)])
    def test_a_contact_before_the_end_breaks_it(self, late: int, held: int) -> None:
        events = all_of(self.confirmed(), self.phone(at("10:05", day=7) + late))
        assert self.counts(events) == (held, 1)

    def test_a_reopening_breaks_it_and_the_second_solution_is_no_second_case(self) -> None:
        talk = self.confirmed().reopen(at("10:00", day=3)).resolve(at("11:00", day=3), "customer")
        assert self.counts(talk.events) == (0, 1)

    def test_an_agent_who_writes_afterwards_is_no_contact(self) -> None:
        assert self.counts(self.confirmed().say("15:00", "agent").events) == (1, 1)

    def test_an_agents_solution_is_none_of_self_service(self) -> None:
        assert self.counts(Talk(channel="email").start("10:00").resolve("11:00", "customer").events) == (0, 0)

    def test_an_assumed_one_runs_from_the_end_of_the_assumption_time(self) -> None:
        events = Talk(channel="bot").start("10:00").say("10:00", "customer").say("10:01", "bot").events
        assert self.counts(events, at("10:01", day=8)) == (0, 0)
        assert self.counts(events, at("10:01", day=8) + 1) == (1, 1)
        assert self.counts(events + self.phone(at("10:00", day=1)).events) == (0, 0)
        assert self.counts(events + self.phone(at("10:01", day=1)).events) == (0, 1)

    def test_an_earlier_answer_that_held_a_day_came_first(self) -> None:
        talk = Talk(channel="bot").start("10:00").say("10:00", "customer").say("10:01", "bot")
        talk.say(at("12:00", day=2), "bot")
        assert self.counts(talk.events, at("10:02", day=8)) == (1, 1)

    def test_a_session_that_went_into_a_contact_was_solved_before_and_has_not_held(self) -> None:
        events = [event("help.solved", "09:00"), *self.phone(at("10:00")).events]
        assert self.counts(events, at("09:00", day=7) + 1) == (0, 1)
        # Solved during the call it is the agent's issue.
        assert self.counts([event("help.searched", "09:50"), event("help.solved", "10:10")]) == (1, 1)
        during = [event("help.searched", "09:50"), event("help.solved", "10:10")]
        assert self.counts(during + self.phone(at("10:00")).events) == (0, 0)

    def test_a_deletion_withdraws_what_was_to_come(self) -> None:
        deleted = event("user.deleted", at("10:00", day=3))
        assert self.counts([*self.confirmed().events, deleted]) == (0, 0)


class TestFirstResponseTime:
    def mean(self, talk: Talk, **settings: str) -> float | None:
        result = Result(talk.events, LATER, OracleSettings(**settings))  # type: ignore[arg-type]
        return result("first_response_time_seconds", window="all", stat="mean")

    def test_notes_and_bots_do_not_answer(self) -> None:
        talk = Talk().start("10:00").say("10:01", "bot").say("10:02", "agent", public=False)
        assert self.mean(talk) is None
        assert self.mean(talk.say("10:30", "agent").say("10:31", "agent")) == 1800
        assert self.mean(talk, first_response="anyone") == 60

    def test_the_wait_begins_with_the_customer(self) -> None:
        talk = Talk().start("10:00", by="agent").say("10:00", "agent").say("14:00", "customer")
        assert self.mean(talk.say("14:05", "agent")) == 300

    def test_where_no_start_was_seen_the_wait_is_not_known(self) -> None:
        assert self.mean(Talk().say("10:00", "customer").say("10:05", "agent")) is None


class TestLevels:
    def open(self, talk: Talk, time: int, **labels: str) -> float | None:
        events = [e for e in talk.events if e["time"] < time]
        return Result(events, time)("open_conversations", **labels)

    def test_resolved_abandoned_and_reopened(self) -> None:
        talk = Talk(channel="phone").start("10:00").say("10:01", "agent").resolve("10:30", "agent")
        talk.reopen("11:00").abandon("11:30")
        found = [self.open(talk, at(clock)) for clock in ("10:00", "10:10", "10:40", "11:10", "11:40")]
        assert found == [0, 1, 0, 1, 0]

    def test_silence_and_assumption_end_it_and_a_proactive_message_opens_nothing(self) -> None:
        left = Talk().start("10:00")
        assert [self.open(left, at("10:30") + n) for n in (0, 1)] == [1, 0]
        answered = Talk(channel="bot").start("10:00").say("10:00", "customer").say("10:01", "bot")
        assert [self.open(answered, at("10:01", day=1) + n) for n in (0, 1)] == [1, 0]
        assert self.open(Talk().start("10:00", by="agent"), LATER) == 0

    @pytest.mark.parametrize(
        ("later", "age"),
        [
            (at("11:00"), "lt_1h"),
            (at("11:00") + 1, "lt_1d"),
            (at("10:00", day=1) + 1, "lt_7d"),
            (at("10:00", day=7) + 1, "lt_30d"),
            (at("10:00", day=30) + 1, "older"),
        ],
    )
    def test_it_grows_older(self, later: int, age: str) -> None:
        talk = Talk(channel="email").start("10:00").say("10:01", "agent")
        assert self.open(talk, later, age=age) == 1

    def test_a_used_answer_is_pending_until_its_deadline_or_a_contact(self) -> None:
        read = [event("help.article_viewed", "10:00:30", data={"article": "a", "in_app": False})]
        end = at("10:01", day=1)
        assert Result(read, end)("pending_issues", channel="help_center") == 1
        assert Result(read, end + 1)("pending_issues") == 0
        called = Talk(channel="phone").start("11:00", partner="agent").events
        assert Result([*read, *called], NOON)("pending_issues") == 0
        assert Result([*read, event("user.deleted", "11:00")], NOON)("pending_issues") == 0


class TestSelfServiceScore:
    def test_sessions_for_each_customer_with_a_ticket(self) -> None:
        events = [
            *(event("help.searched", at("10:00", day=day), user) for day in (0, 1) for user in ("u1", "u2")),
            *Talk("c1", "u1").start(at("10:10"), partner="agent").events,
            *Talk("c2", "u1").start(at("10:10", day=2), partner="agent").events,
        ]
        result = Result(events, at("12:00", day=2))
        assert result("self_service_score_quotient", window="7d") == 4
        assert result.counts("self_service_score", window="1d") == (0, 1)
        assert Result(events, NOON)("self_service_score_quotient", window="7d") == 2

    def test_who_was_deleted_opened_no_ticket_but_read(self) -> None:
        events = [
            event("help.searched", "10:00"),
            *Talk().start("10:10", partner="agent").events,
            event("user.deleted", "11:00"),
        ]
        assert Result(events, NOON).counts("self_service_score", window="1d") == (1, 0)

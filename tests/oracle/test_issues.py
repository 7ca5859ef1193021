"""Help sessions, conversations as issues, and their outcomes: examples computed by hand.

Unless said otherwise the assumption time is 24 h and a chat is given up after 30 minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.oracle import OracleSettings
from tests.oracle.examples import Json, Result, Talk, at, event, outcomes
from tests.oracle.settings import HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

TUESDAY = 1


def viewed(time: int | str, user: str = "u1", **envelope: Any) -> Json:
    return event("help.article_viewed", time, user, **envelope)


def searched(time: int | str, user: str = "u1", **envelope: Any) -> Json:
    return event("help.searched", time, user, **envelope)


def rated(time: int | str, helpful: bool) -> Json:
    return event("help.article_rated", time, data={"helpful": helpful})


class TestHelpSessions:
    def test_events_up_to_30_minutes_apart_are_one_session(self) -> None:
        assert outcomes([searched("10:00"), searched("10:30")]) == [("abandoned", at("11:00"))]
        assert outcomes([searched("10:00"), searched("10:30:00.001")]) == [
            ("abandoned", at("10:30")),
            ("abandoned", at("11:01")),
        ]

    def test_a_late_event_joins_two_sessions(self) -> None:
        apart = [viewed("10:00"), viewed("11:00")]
        assert outcomes(apart) == [
            ("assumed", at("10:00", TUESDAY)),
            ("assumed", at("11:00", TUESDAY)),
        ]
        assert outcomes([*apart, searched("10:30")]) == [("assumed", at("11:00", TUESDAY))]

    def test_another_gap_can_be_configured(self) -> None:
        events = [searched("10:00"), searched("10:10")]
        assert len(outcomes(events, OracleSettings(session_gap_ms=10 * MINUTE))) == 1
        assert len(outcomes(events, OracleSettings(session_gap_ms=10 * MINUTE - 1))) == 2

    def test_of_two_customers_they_are_two(self) -> None:
        assert len(outcomes([searched("10:00", "u1"), searched("10:00", "u2")])) == 2

    @pytest.mark.parametrize(
        "confirmation", [event("help.solved", "10:07:30"), rated("10:07:30", helpful=True)]
    )
    def test_confirmed_at_the_first_confirmation(self, confirmation: Json) -> None:
        events = [viewed("10:00"), confirmation, event("help.solved", "10:10"), viewed("10:20")]
        assert outcomes(events) == [("confirmed", at("10:07:30"))]

    @pytest.mark.parametrize(
        "answer",
        [
            event("help.result_clicked", "10:05:01"),
            viewed("10:05:01"),
            event("flow.completed", "10:05:01", data={"kind": "self_service"}),
        ],
    )
    def test_assumed_a_day_after_the_last_answer_rounded_up_to_a_minute(self, answer: Json) -> None:
        events = [viewed("10:00"), answer, searched("10:20"), rated("10:25", helpful=False)]
        assert outcomes(events) == [("assumed", at("10:06", TUESDAY))]

    def test_abandoned_when_no_answer_was_used_and_the_channel_s_time_has_passed(self) -> None:
        flow = event("flow.started", "10:10", data={"kind": "self_service"})
        assert outcomes([searched("10:00"), flow]) == [("abandoned", at("10:40"))]
        assert outcomes([searched("10:00", channel="social")]) == [("abandoned", at("10:00", TUESDAY))]
        assert outcomes([searched("10:00", channel="web")]) == [("abandoned", at("10:00", 3))]
        assert outcomes([searched("10:00", channel="phone")]) == []

    def test_the_channel_is_that_of_the_first_event(self) -> None:
        assert outcomes([searched("10:00"), searched("10:01", channel="phone")]) == [
            ("abandoned", at("10:31"))
        ]
        assert outcomes([searched("10:00", channel="phone"), searched("10:01")]) == []

    def test_flows_of_another_kind_are_no_help(self) -> None:
        assert outcomes([event("flow.completed", "10:00", data={"kind": "onboarding"})]) == []


class TestSessionsAndContacts:
    """With a session that went into it, an agent conversation is escalated at its begin."""

    @pytest.mark.parametrize(
        ("contact", "together"),
        [
            # The session lasts from 10:00 to 10:10; 24 h later it is no longer the same need.
            (at("09:59:59.999"), False),
            (at("10:00"), True),
            (at("10:05"), True),
            (at("10:30"), True),
            (at("10:10", TUESDAY) - 1, True),
            (at("10:10", TUESDAY), False),
        ],
    )
    def test_a_session_goes_into_the_first_contact_from_its_start_to_its_end_plus_24_h(
        self, contact: int, together: bool
    ) -> None:
        events = [viewed("10:00"), searched("10:10"), *Talk(channel="phone").start(contact).events]
        # By itself the session is assumed; the phone call has no outcome, since nobody has resolved it.
        alone = [("assumed", at("10:00", TUESDAY))]
        assert outcomes(events) == ([("escalated", contact)] if together else alone)

    def test_a_hand_off_is_a_contact(self) -> None:
        talk = Talk(channel="bot").start("09:00").say("09:01", "customer").hand_off("11:00")
        assert outcomes([viewed("10:00"), *talk.events]) == [("escalated", at("11:00"))]

    def test_starting_with_a_bot_is_none(self) -> None:
        talk = Talk(channel="bot").start("11:00").resolve("11:05", "customer")
        assert outcomes([viewed("10:00"), *talk.events]) == [
            ("confirmed", at("11:05")),
            ("assumed", at("10:00", TUESDAY)),
        ]

    def test_a_conversation_that_the_customer_did_not_initiate_is_none(self) -> None:
        for by in ("agent", "bot"):
            talk = (
                Talk(channel="phone").start("11:00", by=by).say("11:01", "customer").resolve("11:05", "agent")
            )
            assert outcomes([viewed("10:00"), *talk.events]) == [
                ("agent_resolved", at("11:05")),
                ("assumed", at("10:00", TUESDAY)),
            ]

    def test_several_sessions_may_go_into_one_conversation(self) -> None:
        events = [viewed("08:00"), viewed("10:00"), *Talk().start("11:00").events]
        assert outcomes(events) == [("escalated", at("11:00"))]

    def test_a_session_goes_into_the_first_of_several_contacts(self) -> None:
        late = Talk("c1", channel="phone").start("12:00").resolve("12:30", "agent")
        soon = Talk("c2", channel="phone").start("11:00").resolve("13:00", "agent")
        assert outcomes([viewed("10:00"), *late.events, *soon.events]) == [
            ("escalated", at("11:00")),
            ("agent_resolved", at("12:30")),
        ]

    def test_another_customer_s_contact_does_not_matter(self) -> None:
        events = [viewed("10:00"), *Talk(user="u2", channel="phone").start("11:00").events]
        assert outcomes(events) == [("assumed", at("10:00", TUESDAY))]


class TestBegin:
    def test_a_conversation_without_the_customer_is_no_issue(self) -> None:
        talk = Talk().start("10:00", by="bot").say("10:01", "bot").resolve("10:05", "bot").abandon("10:06")
        assert outcomes(talk.events) == []
        assert outcomes(Talk().say("10:00", "agent").hand_off("10:01").resolve("10:02", "agent").events) == []

    def test_otherwise_it_begins_with_the_customer_s_first_message(self) -> None:
        # The agent's conversation begins at 10:10; abandoned 30 minutes after the last event.
        talk = Talk().start("10:00", by="agent").say("10:01", "agent").say("10:10", "customer")
        assert outcomes(talk.events) == [("abandoned", at("10:40"))]

    def test_of_several_starts_the_first_counts(self) -> None:
        talk = Talk().start("10:00", by="bot", partner="bot").start("10:05").resolve("10:06", "agent")
        assert outcomes(talk.events) == []
        first = Talk().start("10:00", partner="agent").start("10:05", partner="bot").resolve("10:06", "agent")
        assert outcomes(first.events) == [("agent_resolved", at("10:06"))]

    def test_without_a_start_it_is_with_an_agent_except_on_channel_bot(self) -> None:
        assert outcomes(Talk().say("10:00", "customer").resolve("10:06", "bot").events) == [
            ("agent_resolved", at("10:06"))
        ]
        assert outcomes(Talk(channel="bot").say("10:00", "customer").resolve("10:06", "bot").events) == [
            ("assumed", at("10:06", TUESDAY))
        ]


class TestWithAnAgent:
    def test_resolved_by_anyone_it_is_agent_resolved_at_the_first_resolution(self) -> None:
        for by in ("agent", "bot", "customer"):
            talk = Talk().start("10:00").say("10:01", "agent").resolve("10:10", by, confirmed=True)
            assert outcomes(talk.resolve("10:20", "agent").events) == [("agent_resolved", at("10:10"))]

    def test_resolution_beats_abandonment_which_counts_at_its_first(self) -> None:
        left = Talk().start("10:00").abandon("10:05").abandon("10:07")
        assert outcomes(left.events) == [("abandoned", at("10:05"))]
        assert outcomes(left.resolve("10:10", "agent").events) == [("agent_resolved", at("10:10"))]

    def test_not_served_it_is_abandoned_after_the_channel_s_time(self) -> None:
        talk = (
            Talk().start("10:00").say("10:05:00.001", "customer").say("10:05:00.001", "agent", public=False)
        )
        assert outcomes(talk.events) == [("abandoned", at("10:36"))]
        assert outcomes(Talk(channel="email").start("10:00").events) == [("abandoned", at("10:00", 3))]
        assert outcomes(Talk(channel="ivr").start("10:00").events) == []

    def test_served_but_neither_resolved_nor_abandoned_it_has_none(self) -> None:
        assert outcomes(Talk().start("10:00").say("10:01", "agent").events) == []

    def test_a_bot_before_the_begin_is_no_self_service(self) -> None:
        talk = Talk().start("10:00", by="bot").say("10:01", "bot").say("10:05", "customer")
        assert outcomes(talk.resolve("10:10", "agent").events) == [("agent_resolved", at("10:10"))]

    def test_a_bot_after_the_begin_does_not_since_the_agent_was_there_from_the_begin_on(self) -> None:
        talk = Talk().start("10:00").say("10:01", "customer").say("10:02", "bot").resolve("10:03", "agent")
        assert outcomes(talk.events) == [("agent_resolved", at("10:03"))]


class TestWithABot:
    def talk(self) -> Talk:
        return Talk(channel="bot").start("10:00").say("10:01", "customer")

    @pytest.mark.parametrize("came_in", ["message", "note", "hand-off", "resolution"])
    def test_it_is_escalated_when_an_agent_comes_in(self, came_in: str) -> None:
        talk = self.talk().say("10:02", "bot")
        if came_in in {"message", "note"}:
            talk.say("10:05", "agent", public=came_in == "message")
        elif came_in == "hand-off":
            talk.hand_off("10:05")
        else:
            talk.resolve("10:05", "agent")
        talk.say("10:06", "agent").resolve("10:10", "customer", confirmed=True)
        assert outcomes(talk.events) == [("escalated", at("10:05"))]

    def test_confirmed_at_the_first_resolution_by_the_customer_or_with_its_confirmation(self) -> None:
        talk = self.talk().say("10:02", "bot").resolve("10:03", "bot")
        assert outcomes([*talk.events, *self.talk().resolve("10:08", "customer").events]) == [
            ("confirmed", at("10:08"))
        ]
        confirmed = talk.resolve("10:07", "bot", confirmed=True).resolve("10:09", "customer")
        assert outcomes(confirmed.events) == [("confirmed", at("10:07"))]

    def test_assumed_a_day_after_the_last_public_answer_to_the_customer(self) -> None:
        talk = self.talk().say("10:02:10", "bot").say("10:09", "bot", public=False).say("10:10", "customer")
        assert outcomes(talk.events) == [("assumed", at("10:03", TUESDAY))]

    def test_what_the_bot_wrote_before_the_customer_is_no_answer(self) -> None:
        talk = Talk(channel="bot").start("10:00").say("10:01", "bot").say("10:02", "customer")
        assert outcomes(talk.events) == [("abandoned", at("10:32"))]
        # A start is not a message: a bot that greets has answered nothing.
        assert outcomes(Talk(channel="bot").start("10:00").say("10:01", "bot").events) == [
            ("abandoned", at("10:31"))
        ]

    def test_the_message_that_begins_it_is_one_that_can_be_answered(self) -> None:
        talk = Talk(channel="bot").start("10:00", by="bot").say("10:01", "bot").say("10:02", "customer")
        assert outcomes(talk.say("10:02", "bot").events) == [("assumed", at("10:02", TUESDAY))]

    def test_a_resolution_by_the_bot_is_an_answer_even_without_a_message(self) -> None:
        talk = Talk(channel="bot").start("10:00").resolve("10:05", "bot").abandon("10:06")
        assert outcomes(talk.events) == [("assumed", at("10:05", TUESDAY))]

    @pytest.mark.parametrize(
        ("contact", "expected"),
        [
            # The last answer is at 10:05.
            (at("10:05") - 1, [("assumed", at("10:05", TUESDAY))]),
            (at("10:05"), [("escalated", at("10:05"))]),
            (at("10:05", TUESDAY) - 1, [("escalated", at("10:05", TUESDAY) - 1)]),
            (at("10:05", TUESDAY), [("assumed", at("10:05", TUESDAY))]),
        ],
    )
    def test_escalated_by_a_contact_within_the_assumption_time(
        self, contact: int, expected: Sequence[tuple[str, int]]
    ) -> None:
        talk = self.talk().say("10:02", "bot").say("10:05", "bot")
        # A phone call without an end has no outcome of its own.
        call = Talk("c2", channel="phone").start(contact)
        assert outcomes([*talk.events, *call.events]) == expected

    def test_escalated_at_the_first_of_several_contacts_also_by_a_hand_off_elsewhere(self) -> None:
        other = Talk("c2", channel="bot").start("09:00").hand_off("11:00").hand_off("12:00")
        assert outcomes([*self.talk().say("10:05", "bot").events, *other.events]) == [
            ("escalated", at("11:00")),
            ("escalated", at("11:00")),
        ]

    def test_confirmed_it_does_not_mind_a_contact(self) -> None:
        call = Talk("c2", channel="phone").start("11:00")
        assert outcomes([*self.talk().resolve("10:05", "customer").events, *call.events]) == [
            ("confirmed", at("10:05"))
        ]

    def test_abandoned_explicitly_or_after_silence_when_no_answer_was_used(self) -> None:
        assert outcomes(self.talk().events) == [("abandoned", at("10:31"))]
        assert outcomes(self.talk().abandon("10:04").abandon("10:05").events) == [("abandoned", at("10:04"))]
        assert outcomes(self.talk().abandon("10:04").say("10:06", "bot").events) == [
            ("assumed", at("10:06", TUESDAY))
        ]


class TestReopening:
    def test_it_takes_the_outcome_back_and_the_last_phase_decides(self) -> None:
        talk = Talk(channel="bot").start("10:00").say("10:01", "customer").say("10:02", "bot")
        talk.resolve("10:03", "customer").reopen("10:10")
        # Nothing came after the reopening: the last event is the reopening itself.
        assert outcomes(talk.events) == [("abandoned", at("10:40"))]
        # The customer's message since the begin is what the bot answers.
        assert outcomes(talk.say("10:20", "bot").events) == [("assumed", at("10:20", TUESDAY))]
        assert outcomes(talk.resolve("10:25", "customer").events) == [("confirmed", at("10:25"))]

    def test_an_agent_of_an_earlier_phase_takes_no_part_in_the_last(self) -> None:
        talk = Talk().start("10:00").say("10:01", "agent").resolve("10:02", "agent").reopen("11:00")
        assert outcomes(talk.resolve("11:05", "customer").events) == [("confirmed", at("11:05"))]
        # In the last phase the agent comes in at 11:10; neither a bot nor a session came before.
        talk.say("11:10", "agent")
        assert outcomes(talk.events) == [("agent_resolved", at("11:05"))]

    def test_a_session_that_went_in_makes_it_an_escalation_again(self) -> None:
        talk = Talk().start("10:00").resolve("10:02", "agent").reopen("11:00").say("11:10", "agent")
        assert outcomes([viewed("09:00"), *talk.events]) == [("escalated", at("11:10"))]

    def test_not_served_means_in_the_last_phase(self) -> None:
        talk = Talk().start("10:00").say("10:01", "agent").resolve("10:02", "agent").reopen("11:00")
        talk.say("11:10", "agent", public=False)
        assert outcomes(talk.events) == [("abandoned", at("11:40"))]
        assert outcomes(talk.say("11:11", "agent").events) == []

    def test_before_the_begin_it_does_not_matter(self) -> None:
        talk = (
            Talk()
            .start("09:00", by="agent")
            .resolve("09:10", "agent")
            .reopen("09:20")
            .say("10:00", "customer")
        )
        assert outcomes(talk.resolve("10:05", "customer").events) == [("agent_resolved", at("10:05"))]

    def test_in_the_same_millisecond_the_resolution_came_before_it_and_the_abandonment_after(self) -> None:
        talk = (
            Talk(channel="bot").start("10:00").abandon("10:05").reopen("10:05").resolve("10:05", "customer")
        )
        assert outcomes(talk.events) == [("abandoned", at("10:05"))]


class TestSelfServiceResolution:
    def test_confirmed_and_assumed_of_all_issues_with_an_outcome(self) -> None:
        # Tuesday noon: confirmed 1, assumed 2, escalated 1, agent_resolved 1, abandoned 1; one still ahead.
        events = [
            event("help.solved", "10:00", "a"),
            viewed("09:00", "b"),
            viewed("10:00", "c"),
            *Talk(user="d", channel="bot").start("10:00").hand_off("10:01").events,
            *Talk(user="e").start("10:00").resolve("10:01", "agent").events,
            searched("10:00", "f"),
            viewed(at("11:00", TUESDAY), "g"),
        ]
        result = Result(events, at("12:00", TUESDAY))
        whole = {"window": "all"}
        assert result.counts("self_service_resolution", **whole) == (3, 6)
        assert result.counts("self_service_resolution", resolution="confirmed", **whole) == (1, 6)
        assert result.counts("self_service_resolution", resolution="assumed", **whole) == (2, 6)
        assert result("self_service_resolution_ratio", **whole) == 0.5
        assert result("self_service_resolution_ratio", resolution="confirmed", **whole) == 1 / 6

    def test_an_outcome_counts_in_the_windows_that_hold_its_moment(self) -> None:
        # Assumed on Tuesday at 10:01, since 24 h after 10:00:30 is rounded up: reached one millisecond later.
        events = [viewed("10:00:30")]
        minute = at("10:01", TUESDAY)
        assert Result(events, minute).counts("self_service_resolution", window="all") == (0, 0)
        assert Result(events, minute + 1).counts("self_service_resolution", window="5m") == (1, 1)
        assert Result(events, minute + 6 * MINUTE - 1).counts("self_service_resolution", window="5m") == (
            1,
            1,
        )
        assert Result(events, minute + 6 * MINUTE).counts("self_service_resolution", window="5m") == (0, 0)
        assert Result(events, minute + 6 * MINUTE).counts("self_service_resolution", window="30m") == (1, 1)

    def test_a_resolution_of_which_there_is_none_is_0_where_others_are(self) -> None:
        result = Result([searched("10:00", channel="chat")], at("12:00"))
        for resolution in ("all", "confirmed", "assumed"):
            for channel in ("all", "chat"):
                labels = {"window": "6h", "channel": channel, "resolution": resolution}
                assert result("self_service_resolution_ratio", **labels) == 0
        assert result("self_service_resolution_ratio", window="1h") is None
        assert result("self_service_resolution_numerator", window="1h", resolution="assumed") == 0
        assert result("self_service_resolution_numerator", window="1h", channel="chat") is None

    def test_plan_and_segment_are_those_of_the_deciding_event_else_the_latest_that_the_issue_carried(
        self,
    ) -> None:
        talk = Talk().start("10:00", plan="free", segment="small").say("10:01", "agent", plan="pro")
        talk.resolve("10:02", "agent", plan="gold").say("10:03", "customer", plan="team", segment="large")
        result = Result([*talk.events, event("page.viewed", "09:00", plan="old")], at("12:00"))
        assert result.counts("self_service_resolution", window="6h", plan="gold") == (0, 1)
        assert result.counts("self_service_resolution", window="6h", segment="large") == (0, 1)
        assert result.counts("self_service_resolution", window="6h", plan="team") == (None, None)

    def test_they_may_come_from_a_session_that_went_into_the_conversation(self) -> None:
        events = [
            searched("10:10", plan="pro"),
            searched("10:40", plan="team"),
            *Talk().start("10:30").events,
        ]
        result = Result(events, at("12:00"))
        assert result.counts("self_service_resolution", window="6h", plan="team") == (0, 1)

    def test_an_assumed_issue_has_those_of_its_last_answer_and_an_abandoned_one_of_its_last_event(
        self,
    ) -> None:
        events = [viewed("10:00", plan="free"), searched("10:05", plan="pro")]
        result = Result(events, at("12:00", TUESDAY))
        assert result.counts("self_service_resolution", window="1d", plan="free") == (1, 1)
        events = [searched("10:00", plan="free"), searched("10:05", plan="pro"), searched("10:06")]
        result = Result(events, at("12:00"))
        assert result.counts("self_service_resolution", window="1d", plan="pro") == (0, 1)
        assert result.counts("self_service_resolution", window="1d", segment="unknown") == (0, 1)

    def test_escalated_by_a_contact_elsewhere_it_has_those_of_its_last_answer(self) -> None:
        talk = (
            Talk(channel="bot")
            .start("10:00", plan="a")
            .say("10:01", "customer")
            .say("10:02", "bot", plan="b")
        )
        talk.say("10:30", "customer", plan="e").say("11:30", "customer", plan="d")
        call = Talk("c2", channel="phone").start("11:00", plan="c")
        result = Result([*talk.events, *call.events], at("12:00"))
        assert result.counts("self_service_resolution", window="6h", plan="b") == (0, 1)

    def test_a_contact_later_takes_the_assumption_back_before_it_has_counted(self) -> None:
        events = [viewed("10:00"), *Talk().start(at("09:00", TUESDAY)).events]
        result = Result(events, at("10:01", TUESDAY))
        assert result.counts("self_service_resolution", window="1d", resolution="assumed") == (0, 1)


class TestSelfServiceAbandonment:
    def test_abandoned_ones_of_the_self_service_issues_with_an_outcome(self) -> None:
        # Sessions: one abandoned, one confirmed. Bot dialogues: one abandoned, one handed off. 2 / 4.
        events = [
            searched("10:00", "a"),
            event("help.solved", "10:00", "b"),
            *Talk(user="c", channel="bot").start("10:00").abandon("10:01").events,
            *Talk(user="d", channel="bot").start("10:00").hand_off("10:01").events,
            # Not self-service: an agent's conversation without bot and session.
            *Talk(user="e").start("10:00").abandon("10:01").events,
            # Still ahead: no outcome yet.
            viewed("11:00", "f"),
        ]
        result = Result(events, at("12:00"))
        assert result.counts("self_service_abandonment", window="6h") == (2, 4)
        assert result("self_service_abandonment_ratio", window="6h") == 0.5
        assert result.counts("self_service_abandonment", window="6h", channel="bot") == (1, 2)
        assert result.counts("self_service_abandonment", window="6h", channel="help_center") == (1, 2)
        assert result.counts("self_service_resolution", window="6h") == (1, 5)

    def test_a_conversation_is_self_service_once_a_session_went_into_it(self) -> None:
        events = [viewed("09:00"), *Talk(channel="phone").start("10:00").events]
        result = Result(events, at("12:00"))
        assert result.counts("self_service_abandonment", window="6h", channel="phone") == (0, 1)

    def test_or_once_a_bot_wrote_or_resolved_in_it_since_its_begin(self) -> None:
        def counted(talk: Talk) -> float | None:
            return Result(talk.events, at("12:00"))("self_service_abandonment_denominator", window="6h")

        assert counted(Talk().start("10:00").say("10:01", "bot", public=False).resolve("10:02", "agent")) == 1
        assert counted(Talk().start("10:00").resolve("10:02", "bot")) == 1
        assert counted(Talk().start("10:00").resolve("10:02", "agent")) == 0
        proactive = Talk().start("10:00", by="bot").say("10:01", "bot").say("10:02", "customer")
        assert counted(proactive.resolve("10:03", "agent")) == 0

    def test_without_an_outcome_in_the_window_the_ratio_is_absent(self) -> None:
        result = Result([searched("10:00")], at("12:00"))
        assert result.counts("self_service_abandonment", window="1h") == (0, 0)
        assert result("self_service_abandonment_ratio", window="1h") is None
        assert result("self_service_abandonment_ratio", window="6h") == 1

    def test_another_assumption_time_decides_earlier(self) -> None:
        events = [viewed("09:00"), *Talk(channel="phone").start("12:00").events]
        result = Result(events, at("13:00"), OracleSettings(assumption_ms=2 * HOUR))
        assert result.counts("self_service_abandonment", window="6h", channel="help_center") == (0, 1)
        assert result.counts("self_service_resolution", window="6h", resolution="assumed") == (1, 1)

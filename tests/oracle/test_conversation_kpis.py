"""conversation_abandonment, time_to_resolution and reopen: examples computed by hand."""

from __future__ import annotations

import pytest

from tests.oracle import OracleSettings
from tests.oracle.conversation_kpis import quantile
from tests.oracle.examples import Result, Talk, at
from tests.oracle.settings import MINUTE, SECOND

NOON = at("12:00")
STATS = ("mean", "p50", "p75", "p90")


class TestConversationAbandonment:
    def counts(self, talk: Talk, time: int = NOON, **settings: int) -> tuple[float | None, float | None]:
        result = Result(talk.events, time, OracleSettings(**settings))  # type: ignore[arg-type]
        return result.counts("conversation_abandonment", window="all")

    def test_abandoned_ones_of_those_served_or_abandoned(self) -> None:
        # Served at 10:05 and 11:30, abandoned at 10:02, left at 11:00 + 30 min; one is waiting still: 2 / 4.
        talks = [
            Talk("c1").start("10:00").say("10:05", "agent"),
            Talk("c2", channel="bot").start("11:29").say("11:30", "bot"),
            Talk("c3", channel="phone").start("10:00").abandon("10:02"),
            Talk("c4").start("11:00"),
            Talk("c5").start("11:45"),
        ]
        result = Result([e for talk in talks for e in talk.events], NOON)
        assert result.counts("conversation_abandonment", window="6h") == (2, 4)
        assert result("conversation_abandonment_ratio", window="6h") == 0.5
        # The last hour begins at 11:00: served 11:30, left 11:30. The half hour begins at 11:30.
        assert result.counts("conversation_abandonment", window="30m") == (1, 2)
        assert result.counts("conversation_abandonment", window="6h", channel="chat") == (1, 2)
        assert result.counts("conversation_abandonment", window="6h", medium="voice") == (1, 1)
        assert result.counts("conversation_abandonment", window="6h", medium="text") == (1, 3)
        assert result.counts("conversation_abandonment", window="1h", medium="voice") == (None, None)

    def test_which_channels_are_voice_is_configured(self) -> None:
        talk = Talk(channel="video").start("10:00").abandon("10:02")
        result = Result(talk.events, NOON, OracleSettings(voice_channels=frozenset({"video"})))
        assert result.counts("conversation_abandonment", window="1d", medium="voice") == (1, 1)

    def test_abandoned_before_it_was_served_it_stays_abandoned(self) -> None:
        assert self.counts(Talk().start("10:00").abandon("10:02").say("10:05", "agent")) == (1, 1)

    def test_served_before_it_was_abandoned_it_stays_served(self) -> None:
        talk = Talk().start("10:00").say("10:01", "agent").abandon("10:01")
        assert self.counts(talk) == (0, 1)
        assert self.counts(talk.reopen("10:05").abandon("10:06")) == (0, 1)

    def test_notes_and_what_came_before_the_begin_do_not_serve(self) -> None:
        talk = Talk().start("10:00", by="bot").say("10:01", "bot").say("10:05", "customer")
        talk.say("10:06", "agent", public=False)
        assert self.counts(talk, at("10:36")) == (0, 0)
        assert self.counts(talk, at("10:36") + 1) == (1, 1)

    def test_what_has_not_begun_counts_nowhere(self) -> None:
        assert self.counts(Talk().start("10:00", by="agent").say("10:01", "agent").abandon("10:02")) == (0, 0)

    def test_resolved_in_its_last_phase_without_a_reply_it_is_neither(self) -> None:
        talk = Talk().start("10:00").resolve("10:05", "agent")
        assert self.counts(talk) == (0, 0)
        assert self.counts(talk.reopen("10:10")) == (1, 1)

    def test_silence_says_nothing_on_the_phone(self) -> None:
        assert self.counts(Talk(channel="phone").start("10:00"), at("00:00", day=30)) == (0, 0)

    def test_the_time_of_silence_runs_from_the_last_event_and_is_rounded_up(self) -> None:
        talk = Talk().start("10:00").say("10:10:00.001", "customer")
        assert self.counts(talk, at("10:41")) == (0, 0)
        assert self.counts(talk, at("10:41") + 1) == (1, 1)

    def test_who_left_within_the_short_time_is_left_out(self) -> None:
        quick = Talk().start("10:00").abandon("10:00:09.999").say("10:05", "agent")
        assert self.counts(quick, short_abandon_ms=10 * SECOND) == (0, 0)
        assert self.counts(quick) == (1, 1)
        slow = Talk().start("10:00").abandon("10:00:10")
        assert self.counts(slow, short_abandon_ms=10 * SECOND) == (1, 1)
        # Silent since the begin: the customer left at once, whenever that became clear.
        assert self.counts(Talk().start("10:00"), short_abandon_ms=1) == (0, 0)
        assert self.counts(Talk().start("10:00"), short_abandon_ms=0) == (1, 1)
        assert self.counts(Talk().start("10:00").say("10:01", "customer"), short_abandon_ms=MINUTE) == (1, 1)


class TestTimeToResolution:
    def test_from_the_start_to_the_first_resolution(self) -> None:
        # 600 s and 1,800 s: mean 1,200; p50 at position 0.5, p75 at 0.75, p90 at 0.9 between the two.
        talks = [
            Talk("c1").start("10:00").resolve("10:10", "bot").reopen("10:20").resolve("11:00", "agent"),
            Talk("c2", channel="email").start("10:00", by="agent").resolve("10:30", "agent"),
        ]
        result = Result([e for talk in talks for e in talk.events], NOON)
        got = {stat: result("time_to_resolution_seconds", window="6h", stat=stat) for stat in STATS}
        assert got == pytest.approx({"mean": 1200, "p50": 1200, "p75": 1500, "p90": 1680})
        assert result("time_to_resolution_observations", window="6h") == 2
        assert result("time_to_resolution_seconds", window="6h", stat="p90", channel="chat") == 600
        assert result("time_to_resolution_seconds", window="6h", stat="p50", resolver="agent") == 1800
        assert result("time_to_resolution_observations", window="6h", resolver="bot") == 1
        assert result("time_to_resolution_observations", window="6h", resolver="customer") is None

    def test_it_counts_in_the_minute_of_the_resolution(self) -> None:
        events = Talk().start("08:00").resolve("11:00:30", "agent").events
        result = Result(events, NOON)
        assert result("time_to_resolution_observations", window="1h") == 1
        assert result("time_to_resolution_seconds", window="1h", stat="mean") == 3 * 3600 + 30
        assert result("time_to_resolution_observations", window="30m") == 0
        assert result("time_to_resolution_seconds", window="30m", stat="mean") is None
        # At 12:01:29.999 the last hour begins at 11:01 and the resolution lies before it.
        assert Result(events, at("12:01"))("time_to_resolution_observations", window="1h") == 0

    def test_a_start_that_was_not_seen_has_no_duration(self) -> None:
        events = Talk().say("10:00", "customer").resolve("10:10", "agent").events
        assert Result(events, NOON)("time_to_resolution_observations", window="all") == 0

    def test_a_resolution_before_the_start_took_no_time(self) -> None:
        events = Talk().start("10:00").resolve("09:00", "agent").resolve("10:30", "bot").events
        result = Result(events, NOON)
        assert result("time_to_resolution_seconds", window="all", stat="mean", resolver="agent") == 0
        assert result("time_to_resolution_observations", window="all") == 1

    def test_the_first_of_several_starts_counts_and_milliseconds_are_kept(self) -> None:
        events = Talk().start("10:00:00.250").start("10:05").resolve("10:10:00.500", "agent").events
        assert Result(events, NOON)("time_to_resolution_seconds", window="all", stat="p75") == 600.25

    def test_quantiles_interpolate_between_ranks(self) -> None:
        # Position 0.75 * 4 = 3: the fourth; 0.9 * 4 = 3.6: six tenths from the fourth to the fifth.
        values = [50, 10, 40, 20, 30]
        assert quantile(values, 0.5) == 30
        assert quantile(values, 0.75) == 40
        assert quantile(values, 0.9) == pytest.approx(46)
        assert quantile([7], 0.9) == 7


class TestReopen:
    def test_reopened_ones_of_those_resolved(self) -> None:
        talks = [
            Talk("c1")
            .start("10:00")
            .resolve("10:10", "bot")
            .reopen("10:20")
            .resolve("10:30", "bot")
            .reopen("11:45"),
            Talk("c2").start("10:00").resolve("10:10", "agent"),
            Talk("c3", channel="email").start("10:00").resolve("11:30", "agent"),
            Talk("c4").start("10:00"),
        ]
        result = Result([e for talk in talks for e in talk.events], NOON)
        assert result.counts("reopen", window="6h") == (1, 3)
        assert result("reopen_ratio", window="6h") == 1 / 3
        assert result.counts("reopen", window="6h", channel="chat") == (1, 2)
        assert result.counts("reopen", window="6h", channel="email") == (0, 1)
        # Both count at the first resolution: in the last hour only c3's.
        assert result.counts("reopen", window="1h") == (0, 1)

    def test_a_reopening_long_after_counts_at_the_first_resolution_too(self) -> None:
        talk = Talk().start("10:00").resolve("10:10", "agent").reopen(at("12:00", day=20))
        assert Result(talk.events, at("12:00", day=20)).counts("reopen", window="30d") == (0, 1)
        result = Result(talk.events, at("12:00", day=20) + 1)
        assert result.counts("reopen", window="30d") == (1, 1)
        assert result.counts("reopen", window="7d") == (0, 0)
        assert result("reopen_ratio", window="7d") is None

    def test_a_reopening_before_the_first_resolution_does_not_count(self) -> None:
        assert Result(Talk().start("10:00").reopen("10:05").resolve("10:10", "bot").events, NOON).counts(
            "reopen", window="all"
        ) == (0, 1)

    def test_in_the_same_millisecond_it_comes_after_the_resolution(self) -> None:
        assert Result(Talk().reopen("10:05").resolve("10:05", "bot").events, NOON).counts(
            "reopen", window="all"
        ) == (1, 1)

    def test_a_conversation_s_channel_is_that_of_its_start_else_of_the_first_event_that_has_one(self) -> None:
        def channels(talk: Talk) -> set[str]:
            result = Result(talk.events, NOON)
            known = ("email", "chat", "web", "unknown")
            return {c for c in known if result("reopen_denominator", window="all", channel=c)}

        bare = Talk(channel=None)
        bare.say("10:00", "customer", channel="web").start("10:05", channel="email").resolve("10:10", "bot")
        assert channels(bare) == {"email"}
        later = Talk(channel=None).start("10:00").say("10:01", "customer", channel="chat")
        assert channels(later.resolve("10:05", "bot", channel="web")) == {"chat"}
        assert channels(Talk(channel=None).start("10:00").resolve("10:05", "bot")) == {"unknown"}

    def test_one_conversation_id_of_two_customers_is_two_conversations(self) -> None:
        events = [*Talk("c1", "a").resolve("10:00", "bot").events, *Talk("c1", "b").reopen("10:05").events]
        assert Result(events, NOON).counts("reopen", window="all") == (0, 1)

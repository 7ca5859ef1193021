"""The evaluation time from what the partition numbers report."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.exporter.clock import HOLD_AFTER_MS, EvaluationClock
from tests.app.exporter.support import NOW, meta


def test_wall_is_the_least_of_all_numbers() -> None:
    clock = EvaluationClock(2)
    clock.report(meta(0, evaluated=NOW - 100, written=NOW))
    assert clock.advance(NOW) is None
    clock.report(meta(1, evaluated=NOW - 900, written=NOW))
    assert clock.advance(NOW) == NOW - 900


def test_a_number_that_knows_no_time_yet_holds_everything_back() -> None:
    clock = EvaluationClock(2)
    clock.report(meta(0, evaluated=NOW, written=NOW))
    clock.report(meta(1, evaluated=None, written=NOW))
    assert clock.advance(NOW) is None
    clock.report(meta(1, evaluated=NOW - 5, written=NOW))
    assert clock.advance(NOW) == NOW - 5


def test_a_silent_number_holds_the_time_where_it_was() -> None:
    clock = EvaluationClock(2)
    for number in range(2):
        clock.report(meta(number, evaluated=NOW - 1_000 * number, written=NOW))
    assert clock.advance(NOW) == NOW - 1_000
    later = NOW + HOLD_AFTER_MS + 1
    clock.report(meta(1, evaluated=later, written=later))
    assert clock.silent(later) == [0]
    assert clock.advance(later) == NOW - 1_000
    clock.report(meta(0, evaluated=later - 7, written=later))
    assert clock.advance(later) == later - 7


def test_just_within_the_limit_nothing_is_held() -> None:
    clock = EvaluationClock(2)
    for number in range(2):
        clock.report(meta(number, evaluated=NOW - 1_000 * number, written=NOW))
    clock.advance(NOW)
    later = NOW + HOLD_AFTER_MS
    clock.report(meta(1, evaluated=later, written=later))
    assert clock.advance(later) == NOW


def test_an_exporter_that_starts_during_an_outage_shows_the_last_known_time() -> None:
    clock = EvaluationClock(2)
    clock.report(meta(0, evaluated=NOW - 100, written=NOW))
    clock.report(meta(1, evaluated=NOW - 200, written=NOW))
    assert clock.advance(NOW + 3_600_000) == NOW - 200


def test_event_time_is_just_after_the_greatest_and_waits_for_nobody() -> None:
    clock = EvaluationClock(3)
    clock.report(meta(0, clock="event", evaluated=1_000, written=NOW))
    assert clock.advance(NOW) == 1_001
    clock.report(meta(1, clock="event", evaluated=None, written=NOW))
    clock.report(meta(2, clock="event", evaluated=5_000, written=NOW))
    assert clock.advance(NOW + 10 * HOLD_AFTER_MS) == 5_001


def test_after_a_replay_the_wall_clock_takes_over_when_all_numbers_follow_it() -> None:
    clock = EvaluationClock(2)
    for number in range(2):
        clock.report(meta(number, clock="event", evaluated=1_000, written=NOW))
    assert clock.advance(NOW) == 1_001
    clock.report(meta(0, evaluated=NOW + 1, written=NOW + 1))
    assert clock.advance(NOW + 1) == 1_001
    clock.report(meta(1, evaluated=NOW + 2, written=NOW + 2))
    assert clock.advance(NOW + 2) == NOW + 1


def test_event_times_are_not_mixed_with_the_wall_time_of_others() -> None:
    clock = EvaluationClock(2)
    clock.report(meta(0, evaluated=NOW, written=NOW))
    clock.report(meta(1, clock="event", evaluated=1_000, written=NOW + 1))
    assert clock.advance(NOW + 1) == 1_001


reports = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["wall", "event"]),
        st.one_of(st.none(), st.integers(0, 10_000)),
        st.integers(0, 30_000),
    ),
    max_size=20,
)


@given(reports)
def test_it_never_goes_back(given_reports: list[tuple[int, str, int | None, int]]) -> None:
    clock = EvaluationClock(3)
    now, before = NOW, None
    for number, kind, evaluated, passed in given_reports:
        now += passed
        clock.report(meta(number, clock=kind, evaluated=evaluated, written=now))
        time = clock.advance(now)
        assert time == clock.time
        if before is not None:
            assert time is not None
            assert time >= before
        before = time

"""What a number says of the evaluation time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.evaluation_time import evaluated

NOW = 1_000_000
TOPICS = ("a", "b")


def wall(newest: dict[str, int], at_end: set[str], previous: int | None = None) -> int | None:
    return evaluated(
        clock="wall", now_ms=NOW, sources=TOPICS, newest=newest, at_end=at_end, previous=previous
    )


def event(newest: dict[str, int], previous: int | None = None) -> int | None:
    return evaluated(
        clock="event", now_ms=NOW, sources=TOPICS, newest=newest, at_end=set(), previous=previous
    )


def test_a_number_whose_topics_all_stand_at_the_end_is_complete_up_to_now() -> None:
    assert wall({}, {"a", "b"}) == NOW
    assert wall({"a": 5}, {"a", "b"}) == NOW


def test_a_topic_that_waits_holds_the_number_at_its_newest_event() -> None:
    assert wall({"a": 700, "b": 800}, {"a"}) == 800
    assert wall({"a": 700, "b": 800}, set()) == 700


def test_a_topic_that_waits_and_of_which_nothing_was_processed_says_nothing() -> None:
    assert wall({"a": 700}, {"a"}) is None
    assert wall({"a": 700}, {"a"}, previous=600) == 600


def test_an_event_ahead_of_the_clock_does_not_complete_the_future() -> None:
    assert wall({"a": NOW + 60_000, "b": NOW + 60_000}, set()) == NOW


def test_by_the_event_clock_the_greatest_event_time_counts() -> None:
    assert event({}) is None
    assert event({"a": 700, "b": 800}) == 800


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(TOPICS), st.integers(0, 2 * NOW)),
            st.sets(st.sampled_from(TOPICS)),
        )
    )
)
def test_it_never_goes_back(steps: list[tuple[dict[str, int], set[str]]]) -> None:
    by_wall: list[int | None] = [None]
    by_event: list[int | None] = [None]
    for newest, at_end in steps:
        by_wall.append(wall(newest, at_end, by_wall[-1]))
        by_event.append(event(newest, by_event[-1]))
    for said in (by_wall, by_event):
        known = [time for time in said if time is not None]
        assert said[: len(said) - len(known)] == [None] * (len(said) - len(known))
        assert known == sorted(known)

"""Recognising repetitions: against a plain set, through freezing, expiry and recovery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.deduplication import Deduplication, identity_of, seed_of
from streams.core.time import HOUR_MS

STEPS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 90)), max_size=200)


@given(STEPS, st.integers(1, 30))
def test_within_the_horizon_it_knows_what_a_plain_set_knows(steps: list[tuple[int, int]], every: int) -> None:
    memory, plain = Deduplication(HOUR_MS), set()
    stored: dict[int, bytes] = {}
    newest = number = 0

    def store(number: int) -> int:
        records = memory.take_fresh(number)
        stored.update(records)
        return number + len(records)

    for i, (identity, minute) in enumerate(steps):
        newest = max(newest, minute)
        if minute < newest - 60:
            continue
        assert memory.seen(identity, minute) == ((identity, minute) in plain)
        plain.add((identity, minute))
        if i % every == 0:
            number = store(number)
            for gone in memory.expire(newest):
                del stored[gone]
        if i % (3 * every) == 0:
            number = store(number)
            memory = Deduplication(HOUR_MS)
            for sequence, value in stored.items():
                memory.load(sequence, value)


def test_identities_that_are_too_many_for_one_record_lie_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.deduplication.IDENTITIES_IN_RECORD", 3)
    memory, again = Deduplication(HOUR_MS), Deduplication(HOUR_MS)
    told = [
        (identity, minute)
        for minute, many in ((10, 7), (11, 1), (12, 1), (13, 2))
        for identity in range(many)
    ]
    for identity, minute in told:
        assert not memory.seen(identity, minute)
    records = memory.take_fresh(5)
    assert [sequence for sequence, _ in records] == [5, 6, 7, 8]
    for sequence, packed in records:
        again.load(sequence, packed)
    assert all(again.seen(identity, minute) for identity, minute in told)
    assert not again.seen(7, 10)
    assert memory.expire(71) == again.expire(71) == [5, 6]


def test_what_lies_beyond_the_horizon_is_forgotten_and_its_record_too() -> None:
    memory = Deduplication(HOUR_MS)
    assert not memory.seen(1, 10)
    assert [sequence for sequence, _ in memory.take_fresh(1)] == [1]
    assert memory.take_fresh(2) == []
    assert memory.expire(70) == []
    assert memory.seen(1, 10)
    assert memory.expire(71) == [1]
    assert not memory.seen(1, 10)


def test_a_late_event_of_a_frozen_minute_is_recognised_and_remembered() -> None:
    memory = Deduplication(HOUR_MS)
    assert not memory.seen(1, 10)
    memory.expire(20)
    assert memory.seen(1, 10)
    assert not memory.seen(2, 10)
    memory.expire(21)
    assert memory.seen(2, 10)


def test_equal_ids_of_two_sources_differ() -> None:
    assert identity_of("1", seed_of("a")) != identity_of("1", seed_of("b"))
    assert identity_of("1", seed_of("a")) == identity_of("1", seed_of("a"))

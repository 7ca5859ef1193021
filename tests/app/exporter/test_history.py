"""The recorded history in memory, and its records."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exporter.history import (
    COARSE_MS,
    FINE_MS,
    SLOT_MS,
    History,
    Key,
    Point,
    decode_record,
    encode_key,
    encode_point,
    is_kept,
    slot_of,
)
from streams.core.time import DAY_MS, HOUR_MS

NOW = 1_780_000_000_000
HOUR = NOW // HOUR_MS * HOUR_MS
LABELS = (("window", "1h"), ("channel", "all"))

numbers = st.one_of(st.none(), st.floats(allow_nan=False))
keys = st.builds(
    Key,
    st.text(),
    st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
    st.integers(0, 1 << 45).map(slot_of),
)
points = st.builds(Point, st.integers(0, 1 << 45), st.floats(allow_nan=False), numbers, numbers)


@given(keys, st.one_of(st.none(), points))
def test_records_are_read_as_they_were_written(key: Key, point: Point | None) -> None:
    assert decode_record(encode_key(key), None if point is None else encode_point(point)) == (key, point)


def test_other_records_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_record(b"\xc1", None)


@given(st.integers(0, 1 << 45))
def test_a_slot_is_five_minutes(time: int) -> None:
    assert slot_of(time) % SLOT_MS == 0
    assert 0 <= time - slot_of(time) < SLOT_MS


def put(history: History, slot: int, value: float = 1, kpi: str = "x") -> Key:
    key = Key(kpi, LABELS, slot)
    history.put(key, Point(slot + 7, value, None, None))
    return key


def test_points_come_in_order_of_time_and_the_last_record_of_a_key_counts() -> None:
    history = History()
    for slot in (HOUR + 2 * SLOT_MS, HOUR, HOUR + SLOT_MS, HOUR):
        put(history, slot, value=slot - HOUR)
    put(history, HOUR, value=9)
    assert [(labels, [point.value for point in found]) for labels, found in history.points("x")] == [
        (LABELS, [9, SLOT_MS, 2 * SLOT_MS])
    ]
    assert len(history) == 3
    assert list(history.points("y")) == []


def test_a_slot_is_recorded_once() -> None:
    history = History()
    assert history.is_due(NOW)
    put(history, slot_of(NOW))
    assert not history.is_due(slot_of(NOW) + SLOT_MS - 1)
    assert history.is_due(slot_of(NOW) + SLOT_MS)


def test_five_minutes_are_kept_for_26_hours_and_full_hours_for_36_days() -> None:
    history = History()
    old_hour, very_old_hour = HOUR - 30 * DAY_MS, HOUR - 36 * DAY_MS
    kept = [put(history, slot) for slot in (HOUR, HOUR + SLOT_MS, HOUR - 25 * HOUR_MS + SLOT_MS, old_hour)]
    gone = [put(history, slot) for slot in (HOUR - 27 * HOUR_MS + SLOT_MS, old_hour + SLOT_MS, very_old_hour)]
    assert sorted(history.expire(HOUR)) == sorted(gone)
    assert [key.slot for key in sorted(kept)] == [
        point.at - 7 for _, found in history.points("x") for point in found
    ]
    assert history.expire(HOUR) == []


def test_the_bounds_of_keeping() -> None:
    fine = HOUR + SLOT_MS
    assert is_kept(fine, fine + FINE_MS - 1)
    assert not is_kept(fine, fine + FINE_MS)
    assert is_kept(HOUR, HOUR + COARSE_MS - 1)
    assert not is_kept(HOUR, HOUR + COARSE_MS)


def test_a_tombstone_takes_a_point_away() -> None:
    history = History()
    key = put(history, HOUR)
    put(history, HOUR, kpi="y")
    history.put(key, None)
    history.put(key, None)
    assert list(history.points("x")) == []
    assert len(history) == 1

"""Sorting by time, also of more than fits into memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.external_sort import Room
from app.sending.records import Record
from app.sending.sorting import sorted_by_time

RECORDS = st.lists(
    st.builds(
        Record,
        st.integers(-5, 5) | st.integers(0, 2**45),
        st.sampled_from(["a", "b"]),
        st.none() | st.binary(max_size=5),
        st.binary(max_size=400),
    ),
    max_size=60,
)


@given(RECORDS, st.integers(1, 3_000))
def test_it_is_the_stable_sort_whatever_fits_into_memory(records: list[Record], memory: int) -> None:
    found = list(sorted_by_time(records, Room(memory)))
    assert found == sorted(records, key=lambda record: record.time_ms)
    assert all(type(record) is Record for record in found)


def test_many_runs_are_merged() -> None:
    records = [Record(n * 7919 % 5_003, "t", b"k", b"%d" % n) for n in range(5_003)]
    found = list(sorted_by_time(records, Room(20_000)))
    assert [record.time_ms for record in found] == list(range(5_003))

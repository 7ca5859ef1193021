"""The store against the panes that wrote the records: any partitions, any checkpoints, any compaction."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exporter.checkpoints import Assembler
from app.exporter.store import Store, difference
from streams.core.measures import Cell, Measure
from streams.core.panes import BASE, CELLS_IN_RECORD, WHOLE
from streams.core.records import META_KEY, block_record, cell_record, encode_meta
from streams.core.time import ALL, BEGINNING, DAY_MINUTES, MINUTE_MS, WINDOWS
from tests.app.exporter.support import Entry, Writer, feed, meta

MEASURES = (
    Measure("done", "event", ("channel",), ""),
    Measure("seen", "last", ("plan", "role"), ""),
    Measure("members", "edge", ("plan",), ""),
    Measure("days", "day", ("plan",), ""),
)
KNOWN = {measure.name: measure for measure in MEASURES}
NOW = 1_780_000_000_000 // MINUTE_MS
TODAY = 739_000


def sums(store: Store, at: int) -> dict[tuple[str, str], Mapping[Cell, int]]:
    snapshot = store.at(at)
    windows = [*WINDOWS, ALL, "day"]
    return {
        (name, window): dict(snapshot.cells(name, window))
        for name in KNOWN
        for window in windows
        if (window == "day") == (name == "days")
    }


def expected(writers: Iterable[Writer], at: int) -> dict[tuple[str, str], Mapping[Cell, int]]:
    """A store that has read what the panes hold now, written as one block each."""
    store = Store("UTC", KNOWN)
    for writer in writers:
        fresh = Writer(writer.number, MEASURES)
        for name, cell, position, n in writer.numbers():
            panes = fresh.panes[name]
            if position == BEGINNING:
                panes._add(BASE, panes.index(cell) << 6 | WHOLE, n)
            else:
                panes.add(cell, position, n)
        fresh.checkpoint()
        feed(store, Assembler(), fresh.number, fresh.log)
    return sums(store, at)


names = st.sampled_from(list(KNOWN))
values = st.sampled_from(["a", "b", "c"])
ages = st.one_of(st.integers(-120, 120), st.integers(0, 3 * DAY_MINUTES), st.integers(0, 50 * DAY_MINUTES))
additions = st.tuples(names, st.tuples(values, values), ages, st.integers(-2, 3).filter(bool))
Steps = list[tuple[int, list[tuple[str, tuple[str, str], int, int]] | int]]
actions = st.lists(
    st.tuples(
        st.integers(0, 2), st.one_of(st.lists(additions, max_size=6), st.integers(0, 60 * DAY_MINUTES))
    ),
    max_size=12,
)


@given(actions, st.randoms(use_true_random=False), st.sampled_from([2, CELLS_IN_RECORD]))
def test_the_store_holds_the_sum_of_all_panes(steps: Steps, rng: random.Random, cells: int) -> None:
    """Adding, retracting, rolling up into hours and the base, blocks in parts, compaction, and late and early readers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.core.panes.CELLS_IN_RECORD", cells)
        follow(steps, rng)


def follow(steps: Steps, rng: random.Random) -> None:
    writers = [Writer(number, MEASURES) for number in range(3)]
    follower, assemblers = Store("UTC", KNOWN), [Assembler() for _ in writers]
    read = [0, 0, 0]
    at = NOW * MINUTE_MS
    for number, action in steps:
        writer = writers[number]
        if isinstance(action, int):
            writer.panes.roll(NOW + action, TODAY + action // DAY_MINUTES)
        else:
            for name, cell, age, n in action:
                position = TODAY - age // DAY_MINUTES if name == "days" else NOW - age
                writer.panes[name].add(cell[: len(KNOWN[name].fields)], position, n)
        before = len(writer.log)
        writer.checkpoint()
        # A reader gets records in batches that know nothing of checkpoints.
        cut = rng.randint(before, len(writer.log))
        feed(follower, assemblers[number], number, writer.log[read[number] : cut])
        feed(follower, assemblers[number], number, writer.log[cut:])
        read[number] = len(writer.log)
        at += rng.choice([0, 1, 59_999, MINUTE_MS, 90 * MINUTE_MS])
        assert sums(follower, at) == expected(writers, at)
    newcomer = Store("UTC", KNOWN)
    for writer in writers:
        writer.compact(rng)
        feed(newcomer, Assembler(), writer.number, writer.log)
    assert sums(newcomer, at) == sums(follower, at)
    assert not newcomer.unexplained


blocks = st.dictionaries(st.integers(0, 9), st.integers(-5, 5).filter(bool))


@given(blocks, blocks)
def test_a_difference_turns_the_old_block_into_the_new_one(old: dict[int, int], new: dict[int, int]) -> None:
    result = dict(old)
    for slot, n in difference(old, new):
        assert n
        result[slot] = result.get(slot, 0) + n
    assert {slot: n for slot, n in result.items() if n} == new


def test_the_version_rises_only_when_numbers_may_have_changed() -> None:
    store, writer, assembler = Store("UTC", KNOWN), Writer(0, MEASURES), Assembler()
    writer.panes["done"].add(("chat",), NOW, 1)
    writer.checkpoint()
    feed(store, assembler, 0, writer.log)
    assert store.version == 1
    feed(store, assembler, 0, [Entry(META_KEY, encode_meta(meta(0, written=5)))])
    assert store.version == 1
    assert store.metas[0].written == 5
    feed(store, assembler, 0, writer.log)
    assert store.version == 1


def test_the_same_block_again_changes_nothing() -> None:
    store, writer, assembler = Store("UTC", KNOWN), Writer(0, MEASURES), Assembler()
    writer.panes["done"].add(("chat",), NOW, 2)
    writer.checkpoint()
    for _ in range(3):
        feed(store, assembler, 0, writer.log)
    assert store.at(NOW * MINUTE_MS + 1).cells("done", "1h") == {("chat",): 2}


def apply(store: Store, number: int, *records: tuple[bytes, bytes | None]) -> None:
    store.apply(number, dict(records), meta(number))


def test_numbers_of_a_cell_that_is_described_later_count_from_then_on() -> None:
    """Compaction may keep a block and, of its cell, only a later copy."""
    store = Store("UTC", KNOWN)
    apply(store, 0, block_record("done", NOW // 60, {0 << 6 | NOW % 60: 2, 1 << 6 | NOW % 60: 3}))
    assert store.at(NOW * MINUTE_MS + 1).cells("done", "1h") == {}
    assert store.unexplained == [(0, "done", 0), (0, "done", 1)]
    apply(store, 0, cell_record("done", 1, ("web",)))
    assert store.at(NOW * MINUTE_MS + 1).cells("done", "1h") == {("web",): 3}
    assert store.unexplained == [(0, "done", 0)]


def test_an_index_that_gets_another_cell_takes_its_numbers_along() -> None:
    store = Store("UTC", KNOWN)
    slot = NOW % 60
    apply(store, 0, cell_record("done", 0, ("web",)), block_record("done", NOW // 60, {slot: 2}))
    apply(store, 0, cell_record("done", 0, ("chat",)))
    assert store.at(NOW * MINUTE_MS + 1).cells("done", "1h") == {("chat",): 2}
    apply(store, 0, block_record("done", NOW // 60, None))
    assert store.at(NOW * MINUTE_MS + 1).cells("done", "1h") == {}


@pytest.mark.parametrize(
    "foreign",
    [
        (cell_record("unheard_of", 0, ("x",)), block_record("unheard_of", NOW // 60, {0: 1})),
        (cell_record("done", 0, ("web", "surplus")), block_record("done", NOW // 60, {0: 1})),
        ((b"z-a-later-version", b"\x01"),),
    ],
    ids=["measure", "fields", "record"],
)
def test_what_another_version_writes_is_left_out(foreign: tuple[tuple[bytes, bytes | None], ...]) -> None:
    store = Store("UTC", KNOWN)
    apply(store, 0, *foreign)
    assert all(not numbers for numbers in sums(store, NOW * MINUTE_MS + 1).values())

"""Panes: numbers, rolling, records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.measures import MEASURES
from streams.core.panes import BASE, COARSE_MINUTES, DAYS_KEPT, FINE_MINUTES, WHOLE, MeasurePanes, Panes
from streams.core.records import BlockRecord, CellRecord, block_record, cell_record, parse_pane_record

MINUTES = st.integers(0, 60 * 24 * 90)
CELLS = st.sampled_from([("web",), ("ios",), ("unknown",)])
ADDS = st.lists(st.tuples(CELLS, MINUTES, st.sampled_from([-3, -1, 1, 2])), max_size=40)


def total(panes: MeasurePanes) -> dict[tuple[str | int, ...], int]:
    out: dict[tuple[str | int, ...], int] = {}
    for cell, _, _, n in panes.numbers():
        out[cell] = out.get(cell, 0) + n
    return {cell: n for cell, n in out.items() if n}


def fresh() -> MeasurePanes:
    return MeasurePanes(MEASURES["active_by_platform"])


@given(ADDS, st.lists(MINUTES, max_size=5))
def test_rolling_moves_numbers_but_loses_none(
    adds: list[tuple[tuple[str], int, int]], rolls: list[int]
) -> None:
    plain, rolled = fresh(), fresh()
    pending = sorted(rolls)
    for i, (cell, minute, n) in enumerate(adds):
        plain.add(cell, minute, n)
        rolled.add(cell, minute, n)
        if pending and i % 7 == 0:
            rolled.roll(pending.pop(0))
    assert total(plain) == total(rolled)


def test_adding_nothing_changes_nothing() -> None:
    panes = fresh()
    panes.add(("web",), 5, 0)
    panes.add(("web",), 5, 2)
    panes.add(("ios",), 5, 0)
    panes.add(("web",), 5, 0)
    assert list(panes.numbers()) == [(("web",), 0, 5, 2)]
    assert sorted(panes.take_dirty()) == [(0, {panes.slots(("web",)) + 5: 2})]


@given(ADDS, MINUTES)
def test_rolling_before_or_after_adding_is_the_same(
    adds: list[tuple[tuple[str], int, int]], newest: int
) -> None:
    before, after = fresh(), fresh()
    before.roll(newest)
    for cell, minute, n in adds:
        before.add(cell, minute, n)
        after.add(cell, minute, n)
    after.roll(newest)
    assert sorted(before.numbers()) == sorted(after.numbers())


@given(ADDS, MINUTES)
def test_a_number_is_as_fine_as_its_age_allows(adds: list[tuple[tuple[str], int, int]], newest: int) -> None:
    panes = fresh()
    for cell, minute, n in adds:
        panes.add(cell, minute, n)
    panes.roll(newest)
    for _, block, slot, n in panes.numbers():
        assert n
        if slot != WHOLE:
            assert block * 60 + slot >= newest - FINE_MINUTES - 59
        elif block != BASE:
            assert block * 60 >= newest - COARSE_MINUTES - 119


@given(st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=20), MINUTES)
def test_move_is_taking_away_and_adding(moves: list[tuple[int, int]], newest: int) -> None:
    moved, added = fresh(), fresh()
    index = moved.index(("web",))
    added.index(("web",))
    for old, _ in moves:
        moved.add(("web",), old, 1)
        added.add(("web",), old, 1)
    moved.roll(newest)
    added.roll(newest)
    for old, new in moves:
        moved.move(index << 6, old, new)
        added.add(("web",), old, -1)
        added.add(("web",), new, 1)
    assert sorted(moved.numbers()) == sorted(added.numbers())


def test_days_are_kept_for_a_year_and_a_month() -> None:
    panes = Panes()
    panes["active_days_by_platform"].add(("web",), 700_000, 2)
    panes.roll(0, 700_000 + DAYS_KEPT - 1)
    assert list(panes["active_days_by_platform"].numbers()) == [(("web",), 700_000, 0, 2)]
    panes.roll(0, 700_000 + DAYS_KEPT)
    assert not list(panes["active_days_by_platform"].numbers())
    assert list(panes["active_days_by_platform"].take_dirty()) == [(700_000, None)]


def test_changes_are_handed_out_once_and_an_empty_block_as_a_tombstone() -> None:
    panes = fresh()
    panes.add(("web",), 61, 1)
    assert panes.take_new_cells() == [0]
    assert list(panes.take_dirty()) == [(1, {1: 1})]
    assert list(panes.take_dirty()) == []
    panes.add(("web",), 61, -1)
    assert list(panes.take_dirty()) == [(1, None)]
    assert panes.take_new_cells() == []


def test_records_read_back() -> None:
    key, value = block_record("active", 490_000, {1: 2, 127: -3})
    assert parse_pane_record(key, value) == BlockRecord("active", 490_000, {1: 2, 127: -3})
    key, value = block_record("active", 490_000, None)
    assert parse_pane_record(key, value) == BlockRecord("active", 490_000, None)
    key, value = block_record("active", 490_000, {1: 2}, 300)
    assert parse_pane_record(key, value) == BlockRecord("active", 490_000, {1: 2}, 300)
    assert parse_pane_record(key, None) == BlockRecord("active", 490_000, None, 300)
    key, value = cell_record("active", 3, ("pro", "smb", "admin", "1"))
    assert parse_pane_record(key, value) == CellRecord("active", 3, ("pro", "smb", "admin", "1"))
    assert parse_pane_record(b"?future", b"") is None


@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 2), st.sampled_from([1, 2, -1]), st.booleans()),
        max_size=60,
    )
)
def test_blocks_of_many_cells_are_stored_in_parts_that_read_back(
    changes: list[tuple[int, int, int, bool]],
) -> None:
    """Whatever of the changelog is compacted: of each key the last record."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.core.panes.CELLS_IN_RECORD", 3)
        panes = MeasurePanes(MEASURES["active_by_platform"])
        stored: dict[bytes, bytes | None] = {}

        def checkpoint() -> None:
            for block, part, numbers in panes.take_parts():
                key, value = block_record("active_by_platform", block, numbers, part)
                # Behind all others, as in a log.
                stored.pop(key, None)
                stored[key] = value

        for cell, hour, n, write in changes:
            panes.add((f"platform {cell}",), hour * 60 + cell, n)
            if write:
                checkpoint()
        checkpoint()
        back = MeasurePanes(MEASURES["active_by_platform"])
        back.restart(panes.cells)
        for key, value in stored.items():
            record = parse_pane_record(key, value)
            assert isinstance(record, BlockRecord)
            assert len(record.numbers or ()) <= 3
            back.take_block(record.block, record.numbers, record.part)
        assert sorted(back.numbers()) == sorted(panes.numbers())
        # Who goes on from there leaves nothing behind.
        for place, block, minute, n in list(back.numbers()):
            back.add(place, block * 60 + minute, -n)
        for block, part, numbers in back.take_parts():
            assert numbers is None
            stored.pop(block_record("active_by_platform", block, None, part)[0], None)
        assert not any(stored.values())


@given(st.permutations([(p, s) for p in ("free", "pro", "team", "unknown") for s in ("a", "b", "unknown")]))
def test_cells_beyond_the_bound_count_under_other(cells: list[tuple[str, str]]) -> None:
    panes, residue = MeasurePanes(MEASURES["customers"], limit=4), MeasurePanes(MEASURES["customers"])
    for cell in cells:
        panes.add(cell, 7, 2)
        residue.add(panes.kept(cell), 7, 1)
    for cell in cells:
        panes.add(cell, 7, -1)
    assert total(panes) == total(residue)
    assert sum(total(panes).values()) == len(cells)
    assert set(panes.cells[:4]) == set(cells[:4])
    assert set(panes.cells[4:]) <= {(p, s) for p in ("other", "unknown") for s in ("other", "unknown")}
    # Each is looked for when it comes and when it goes.
    assert panes.overflow == 2 * len(set(cells) - set(panes.cells))


def test_cells_that_were_stored_keep_their_place() -> None:
    panes = MeasurePanes(MEASURES["customers"], limit=2)
    for plan in ("a", "b", "c"):
        panes.add((plan, "s"), 1, 1)
    again = MeasurePanes(MEASURES["customers"], limit=2)
    for index, cell in enumerate(panes.cells):
        again.take_cell(index, cell)
    assert [again.index((plan, "s")) for plan in ("c", "a", "d", "b")] == [2, 0, 2, 1]

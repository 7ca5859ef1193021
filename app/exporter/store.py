"""The panes of all partition numbers, and their sum.

Changelog records carry whole blocks. What each partition said last is kept as the bytes that it wrote, which is compact;
the difference to the next version of a block is what changes the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import structlog

from app.exporter.windows import Change, MeasureSums
from streams.core.measures import MEASURES, Cell, Measure
from streams.core.panes import BASE, SLOT_BITS, WHOLE, Block
from streams.core.records import BlockRecord, CellRecord, Meta, parse_pane_record
from streams.core.time import BEGINNING, HOUR_MINUTES, Calendar, minute_of

log = structlog.get_logger(__name__)

_EMPTY: Final[Block] = {}


class Store:
    """The sum over all partitions, to be read at an evaluation time that never goes back."""

    def __init__(self, timezone: str, measures: Mapping[str, Measure] = MEASURES) -> None:
        self.metas: dict[int, Meta] = {}
        """The last META of each partition number that has written one."""
        self.version = 0
        """Rises whenever a number may have changed."""
        self._measures = measures
        self._calendar = Calendar(timezone)
        self._sums = {name: MeasureSums(measure, self._calendar) for name, measure in measures.items()}
        self._partitions: dict[int, _Partition] = {}
        self._cells: dict[Cell, Cell] = {}
        self._unknown: set[str] = set()

    def apply(self, number: int, records: Mapping[bytes, bytes | None], meta: Meta) -> None:
        """Apply one or more complete checkpoints of a partition number: the last record of each key, and the last META.

        Raises msgspec.DecodeError if a record is damaged.
        """
        partition = self._partitions.setdefault(number, _Partition())
        changes: dict[str, list[Change]] = {}
        blocks: list[tuple[bytes, bytes | None, BlockRecord]] = []
        for key, value in records.items():
            match parse_pane_record(key, value):
                case CellRecord(measure=name, index=index, cell=cell):
                    if self._fits(name, cell):
                        moved = partition.set_cell(name, index, self._cells.setdefault(cell, cell))
                        changes.setdefault(name, []).extend(self._changes(name, moved))
                case BlockRecord(measure=name) as record if name in self._measures:
                    blocks.append((key, value, record))
        for key, value, record in blocks:
            difference = partition.set_block(key, value, record)
            changes.setdefault(record.measure, []).extend(self._changes(record.measure, difference))
        for name, changed in changes.items():
            self._sums[name].add(changed)
        self.metas[number] = meta
        if any(changes.values()):
            self.version += 1

    def at(self, time: int) -> Snapshot:
        """Return the sums at an evaluation time (ms); valid until the next call of `apply` or `at`."""
        return Snapshot(self._sums, time, self._calendar.day_of(minute_of(time - 1)))

    @property
    def unexplained(self) -> list[tuple[int, str, int]]:
        """Numbers that are left out because their cell is not known: partition number, measure, index of the cell."""
        return [
            (number, *missing)
            for number, partition in sorted(self._partitions.items())
            for missing in sorted(partition.missing)
        ]

    def _fits(self, name: str, cell: Cell) -> bool:
        measure = self._measures.get(name)
        if measure is not None and len(cell) == len(measure.fields):
            return True
        if name not in self._unknown:
            self._unknown.add(name)
            log.warning(
                "the workers write a measure that neither this version nor its overlay knows", measure=name
            )
        return False

    def _changes(self, name: str, numbers: Iterator[tuple[int, int, Cell, int]]) -> Iterator[Change]:
        if self._measures[name].by_day:
            for block, _, cell, n in numbers:
                yield Change(block, cell, n)
            return
        for block, slot, cell, n in numbers:
            if block == BASE:
                yield Change(BEGINNING, cell, n)
            else:
                minute = slot & WHOLE
                yield Change(block * HOUR_MINUTES + (0 if minute == WHOLE else minute), cell, n)


class Snapshot:
    """`app.evaluation.reads.Reads` over the store."""

    __slots__ = ("_read", "_sums", "time", "today")

    def __init__(self, sums: Mapping[str, MeasureSums], time: int, today: int) -> None:
        self._sums = sums
        self.today = today
        self._read: dict[tuple[str, str, bool], Mapping[Cell, int]] = {}
        self.time = time

    def cells(self, measure: str, window: str) -> Mapping[Cell, int]:
        """Return the sum of each cell over a window."""
        return self._cells(measure, window, at_start=False)

    def cells_at_start(self, measure: str, window: str) -> Mapping[Cell, int]:
        """Return the level of each cell at a window's start."""
        return self._cells(measure, window, at_start=True)

    def cells_of_days(self, measure: str, first: int, last: int) -> Mapping[Cell, int]:
        """Return the sum of each cell of a day measure over local days, both ends included."""
        return self._sums[measure].read_days(first, last)

    def _cells(self, measure: str, window: str, *, at_start: bool) -> Mapping[Cell, int]:
        wanted = (measure, window, at_start)
        cells = self._read.get(wanted)
        if cells is None:
            cells = self._read[wanted] = self._sums[measure].read(window, self.time, at_start=at_start)
        return cells


class _Partition:
    """What one partition number says: its cells by measure and index, its blocks as they were written."""

    __slots__ = ("_blocks", "_cells", "missing")

    def __init__(self) -> None:
        self._cells: dict[str, dict[int, Cell]] = {}
        self._blocks: dict[bytes, bytes] = {}
        self.missing: set[tuple[str, int]] = set()

    def set_cell(self, measure: str, index: int, cell: Cell) -> Iterator[tuple[int, int, Cell, int]]:
        """Name a cell; what its blocks hold already moves to it.

        Cells are written before the blocks that need them. Only where compaction has kept a later record of the cell,
        or where an index is given anew, are there blocks to be looked through.
        """
        cells = self._cells.setdefault(measure, {})
        before = cells.get(index)
        if before is cell:
            return
        cells[index] = cell
        if before is None and (measure, index) not in self.missing:
            return
        self.missing.discard((measure, index))
        for key, value in self._blocks.items():
            record = parse_pane_record(key, value)
            if isinstance(record, BlockRecord) and record.measure == measure:
                for slot, n in (record.numbers or _EMPTY).items():
                    if slot >> SLOT_BITS == index:
                        if before is not None:
                            yield record.block, slot, before, -n
                        yield record.block, slot, cell, n

    def set_block(
        self, key: bytes, value: bytes | None, record: BlockRecord
    ) -> Iterator[tuple[int, int, Cell, int]]:
        """Replace a block and yield what changes: block, slot, cell, number."""
        before = self._blocks.get(key)
        if value is None:
            self._blocks.pop(key, None)
        else:
            self._blocks[key] = value
        if before == value:
            return
        old = _EMPTY if before is None else _numbers(key, before)
        cells = self._cells.get(record.measure, {})
        block = record.block
        for slot, n in difference(old, record.numbers or _EMPTY):
            index = slot >> SLOT_BITS
            cell = cells.get(index)
            if cell is None:
                self.missing.add((record.measure, index))
            else:
                yield block, slot, cell, n


def difference(old: Block, new: Block) -> Sequence[tuple[int, int]]:
    """Return what has to be added to ``old`` to get ``new``, by slot."""
    if not old:
        return list(new.items())
    changed = [(slot, n - old.get(slot, 0)) for slot, n in new.items() - old.items()]
    changed += [(slot, -old[slot]) for slot in old.keys() - new.keys()]
    return changed


def _numbers(key: bytes, value: bytes) -> Block:
    record = parse_pane_record(key, value)
    assert isinstance(record, BlockRecord)
    return record.numbers or _EMPTY

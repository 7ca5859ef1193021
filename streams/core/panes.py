"""Panes: one number for each measure, cell and minute, kept in blocks of an hour.

A block is what one changelog record holds: `{slot: number}` with `slot = cell index * 64 + minute of the hour`.
Numbers older than `FINE_MINUTES` lie in the slot `WHOLE` of their hour, numbers older than `COARSE_MINUTES` in the
slot `WHOLE` of the block `BASE`. A number is stored once, readers add. Day measures use the local day as block
and slot 0. Zeros are not stored; an empty block is a tombstone.

Cells are never given up, so a cell has one place for ever: its own, or, if it came up when there were too many already, that of
`other` in every dimension.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from streams.core.dimensions import DIMENSIONS, folded
from streams.core.measures import MEASURES, Cell, Measure
from streams.core.time import DAY_MINUTES, HOUR_MINUTES

WHOLE: Final = 63
"""The slot of an hour's numbers that no longer have a minute of their own."""
BASE: Final = -1
"""The block of everything older than `COARSE_MINUTES`."""
FINE_MINUTES: Final = 25 * HOUR_MINUTES
"""How long numbers keep their minute."""
COARSE_MINUTES: Final = 36 * DAY_MINUTES
"""How long numbers keep their hour."""
DAYS_KEPT: Final = 400
"""How long calendar days are kept."""
SLOT_BITS: Final = 6
CELLS_IN_RECORD: int = 2_000
"""Cells whose numbers of one block lie in one record of the changelog: with a number in every minute far below what a record may have."""
_NOWHERE: Final = -2
UNBOUNDED: Final = 1 << 40

Block = dict[int, int]


class MeasurePanes:
    """All numbers of one measure in one partition."""

    __slots__ = (
        "_at",
        "_at_before",
        "_numbers",
        "_numbers_before",
        "blocks",
        "cells",
        "dirty",
        "indices",
        "is_day",
        "limit",
        "measure",
        "names",
        "new_cells",
        "overflow",
        "parts",
        "rolled_to",
    )

    def __init__(self, measure: Measure, limit: int = UNBOUNDED, names: Collection[str] = DIMENSIONS) -> None:
        self.measure = measure
        self.names = names
        """Fields whose values producers choose."""
        self.limit = limit
        """From how many cells on further ones are folded."""
        self.overflow = 0
        """How often a cell beyond the bound was looked for."""
        self.is_day = measure.by_day
        self.indices: dict[Cell, int] = {}
        self.cells: list[Cell] = []
        self.blocks: dict[int, Block] = {}
        self.dirty: set[int] = set()
        self.new_cells: list[int] = []
        self.parts: dict[int, int] = {}
        """The last part of blocks that are stored in more than one record."""
        self.rolled_to = 0
        # The blocks of the last change and of the one before it, already among the dirty ones: most changes go where one of
        # them went, from some hour of the past into the present one.
        self._at = self._at_before = _NOWHERE
        self._numbers: Block = {}
        self._numbers_before: Block = {}

    def index(self, cell: Cell) -> int:
        """The number of a cell, a new one if need be."""
        i = self.indices.get(cell)
        if i is None and len(self.cells) >= self.limit:
            other = folded(cell, self.measure.fields, self.names)
            if other != cell:
                self.overflow += 1
                cell = other
                i = self.indices.get(cell)
        if i is None:
            i = self.indices[cell] = len(self.cells)
            self.cells.append(cell)
            self.new_cells.append(i)
        return i

    def kept(self, cell: Cell) -> Cell:
        """The cell under which a cell's numbers are kept."""
        if cell in self.indices or len(self.cells) < self.limit:
            return cell
        return folded(cell, self.measure.fields, self.names)

    def add(self, cell: Cell, minute: int, n: int) -> None:
        """Add n to a cell at a minute (for day measures: at a local day)."""
        if n:
            self.bump(self.index(cell) << SLOT_BITS, minute, n)

    def add_at(self, index: int, minute: int, n: int) -> None:
        """`add` for a cell known by its index."""
        if self.is_day:
            block, slot = minute, index << SLOT_BITS
        elif minute < self.rolled_to:
            block, slot = self._rolled(minute // HOUR_MINUTES), index << SLOT_BITS | WHOLE
        else:
            block, slot = minute // HOUR_MINUTES, index << SLOT_BITS | minute % HOUR_MINUTES
        self._add(block, slot, n)

    def move(self, slots: int, old: int, new: int) -> None:
        """Take 1 from minute `old` and add 1 at minute `new`, for the cell whose slots begin at `slots`. Not for day measures."""
        if old < self.rolled_to or new < self.rolled_to:
            index = slots >> SLOT_BITS
            self.add_at(index, old, -1)
            self.add_at(index, new, 1)
            return
        hour = old // HOUR_MINUTES
        numbers = self._numbers if hour == self._at else self._go_to(hour)
        slot: Any = slots + old - hour * HOUR_MINUTES
        n = numbers[slot] - 1
        if n:
            numbers[slot] = n
        else:
            del numbers[slot]
        new_hour = new // HOUR_MINUTES
        if new_hour != hour:
            numbers = self._go_to(new_hour)
        slot = slots + new - new_hour * HOUR_MINUTES
        numbers[slot] = numbers.get(slot, 0) + 1

    def bump(self, slots: int, minute: int, n: int = 1) -> None:
        """`add` for a cell whose slots begin at `slots`, as short as can be."""
        # An object, so that compiled code makes only one of it.
        slot: Any
        if self.is_day:
            block, slot = minute, slots
        elif minute < self.rolled_to:
            self.add_at(slots >> SLOT_BITS, minute, n)
            return
        else:
            block = minute // HOUR_MINUTES
            slot = slots + minute - block * HOUR_MINUTES
        numbers = self._numbers if block == self._at else self._go_to(block)
        value = numbers.get(slot)
        if value is None:
            numbers[slot] = n
            return
        n += value
        if n:
            numbers[slot] = n
        else:
            del numbers[slot]

    def _go_to(self, block: int) -> Block:
        if block == self._at_before:
            numbers = self._numbers_before
        else:
            found = self.blocks.get(block)
            numbers = {} if found is None else found
            if found is None:
                self.blocks[block] = numbers
            self.dirty.add(block)
        self._at_before, self._numbers_before = self._at, self._numbers
        self._at, self._numbers = block, numbers
        return numbers

    def _leave(self) -> None:
        """A block may be another object from now on, or no longer be dirty."""
        self._at, self._numbers = _NOWHERE, {}
        self._at_before, self._numbers_before = _NOWHERE, {}

    def slots(self, cell: Cell) -> int:
        """Where the slots of a cell begin."""
        return self.index(cell) << SLOT_BITS

    def add_number(self, cell: Cell, block: int, slot: int, n: int) -> None:
        """Add a number at the place where another partition's or an earlier pane holds it (as `numbers` names it)."""
        if self.is_day or slot == WHOLE or block == BASE:
            minute_slot = slot
            if not self.is_day and block != BASE and block < coarse_hour(self.rolled_to):
                block, minute_slot = BASE, WHOLE
            self._add(block, self.index(cell) << SLOT_BITS | minute_slot, n)
        else:
            self.add(cell, block * HOUR_MINUTES + slot, n)

    def _rolled(self, hour: int) -> int:
        return hour if hour >= coarse_hour(self.rolled_to) else BASE

    def _add(self, block: int, slot: int, n: int) -> None:
        numbers = self.blocks.get(block)
        if numbers is None:
            numbers = self.blocks[block] = {}
        value = numbers.get(slot, 0) + n
        if value:
            numbers[slot] = value
        else:
            numbers.pop(slot, None)
        self.dirty.add(block)

    def roll(self, newest: int) -> None:
        """Give up the minutes of hours that end more than `FINE_MINUTES` before `newest`, and the hours beyond `COARSE_MINUTES`."""
        if self.is_day:
            return
        before = (newest - FINE_MINUTES) // HOUR_MINUTES * HOUR_MINUTES
        if before <= self.rolled_to:
            return
        self._leave()
        old, self.rolled_to = self.rolled_to, before
        first, last, coarse = old // HOUR_MINUTES, before // HOUR_MINUTES, coarse_hour(before)
        for hour in [h for h in self.blocks if h != BASE and (first <= h < last or h < coarse)]:
            numbers = self.blocks[hour]
            if hour < coarse:
                for slot, n in numbers.items():
                    self._add(BASE, slot | WHOLE, n)
                numbers.clear()
            else:
                whole: Block = {}
                for slot, n in numbers.items():
                    whole[slot | WHOLE] = whole.get(slot | WHOLE, 0) + n
                self.blocks[hour] = {slot: n for slot, n in whole.items() if n}
            self.dirty.add(hour)

    def forget_days(self, newest_day: int) -> None:
        """Drop calendar days older than `DAYS_KEPT`."""
        if self.is_day:
            self._leave()
            for day in [d for d in self.blocks if d <= newest_day - DAYS_KEPT]:
                self.blocks[day] = {}
                self.dirty.add(day)

    def put(self, cell: Cell, block: int, slot: int, n: int) -> None:
        """Set a number that was stored (as `numbers` names it)."""
        self.blocks.setdefault(block, {})[self.index(cell) << SLOT_BITS | slot] = n

    def take_cell(self, index: int, cell: Cell) -> None:
        """Take back a stored cell. Cells come in the order of their indices, gaps are filled later."""
        while len(self.cells) <= index:
            self.cells.append(())
        self.cells[index] = cell
        self.indices[cell] = index

    def take_block(self, block: int, numbers: Block | None, part: int = 0) -> None:
        """Take back a stored block, or a part of it."""
        self._leave()
        last = self.parts.get(block, 0)
        if part > last:
            self.parts[block] = last = part
        if last:
            known = self.blocks.get(block, {})
            others = {
                slot: n for slot, n in known.items() if _part_of(slot) != part and _part_of(slot) <= last
            }
            numbers = {**others, **(numbers or {})}
        if numbers:
            self.blocks[block] = numbers
        else:
            self.blocks.pop(block, None)

    def restart(self, cells: list[Cell]) -> None:
        """Number cells as an earlier store did: its records stay valid."""
        self._leave()
        self.cells = list(cells)
        self.indices = {cell: i for i, cell in enumerate(cells)}
        self.new_cells.clear()

    def expired(self, block: int, newest_day: int) -> bool:
        """Whether a block holds a calendar day that is no longer kept."""
        return self.is_day and block <= newest_day - DAYS_KEPT

    def resume(self, newest: int) -> None:
        """After the last stored block: go on as rolled up to the newest minute, with nothing to write."""
        self.rolled_to = 0 if self.is_day else max(0, (newest - FINE_MINUTES) // HOUR_MINUTES * HOUR_MINUTES)
        self._leave()
        self.dirty.clear()
        self.new_cells.clear()

    def numbers(self) -> Iterator[tuple[Cell, int, int, int]]:
        """Every number as (cell, block, minute of the hour or `WHOLE`, n)."""
        for block, numbers in self.blocks.items():
            for slot, n in numbers.items():
                yield self.cells[slot >> SLOT_BITS], block, slot & WHOLE, n

    def spelled(self, block: int) -> list[tuple[Cell, int, int]]:
        """The numbers of one block as (cell, minute of the hour or `WHOLE`, n)."""
        return [
            (self.cells[slot >> SLOT_BITS], slot & WHOLE, n) for slot, n in self.blocks.get(block, {}).items()
        ]

    def take_new_cells(self) -> list[int]:
        """Indices of the cells that came up since the last call."""
        taken, self.new_cells = self.new_cells, []
        return taken

    def take_dirty(self) -> Iterable[tuple[int, Block | None]]:
        """The blocks that changed since the last call, None for those that became empty."""
        self._leave()
        dirty, self.dirty = self.dirty, set()
        for block in sorted(dirty):
            numbers = self.blocks.get(block)
            if numbers:
                yield block, numbers
            else:
                self.blocks.pop(block, None)
                yield block, None

    def take_parts(self) -> Iterator[tuple[int, int, Block | None]]:
        """`take_dirty`, with blocks of very many cells in parts: block, part, numbers. Which part a cell is in never changes."""
        for block, numbers in self.take_dirty():
            last = self.parts.pop(block, 0)
            if len(self.cells) <= CELLS_IN_RECORD and not last:
                yield block, 0, numbers
                continue
            parts: dict[int, Block] = {}
            for slot, n in (numbers or {}).items():
                parts.setdefault(_part_of(slot), {})[slot] = n
            highest = max(parts, default=0)
            if highest:
                self.parts[block] = highest
            for part in range(max(highest, last) + 1):
                yield block, part, parts.get(part)


def _part_of(slot: int) -> int:
    return (slot >> SLOT_BITS) // CELLS_IN_RECORD


def coarse_hour(rolled_to: int) -> int:
    """The first hour that still has a block of its own, for panes rolled up to a minute."""
    return (rolled_to + FINE_MINUTES - COARSE_MINUTES) // HOUR_MINUTES


class Panes:
    """The panes of one partition number: one `MeasurePanes` for each measure, by name; ``limit`` is that of each one's cells."""

    __slots__ = ("by_name",)

    def __init__(
        self,
        measures: Iterable[Measure] = tuple(MEASURES.values()),
        limit: int = UNBOUNDED,
        names: Collection[str] = DIMENSIONS,
    ) -> None:
        self.by_name = {m.name: MeasurePanes(m, limit, names) for m in measures}

    def __getitem__(self, measure: str) -> MeasurePanes:
        return self.by_name[measure]

    def __iter__(self) -> Iterator[MeasurePanes]:
        return iter(self.by_name.values())

    def roll(self, newest: int, newest_day: int) -> None:
        """Roll every measure up to the newest minute and local day."""
        for panes in self:
            panes.roll(newest)
            panes.forget_days(newest_day)

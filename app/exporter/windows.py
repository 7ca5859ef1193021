"""Sums over windows that move forward with the evaluation time, kept up to date by what enters and leaves them.

A *position* is a minute since the epoch, for day measures a local day. Panes that only know their hour lie at its first
minute, those that know nothing any more at `BEGINNING`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from app.evaluation.reads import LiveCells
from streams.core.measures import Cell, Measure
from streams.core.time import ALL, BEGINNING, DAY, Calendar, minute_of, reached, window_span

END: Final = 1 << 62
"""A position after every other one."""
SPANS: Final = 64
"""Ranges of days of one measure whose sums are kept up to date; those that are not read any more make room."""

Sums = dict[Cell, int]


class Change(NamedTuple):
    """A number that was added to a cell at a position."""

    position: int
    cell: Cell
    n: int


class Bounds(NamedTuple):
    """Positions `start <= p < end`."""

    start: int
    end: int


class _Window:
    """The sums over one window, as of its bounds. What changes waits until somebody reads."""

    __slots__ = ("_cells", "_waiting", "end", "start")

    def __init__(self, bounds: Bounds, positions: Mapping[int, Sums]) -> None:
        self._cells = LiveCells()
        self._waiting: Sums = {}
        self.start, self.end = bounds
        self._fill(positions)

    def add(self, cell: Cell, n: int) -> None:
        """Add a number to a cell."""
        self._waiting[cell] = self._waiting.get(cell, 0) + n

    def move(self, bounds: Bounds, positions: Mapping[int, Sums]) -> None:
        """Move both bounds forward; any other move is a new start."""
        start, end = bounds
        if not (self.start <= start <= self.end <= end):
            self.start, self.end = bounds
            self._fill(positions)
            return
        for position in _between(self.start, start, positions):
            for cell, n in positions[position].items():
                self.add(cell, -n)
        for position in _between(self.end, end, positions):
            for cell, n in positions[position].items():
                self.add(cell, n)
        self.start, self.end = start, end

    def read(self) -> LiveCells:
        """Return the sums."""
        changed = {cell: n for cell, n in self._waiting.items() if n}
        self._waiting.clear()
        if changed:
            cells = self._cells
            for cell, n in changed.items():
                total = cells.get(cell, 0) + n
                if total:
                    cells[cell] = total
                else:
                    del cells[cell]
            cells.changed = changed
            cells.generation += 1
        return self._cells

    def _fill(self, positions: Mapping[int, Sums]) -> None:
        self._waiting.clear()
        cells = self._cells
        cells.clear()
        for position, numbers in positions.items():
            if self.start <= position < self.end:
                for cell, n in numbers.items():
                    cells[cell] = cells.get(cell, 0) + n
        for cell in [cell for cell, n in cells.items() if not n]:
            del cells[cell]
        cells.changed = None
        cells.generation += 1


class MeasureSums:
    """All numbers of one measure, added up over the partitions, with its windows."""

    __slots__ = ("_calendar", "_positions", "_spans", "_windows", "measure")

    def __init__(self, measure: Measure, calendar: Calendar) -> None:
        self.measure = measure
        self._calendar = calendar
        self._positions: dict[int, Sums] = {}
        self._windows: dict[tuple[str, bool], _Window] = {}
        self._spans: dict[Bounds, _Window] = {}
        """Ranges of days, the one that was read last at the end."""

    def add(self, changes: Iterable[Change]) -> None:
        """Apply changes to the numbers and to every window that they lie in."""
        positions = self._positions
        windows = (*self._windows.values(), *self._spans.values())
        for position, cell, n in changes:
            numbers = positions.get(position)
            if numbers is None:
                numbers = positions[position] = {}
            total = numbers.get(cell, 0) + n
            if total:
                numbers[cell] = total
            else:
                numbers.pop(cell, None)
                if not numbers:
                    del positions[position]
            for window in windows:
                if window.start <= position < window.end:
                    window.add(cell, n)

    def read(self, window: str, at: int, *, at_start: bool = False) -> Mapping[Cell, int]:
        """Return the sum of each cell over a window at evaluation time ``at`` (ms), as `Reads.cells` defines it.

        ``at_start`` gives the sums before the window's start instead. A window costs nothing until it is read for the
        first time, and little when it is read again at a later time.
        """
        if self.measure.by_day:
            return self._positions.get(self._calendar.day_of(minute_of(at - 1)), {})
        bounds = window_bounds(self.measure, window, at, at_start=at_start)
        is_level = self.measure.kind in ("edge", "still", "hourly")
        name = (window if not is_level or at_start else ALL, at_start)
        found = self._windows.get(name)
        if found is None:
            found = self._windows[name] = _Window(bounds, self._positions)
        else:
            found.move(bounds, self._positions)
        return found.read()

    def read_days(self, first: int, last: int) -> Mapping[Cell, int]:
        """Return the sum of each cell of a day measure over local days, both ends included."""
        bounds = Bounds(first, last + 1)
        span = self._spans.pop(bounds, None)
        if span is None:
            span = _Window(bounds, self._positions)
            if len(self._spans) >= SPANS:
                del self._spans[next(iter(self._spans))]
        self._spans[bounds] = span
        return span.read()

    def read_directly(self, window: str, at: int, *, at_start: bool = False) -> Mapping[Cell, int]:
        """Return what `read` does, added up anew from all numbers."""
        if self.measure.by_day:
            return self.read(DAY, at)
        return _Window(window_bounds(self.measure, window, at, at_start=at_start), self._positions).read()


def window_bounds(measure: Measure, window: str, at: int, *, at_start: bool = False) -> Bounds:
    """Return the positions that are read of a measure (not of kind `day`) over a window at ``at`` (ms)."""
    if at_start:
        return Bounds(BEGINNING, window_span(window, at).start)
    match measure.kind:
        case "edge" | "still":
            return Bounds(BEGINNING, reached(at))
        case "hourly":
            return Bounds(BEGINNING, reached(at + 1))
        case "last":
            return Bounds(window_span(window, at).start, END)
    return Bounds(window_span(window, at).start, reached(at))


def _between(start: int, end: int, positions: Mapping[int, Sums]) -> list[int]:
    """Return the positions with numbers from ``start`` up to ``end``."""
    if end - start <= len(positions):
        return [position for position in range(start, end) if position in positions]
    return [position for position in positions if start <= position < end]

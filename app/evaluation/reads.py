"""What evaluation needs to be told: the cells of a measure over a window, at one evaluation time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from app.catalogue.reads import Read
from streams.core.measures import Cell
from streams.core.time import ALL, DAY_MS, WINDOWS

ALL_DAYS: Final = 365
"""How many local days the window `all` reaches back: fewer than are kept, so that a partition that is ahead has them too."""


class Reads(Protocol):
    """The panes at one evaluation time T, whatever holds them.

    Cells whose sum is 0 may be missing or present. What is returned is only read, and only until T moves on. Who keeps
    cells up to date returns `LiveCells`, which are cheaper to evaluate again.
    """

    def cells(self, measure: str, window: str) -> Mapping[Cell, int]:
        """Return the sum of each cell over a window that ends at T.

        By the measure's kind: `event` from the window's start up to T; `last` from the window's start on; `edge` and
        `still` everything up to T, `hourly` also at T itself, whatever the window; `day` the local day of T - 1 ms.
        ``window`` is one of `streams.core.time.WINDOWS`, `day`, or `all` for everything so far.
        """
        ...

    def cells_at_start(self, measure: str, window: str) -> Mapping[Cell, int]:
        """Return the level of each cell of an `edge` or `still` measure just before a window's first minute."""
        ...

    @property
    def today(self) -> int:
        """The local day of T - 1 ms (`streams.core.time.Calendar`)."""
        ...

    def cells_of_days(self, measure: str, first: int, last: int) -> Mapping[Cell, int]:
        """Return the sum of each cell of a `day` or `recent` measure over local days, both ends included."""
        ...


class LiveCells(dict[Cell, int]):
    """Cells that are kept up to date, and that know what has changed since they were read the last time."""

    __slots__ = ("changed", "generation")

    def __init__(self) -> None:
        super().__init__()
        self.generation = 0
        """Rises by one whenever what is read differs from what was read before."""
        self.changed: Mapping[Cell, int] | None = None
        """What to add to the previous generation to get this one; None: not known."""


def cells_of(source: Reads, read: Read, measure: str, window: str | None) -> Mapping[Cell, int]:
    """Return the cells that ``read`` asks for, from ``measure`` in the place of its own, over a KPI's ``window``."""
    over = effective_window(read, window)
    if read.days:
        today = source.today
        days = ALL_DAYS if over == ALL else WINDOWS[over] // DAY_MS
        first = today - days + 1
        return source.cells_of_days(measure, first, today)
    return source.cells_at_start(measure, over) if read.at == "start" else source.cells(measure, over)


def effective_window(read: Read, window: str | None) -> str:
    """Return the window that ``read`` is taken over in a KPI's ``window`` (None: the KPI has no windows)."""
    if not read.windowed:
        return read.window or ALL
    if window is None:
        raise ValueError(f"the reading of {read.measure} needs a window")
    return window

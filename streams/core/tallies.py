"""Plain counts among the facts of a customer, bounded.

Numbers only add, so they can be given up at any time: what they counted stays in the panes, and no flag takes it back any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from streams.core.dimensions import OF_A_CUSTOMER, Dimensions, folded
from streams.core.facts.counts import Tally
from streams.core.measures import Cell, Contribution

MAX_TALLIES: int = 256
"""Cells that one customer counts in by name; further ones count under `other` in every dimension."""
MAX_NUMBERS: int = 4_096
"""Numbers (of a cell, at a minute) that stay with one customer; beyond, the oldest are given up before their time."""


def add(
    tallies: list[Tally],
    contribution: Contribution,
    fields: Sequence[str],
    names: Collection[str],
    dimensions: Dimensions | None = None,
) -> Contribution:
    """Add a number, and return it with the cell under which it counts.

    ``fields`` are the cell's, ``names`` those of dimensions; ``dimensions`` count when there is no room for the cell itself.
    """
    measure, cell, minute, n = contribution
    tally = _of(tallies, measure, cell)
    if tally is None and len(tallies) >= MAX_TALLIES:
        if dimensions is not None:
            dimensions.overflow[OF_A_CUSTOMER] += 1
        cell = folded(cell, fields, names)
        tally = _of(tallies, measure, cell)
    if tally is None:
        tallies.append(Tally(measure, cell, {minute: n}))
    else:
        tally.numbers[minute] = tally.numbers.get(minute, 0) + n
    return measure, cell, minute, n


def _of(tallies: list[Tally], measure: str, cell: Cell) -> Tally | None:
    for tally in tallies:
        if tally.cell == cell and tally.measure == measure:
            return tally
    return None


def before(tallies: list[Tally], oldest: int) -> list[Contribution]:
    """Give up the numbers before a minute."""
    closed: list[Contribution] = []
    for tally in tallies:
        numbers = tally.numbers
        if numbers and min(numbers) < oldest:
            old = [minute for minute in numbers if minute < oldest]
            closed += [(tally.measure, tally.cell, minute, numbers.pop(minute)) for minute in old]
    if closed:
        tallies[:] = [tally for tally in tallies if tally.numbers]
    return closed


def surplus(tallies: list[Tally]) -> list[Contribution]:
    """Give up the oldest numbers if there are too many: so many that a quarter is free again."""
    kept = 0
    for tally in tallies:
        kept += len(tally.numbers)
    if kept <= MAX_NUMBERS:
        return []
    minutes = sorted([(minute, i) for i, tally in enumerate(tallies) for minute in tally.numbers])
    closed: list[Contribution] = []
    for minute, i in minutes[: kept - MAX_NUMBERS * 3 // 4]:
        tally = tallies[i]
        closed.append((tally.measure, tally.cell, minute, tally.numbers.pop(minute)))
    tallies[:] = [tally for tally in tallies if tally.numbers]
    return closed

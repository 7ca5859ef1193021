"""Differences of contributions, and how they get into the panes."""

from __future__ import annotations

from streams.core.measures import Cell, Contribution
from streams.core.panes import Panes

Delta = list[Contribution]
"""Numbers still to be added to the panes. The same place may come several times."""


def difference(before: list[Contribution], after: list[Contribution]) -> Delta:
    """What turns the contributions before into those after."""
    if not before:
        return after
    # Contributions come in a fixed order, so most of both are the same, from the front or from the end.
    first, last, last_after = 0, len(before), len(after)
    shorter = min(last, last_after)
    while first < shorter and before[first] == after[first]:
        first += 1
    while last > first and last_after > first and before[last - 1] == after[last_after - 1]:
        last -= 1
        last_after -= 1
    before, after = before[first:last], after[first:last_after]
    if not before:
        return after
    numbers: dict[tuple[str, Cell, int], int] = {}
    for measure, cell, minute, n in before:
        key = (measure, cell, minute)
        numbers[key] = numbers.get(key, 0) - n
    for measure, cell, minute, n in after:
        key = (measure, cell, minute)
        numbers[key] = numbers.get(key, 0) + n
    return [(measure, cell, minute, n) for (measure, cell, minute), n in numbers.items() if n]


def add_to(panes: Panes, delta: Delta) -> None:
    """Add a delta to the panes."""
    by_name = panes.by_name
    for measure, cell, minute, n in delta:
        by_name[measure].add(cell, minute, n)

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
    if before == after:
        return []
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

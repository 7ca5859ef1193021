"""Differences of contributions, and how they get into the panes."""

from __future__ import annotations

from typing import Any, Final, cast

from streams.core.measures import Cell, Contribution
from streams.core.panes import MeasurePanes, Panes

Delta = list[Contribution]
"""Numbers still to be added to the panes. The same place may come several times."""

_FEW: Final = 12
"""Up to this many are compared with each other; beyond, a dictionary is faster."""


def difference(before: list[Contribution], after: list[Contribution]) -> Delta:
    """What turns the contributions before into those after."""
    if not before:
        return after
    # As objects: compiled, a tuple whose items have types is taken apart to be compared.
    old, new = cast("list[Any]", before), cast("list[Any]", after)
    # Contributions come in a fixed order, so most of both are the same, from the front or from the end.
    first, last, last_new = 0, len(old), len(new)
    shorter = min(last, last_new)
    while first < shorter and old[first] == new[first]:
        first += 1
    while last > first and last_new > first and old[last - 1] == new[last_new - 1]:
        last -= 1
        last_new -= 1
    if first == last:
        return after[first:last_new]
    if last - first > _FEW:
        return _summed(before[first:last], after[first:last_new])
    # Side by side. The same place may come twice then, once added and once taken away.
    changed: list[Any] = []
    at = first
    for i in range(first, last):
        one = old[i]
        measure: str = one[0]
        found = _place(measure, new, at, last_new)
        cell = one[1]
        if found >= 0:
            while at < found:
                changed.append(new[at])
                at += 1
            other = new[at]
            at += 1
            if one == other:
                continue
            changed.append(other)
            # The very same cell is looked up once (`add_to`).
            if other[1] == cell:
                cell = other[1]
        changed.append((measure, cell, one[2], -one[3]))
    changed += new[at:last_new]
    return changed


def _place(measure: str, contributions: list[Any], first: int, last: int) -> int:
    """Where a measure next stands among some contributions, −1 if it does not."""
    for i in range(first, last):
        found: str = contributions[i][0]
        if found == measure:
            return i
    return -1


def _summed(before: list[Contribution], after: list[Contribution]) -> Delta:
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
    at: MeasurePanes | None = None
    measured, where, slots = "", None, 0
    for measure, cell, minute, n in delta:
        # What moves is added at one time and taken away at another: the cell of both is looked up once.
        if at is None or cell is not where or measure != measured:
            at = by_name[measure]
            measured, where, slots = measure, cell, at.slots(cell)
        if n:
            at.bump(slots, minute, n)

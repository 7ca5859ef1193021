"""Differences of contributions, and how they get into the panes."""

from __future__ import annotations

from typing import Any, Final, cast

from streams.core.measures import Cell, Contribution
from streams.core.panes import Panes

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
    if last == last_new:
        # As many as before are mostly the same ones, each in its place.
        moved: list[Any] = []
        for i in range(first, last):
            if old[i] != new[i]:
                moved.append(new[i])
                measure, cell, minute, n = old[i]
                moved.append((measure, cell, minute, -n))
        return moved
    changed = new[first:last_new]
    for one in old[first:last]:
        if one in changed:
            changed.remove(one)
        else:
            measure, cell, minute, n = one
            changed.append((measure, cell, minute, -n))
    return changed


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
    for measure, cell, minute, n in delta:
        by_name[measure].add(cell, minute, n)

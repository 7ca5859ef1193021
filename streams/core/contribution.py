"""Differences of contributions, and how they get into the panes."""

from __future__ import annotations

from collections.abc import Iterable

from streams.core.measures import Cell, Contribution
from streams.core.panes import Panes

Delta = dict[tuple[str, Cell, int], int]
"""Numbers still to be added to the panes."""


def collect(delta: Delta, contributions: Iterable[Contribution], sign: int = 1) -> None:
    """Add contributions (or, with sign −1, take them away)."""
    for measure, cell, minute, n in contributions:
        key = (measure, cell, minute)
        value = delta.get(key, 0) + sign * n
        if value:
            delta[key] = value
        else:
            delta.pop(key, None)


def difference(before: list[Contribution], after: list[Contribution]) -> Delta:
    """What turns the contributions before into those after."""
    delta: Delta = {}
    if before != after:
        collect(delta, before, -1)
        collect(delta, after)
    return delta


def add_to(panes: Panes, delta: Delta) -> None:
    """Add a delta to the panes."""
    for (measure, cell, minute), n in delta.items():
        panes[measure].add(cell, minute, n)

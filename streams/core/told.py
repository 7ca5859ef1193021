"""What was told of a plan or segment at some times, and what held at each time."""

from __future__ import annotations

from typing import Any, cast

Told = tuple[int, str]
"""A plan or segment that an event carried, with the event's time (ms)."""


def told_at(items: list[Told], time: int, otherwise: str) -> str:
    """The latest value told by a time, else the first, else ``otherwise``; of one millisecond the greater. The items are sorted."""
    # As objects: compiled, a tuple whose items have types is taken apart wherever it is looked at.
    told = cast("list[Any]", items)
    if not told:
        return otherwise
    found: str = told[0][1]
    for i in range(1, len(told)):
        at: int = told[i][0]
        # Of the first time there may be several values.
        if at > time and at != told[0][0]:
            break
        found = told[i][1]
    return found

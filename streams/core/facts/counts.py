"""Plain counts of a customer."""

from __future__ import annotations

import msgspec


class Tally(msgspec.Struct, array_like=True, gc=False):
    """What one cell of a measure counted, by minute."""

    measure: str
    cell: tuple[str | int, ...]
    numbers: dict[int, int]


class CountFacts(msgspec.Struct, array_like=True, gc=False):
    """The tallies of a customer, one for each measure and cell."""

    tallies: list[Tally] = []

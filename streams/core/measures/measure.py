"""What a measure is."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["event", "last", "edge", "still", "hourly", "day", "recent"]
"""How a measure's numbers are read and what a deletion leaves of them: `docs/definitions.md`, "Measures"."""

Cell = tuple[str | int, ...]

Contribution = tuple[str, Cell, int, int]
"""What facts contribute to the panes: measure, cell, minute (for day measures the local day), number."""


class Measure(NamedTuple):
    """One quantity that panes hold."""

    name: str
    kind: Kind
    fields: tuple[str, ...]
    counts: str

    @property
    def by_day(self) -> bool:
        """Whether its numbers lie at local days instead of minutes."""
        return self.kind in ("day", "recent")

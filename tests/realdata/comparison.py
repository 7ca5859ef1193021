"""A published figure beside selfserve's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Figure: TypeAlias = float | Mapping[str, float]
"""A number, or numbers by day, month or value."""
Place: TypeAlias = tuple[str, ...]
"""The keys that lead to a figure in the reference; `EACH` stands for every key of a table."""

EACH = "*"
QUANTILE = 0.01
"""How far a quantile may be off: durations are counted in logarithmic buckets."""
ROUNDED_SECONDS = 0.000_51
ROUNDED = 0.000_000_51
"""Half a unit of the last decimal of a reference, for seconds and for everything else, and a little."""


class Comparison(NamedTuple):
    """One figure of the reference, or several of the same kind, with what selfserve has in their place."""

    place: Place
    reference: float | Mapping[str, float | None]
    found: Figure
    by: str
    """Where selfserve has it, in words."""
    tolerance: float = 0.0
    """The relative difference that its definition allows."""
    because: str = ""
    """Why it has to differ; empty where it must not."""

    def wrong(self) -> list[str]:
        """Every number that differs by more than rounding and the tolerance."""
        return [
            f"{' / '.join(leaf)}: the reference has {want}, selfserve {got}"
            for leaf, want, got in self.pairs()
            if (want is None) != (got is None)
            or (want is not None and got is not None and self._off(want, got) > self.tolerance)
        ]

    def off(self) -> float:
        """The greatest relative difference beyond rounding."""
        return max(
            self._off(want, got) for _, want, got in self.pairs() if want is not None and got is not None
        )

    def pairs(self) -> list[tuple[Place, float | None, float | None]]:
        """Every number with its place: that of the reference, and selfserve's.

        Where the reference has several, those that selfserve has, and those that neither has.
        """
        if not isinstance(self.reference, Mapping):
            assert not isinstance(self.found, Mapping), self.place
            return [(self.place, self.reference, self.found)]
        assert isinstance(self.found, Mapping), self.place
        assert self.found, f"{self.place}: nothing to compare"
        strange = self.found.keys() - self.reference.keys()
        assert not strange, f"{self.place}: the reference does not have {sorted(strange)}"
        return [
            (self._leaf(key), want, self.found.get(key))
            for key, want in self.reference.items()
            if key in self.found or want is None
        ]

    def _leaf(self, key: str) -> Place:
        if EACH in self.place:
            return tuple(key if part == EACH else part for part in self.place)
        return (*self.place, key)

    def _off(self, want: float, got: float) -> float:
        rounding = ROUNDED_SECONDS if self.place[-1].endswith("_s") else ROUNDED
        return 0.0 if abs(want - got) <= rounding else abs(want - got) / abs(want) if want else float("inf")


class Reference:
    """The published figures of one log."""

    def __init__(self, path: Path) -> None:
        self.figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def at(self, *place: str) -> Any:
        """The figure at a place, or by the keys that `EACH` stands for. Raises KeyError if there is none."""
        found: Any = self.figures
        for i, key in enumerate(place):
            if key == EACH:
                return {row: _inside(table, place[i + 1 :]) for row, table in found.items()}
            found = found[key]
        return found

    def compare(
        self, *place: str, found: Figure, by: str, tolerance: float = 0.0, because: str = ""
    ) -> Comparison:
        """The figure at a place beside what was found."""
        return Comparison(place, self.at(*place), found, by, tolerance, because)

    def leaves(self) -> Iterator[Place]:
        """The place of every number, text or list in the reference."""
        yield from _leaves(self.figures, ())


def _inside(table: Any, place: Place) -> Any:
    for key in place:
        table = table[key]
    return table


def _leaves(figures: Any, place: Place) -> Iterator[Place]:
    if isinstance(figures, Mapping):
        for key, value in figures.items():
            yield from _leaves(value, (*place, key))
    else:
        yield place

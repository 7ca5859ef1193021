"""From joint cells to one-dimension-at-a-time series.

A *key* is the tuple of a KPI's dimension labels, in the KPI's order. *Axis* 0 has the overall series: every dimension at
`all`, except those whose values must not be added up. Axis i > 0 varies the i-th of the other dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from app.catalogue.dimensions import Dimension
from app.catalogue.naming import OVERALL
from streams.core.definitions import Definitions
from streams.core.measures import Cell, Measure

Key: TypeAlias = tuple[str, ...]
Class: TypeAlias = str | int
Getter: TypeAlias = Callable[[Cell], str]


class Axes:
    """The axes of a list of dimensions."""

    __slots__ = ("dimensions", "free", "overall")

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self.dimensions = tuple(dimensions)
        self.free = tuple(i for i, dimension in enumerate(self.dimensions) if dimension.overall)
        """Position in the key of the dimension that axis 1, 2, ... varies."""
        self.overall: Key | None = (
            (OVERALL,) * len(self.dimensions) if len(self.free) == len(self.dimensions) else None
        )
        """The one key of axis 0; None where there is no overall series."""

    def __len__(self) -> int:
        return 1 + len(self.free)

    def varied(self, axis: int) -> frozenset[int]:
        """Return the positions in the key that have values on an axis."""
        pinned = frozenset(range(len(self.dimensions))) - frozenset(self.free)
        return pinned | {self.free[axis - 1]} if axis else pinned


class Projection:
    """Adds up the cells of one measure by key, for some of the axes.

    What a cell adds to is worked out once and remembered; cells are few and come again with every window and every
    evaluation. ``inner`` is a field whose values (duration buckets, classes of answers) are told apart within each key.
    """

    __slots__ = ("_axes", "_index", "_inner", "_labels", "_places", "_slots", "_where", "axes")

    def __init__(
        self,
        measure: Measure,
        where: Mapping[str, tuple[str, ...]],
        axes: Axes,
        which: Sequence[int],
        *,
        definitions: Definitions,
        inner: str | None = None,
    ) -> None:
        self.axes = tuple(which)
        field = measure.fields.index
        self._axes = [axes.varied(axis) for axis in which]
        self._where = [(field(name), frozenset(values)) for name, values in where.items()]
        self._labels = [
            _getter(dimension, measure, definitions) if dimension.cell_field in measure.fields else None
            for dimension in axes.dimensions
        ]
        self._inner = None if inner is None else field(inner)
        self._places: dict[Cell, tuple[int, ...]] = {}
        self._slots: list[tuple[int, Key, Class]] = []
        self._index: dict[tuple[int, Key, Class], int] = {}

    def sums(self, cells: Mapping[Cell, int]) -> list[dict[Key, int]]:
        """Return the non-zero sums by key, one mapping for each of `axes`."""
        result: list[dict[Key, int]] = [{} for _ in self.axes]
        for (axis, key, _), n in zip(self._slots, self._add(cells), strict=True):
            if n:
                result[axis][key] = n
        return result

    def classes(self, cells: Mapping[Cell, int]) -> list[dict[Key, dict[Class, int]]]:
        """Return the non-zero sums by key and value of ``inner``, one mapping for each of `axes`."""
        result: list[dict[Key, dict[Class, int]]] = [{} for _ in self.axes]
        for (axis, key, inner), n in zip(self._slots, self._add(cells), strict=True):
            if n:
                result[axis].setdefault(key, {})[inner] = n
        return result

    def _add(self, cells: Mapping[Cell, int]) -> list[int]:
        places = self._places
        sums = [0] * len(self._slots)
        for cell, n in cells.items():
            found = places.get(cell)
            if found is None:
                found = places[cell] = self._place(cell)
                sums.extend([0] * (len(self._slots) - len(sums)))
            for i in found:
                sums[i] += n
        return sums

    def _place(self, cell: Cell) -> tuple[int, ...]:
        if any(str(cell[field]) not in values for field, values in self._where):
            return ()
        inner = 0 if self._inner is None else cell[self._inner]
        values = [OVERALL if label is None else label(cell) for label in self._labels]
        found = []
        for axis, varied in enumerate(self._axes):
            key = tuple(value if i in varied else OVERALL for i, value in enumerate(values))
            slot = (axis, key, inner)
            if slot not in self._index:
                self._index[slot] = len(self._slots)
                self._slots.append(slot)
            found.append(self._index[slot])
        return tuple(found)


def _getter(dimension: Dimension, measure: Measure, definitions: Definitions) -> Getter:
    field = measure.fields.index(dimension.cell_field)
    derived = dimension.derived
    if derived is None:
        return lambda cell: str(cell[field])
    listed = frozenset(map(str, getattr(definitions, derived.definition)))
    return lambda cell: derived.listed if str(cell[field]) in listed else derived.unlisted

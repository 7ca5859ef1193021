"""From joint cells to one-dimension-at-a-time series.

A *key* is the tuple of a KPI's dimension labels, in the KPI's order. *Axis* 0 has the overall series: every dimension at
`all`, except those whose values must not be added up. Axis i > 0 varies the i-th of the other dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from app.catalogue.dimensions import Dimension
from app.catalogue.naming import OVERALL
from app.evaluation.reads import LiveCells
from streams.core.definitions import Definitions
from streams.core.measures import Cell, Measure

Key: TypeAlias = tuple[str, ...]
Class: TypeAlias = str | int
Getter: TypeAlias = Callable[[Cell], str]
T = TypeVar("T", int, dict[Class, int])


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


class Places:
    """Where the cells of one measure add to: for each axis wanted, the slot of their key.

    What a cell adds to is worked out once and remembered; cells are few and come again with every window and every
    evaluation.
    """

    __slots__ = ("_axes", "_index", "_labels", "_where", "axes", "known", "slots")

    def __init__(
        self,
        measure: Measure,
        where: Mapping[str, tuple[str, ...]],
        axes: Axes,
        which: Sequence[int],
        definitions: Definitions,
    ) -> None:
        self.axes = tuple(which)
        self.slots: list[tuple[int, Key]] = []
        """The position in `axes` and the key of each slot; grows as new keys come up."""
        self._axes = [axes.varied(axis) for axis in which]
        self._where = [(measure.fields.index(name), frozenset(values)) for name, values in where.items()]
        self._labels = [
            _getter(dimension, measure, definitions) if dimension.cell_field in measure.fields else None
            for dimension in axes.dimensions
        ]
        self._index: dict[tuple[int, Key], int] = {}
        self.known: dict[Cell, tuple[int, ...]] = {}
        """The slots that each cell found so far adds to: one for each axis, or none if the filter leaves it out."""

    def find(self, cell: Cell) -> tuple[int, ...]:
        """Return and remember the slots of a cell that is not known yet."""
        slots: tuple[int, ...] = ()
        if all(str(cell[field]) in values for field, values in self._where):
            labels = [OVERALL if label is None else label(cell) for label in self._labels]
            slots = tuple(
                self._slot(axis, tuple(value if i in varied else OVERALL for i, value in enumerate(labels)))
                for axis, varied in enumerate(self._axes)
            )
        self.known[cell] = slots
        return slots

    def by_axis(self, sums: Sequence[T]) -> list[dict[Key, T]]:
        """Return what is not 0 or empty of sums by slot, by key, one mapping for each of `axes`."""
        result: list[dict[Key, T]] = [{} for _ in self.axes]
        for (axis, key), n in zip(self.slots, sums, strict=True):
            if n:
                result[axis][key] = n
        return result

    def _slot(self, axis: int, key: Key) -> int:
        slot = self._index.get((axis, key))
        if slot is None:
            slot = self._index[axis, key] = len(self.slots)
            self.slots.append((axis, key))
        return slot


class Projection:
    """Adds up the cells of one measure by key."""

    __slots__ = ("_known", "places")

    def __init__(self, places: Places) -> None:
        self.places = places
        self._known: _Known[list[int]] = _Known(list, self._add)

    def sums(self, cells: Mapping[Cell, int]) -> list[dict[Key, int]]:
        """Return the non-zero sums by key, one mapping for each of the places' axes."""
        sums = self._known.of(cells)
        sums.extend([0] * (len(self.places.slots) - len(sums)))
        return self.places.by_axis(sums)

    def _add(self, sums: list[int], cells: Mapping[Cell, int]) -> None:
        known, slots = self.places.known, self.places.slots
        sums.extend([0] * (len(slots) - len(sums)))
        for cell, n in cells.items():
            places = known.get(cell)
            if places is None:
                places = self.places.find(cell)
                sums.extend([0] * (len(slots) - len(sums)))
            for slot in places:
                sums[slot] += n


class ClassProjection:
    """Adds up the cells of one measure by key and by the value of a further field, the cell's class."""

    __slots__ = ("_field", "_known", "places")

    def __init__(self, places: Places, field: int) -> None:
        self.places = places
        self._field = field
        self._known: _Known[list[dict[Class, int]]] = _Known(list, self._add)

    def classes(self, cells: Mapping[Cell, int]) -> list[dict[Key, dict[Class, int]]]:
        """Return the non-zero sums by key and class, one mapping for each of the places' axes."""
        sums = self._known.of(cells)
        sums.extend({} for _ in range(len(self.places.slots) - len(sums)))
        return self.places.by_axis(sums)

    def _add(self, sums: list[dict[Class, int]], cells: Mapping[Cell, int]) -> None:
        known, slots, field = self.places.known, self.places.slots, self._field
        sums.extend({} for _ in range(len(slots) - len(sums)))
        for cell, n in cells.items():
            places = known.get(cell)
            if places is None:
                places = self.places.find(cell)
                sums.extend({} for _ in range(len(slots) - len(sums)))
            name = cell[field]
            for slot in places:
                classes = sums[slot]
                total = classes.get(name, 0) + n
                if total:
                    classes[name] = total
                else:
                    classes.pop(name, None)


S = TypeVar("S")


class _Known(Generic[S]):
    """Sums that follow live cells from generation to generation; all others are added up anew."""

    __slots__ = ("_add", "_empty", "_followed")

    def __init__(self, empty: Callable[[], S], add: Callable[[S, Mapping[Cell, int]], None]) -> None:
        self._empty = empty
        self._add = add
        self._followed: dict[int, tuple[LiveCells, int, S]] = {}

    def of(self, cells: Mapping[Cell, int]) -> S:
        if not isinstance(cells, LiveCells):
            sums = self._empty()
            self._add(sums, cells)
            return sums
        followed, generation, sums = self._followed.get(id(cells), (None, 0, self._empty()))
        if followed is cells and generation == cells.generation:
            return sums
        if followed is cells and generation == cells.generation - 1 and cells.changed is not None:
            self._add(sums, cells.changed)
        else:
            sums = self._empty()
            self._add(sums, cells)
        self._followed[id(cells)] = (cells, cells.generation, sums)
        return sums


def _getter(dimension: Dimension, measure: Measure, definitions: Definitions) -> Getter:
    field = measure.fields.index(dimension.cell_field)
    derived = dimension.derived
    if derived is None:
        return lambda cell: str(cell[field])
    listed = frozenset(map(str, getattr(definitions, derived.definition)))
    return lambda cell: derived.listed if str(cell[field]) in listed else derived.unlisted

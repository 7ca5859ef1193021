"""One reading of a KPI, broken down by its dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from app.catalogue.naming import OVERALL
from app.catalogue.reads import Read
from app.evaluation.projection import Axes, Class, ClassProjection, Key, Places, Projection
from app.evaluation.reads import Reads, cells_of
from app.evaluation.shown import Shown
from streams.core.definitions import Definitions
from streams.core.measures import Measure

Classes: TypeAlias = Mapping[Class, int]
"""Sums by the value of a field, such as the bucket of a duration."""


class _Source:
    """Where the numbers of each axis come from: the reading's measure, and those that are read in its place."""

    __slots__ = ("blank", "parts", "table_of")

    def __init__(
        self,
        read: Read,
        axes: Axes,
        measures: Mapping[str, Measure],
        definitions: Definitions,
    ) -> None:
        self.table_of: list[int] = []
        """By axis: the axis whose table is looked at; 0 where the reading is not broken down by it."""
        self.blank: list[frozenset[int]] = []
        """By axis: positions of the key that this reading knows only at `all`."""
        wanted: dict[str, list[int]] = {}
        for axis in range(len(axes)):
            name = read.measure
            if axis:
                dimension = axes.dimensions[axes.free[axis - 1]]
                name = dimension.measure_for(name)
                if dimension.cell_field not in measures[name].fields:
                    self.table_of.append(0)
                    self.blank.append(self.blank[0] | {axes.free[axis - 1]})
                    continue
            wanted.setdefault(name, []).append(axis)
            self.table_of.append(axis)
            fields = measures[name].fields
            self.blank.append(
                frozenset(i for i in axes.varied(axis) if axes.dimensions[i].cell_field not in fields)
            )
        self.parts = [
            (measures[name], Places(measures[name], read.where, axes, which, definitions))
            for name, which in wanted.items()
        ]
        """Each measure that is read, and where its cells add to."""

    def keys(self, axis: int, keys: Iterable[Key]) -> Iterable[Key]:
        """Return the keys under which the table of an axis has what belongs to ``keys``."""
        blank = self.blank[axis]
        if not blank:
            return keys
        return [tuple(OVERALL if i in blank else value for i, value in enumerate(key)) for key in keys]


class Table:
    """Numbers of one reading over one window, by axis and key."""

    __slots__ = ("_source", "by_axis")

    def __init__(self, source: _Source, by_axis: list[dict[Key, int]]) -> None:
        self._source = source
        self.by_axis: Sequence[Mapping[Key, int]] = by_axis
        """The non-zero numbers along each axis; nothing where the reading is not broken down by it."""

    def numbers(self, shown: Shown) -> list[int]:
        """Return the number of each series; where the reading is not broken down, that of `all` for each."""
        axis = shown.axis
        source = self._source
        number = self.by_axis[source.table_of[axis]].get
        if not shown.folded or source.table_of[axis] != axis:
            return [number(key, 0) for key in source.keys(axis, shown.keys)]
        return [
            sum(number(member, 0) for member in source.keys(axis, shown.folded.get(key, (key,))))
            for key in shown.keys
        ]


class Reading:
    """A reading with one number for each key."""

    __slots__ = ("_more", "_projections", "_source", "read")

    def __init__(
        self, read: Read, axes: Axes, measures: Mapping[str, Measure], definitions: Definitions
    ) -> None:
        self.read = read
        self._source = _Source(read, axes, measures, definitions)
        self._projections = [(measure.name, Projection(places)) for measure, places in self._source.parts]
        self._more = [Reading(part, axes, measures, definitions) for part in read.parts[1:]]

    def take(self, reads: Reads, window: str | None) -> Table:
        """Return the numbers over a window."""
        by_axis: list[dict[Key, int]] = [{} for _ in self._source.table_of]
        for measure, projection in self._projections:
            sums = projection.sums(cells_of(reads, self.read, measure, window))
            for axis, numbers in zip(projection.places.axes, sums, strict=True):
                by_axis[axis] = numbers
        for reading in self._more:
            # Measures that are added up have the same dimensions (`app.catalogue.references`).
            for numbers, more in zip(by_axis, reading.take(reads, window).by_axis, strict=True):
                for key, n in more.items():
                    numbers[key] = numbers.get(key, 0) + n
        return Table(self._source, by_axis)


class ClassTable:
    """Sums by class of one reading over one window, by axis and key."""

    __slots__ = ("_by_axis", "_source")

    def __init__(self, source: _Source, by_axis: list[dict[Key, dict[Class, int]]]) -> None:
        self._source = source
        self._by_axis = by_axis

    @property
    def totals(self) -> list[dict[Key, int]]:
        """The non-zero sums over all classes along each axis."""
        return [
            {key: n for key, classes in table.items() if (n := sum(classes.values()))}
            for table in self._by_axis
        ]

    def classes(self, shown: Shown) -> list[Classes]:
        """Return the sums by class of each series."""
        table = self._by_axis[shown.axis]
        return [
            _merged(table, shown.folded[key]) if key in shown.folded else table.get(key, {})
            for key in shown.keys
        ]


def _merged(table: Mapping[Key, Classes], keys: Iterable[Key]) -> Classes:
    merged: dict[Class, int] = {}
    for key in keys:
        for name, n in table.get(key, {}).items():
            merged[name] = merged.get(name, 0) + n
    return merged


class ClassReading:
    """A reading with one number for each key and value of a further field."""

    __slots__ = ("_projections", "_source", "read")

    def __init__(
        self, read: Read, axes: Axes, measures: Mapping[str, Measure], definitions: Definitions, field: str
    ) -> None:
        self.read = read
        self._source = _Source(read, axes, measures, definitions)
        self._projections = [
            (measure.name, ClassProjection(places, measure.fields.index(field)))
            for measure, places in self._source.parts
        ]

    def take(self, reads: Reads, window: str | None) -> ClassTable:
        """Return the sums over a window."""
        by_axis: list[dict[Key, dict[Class, int]]] = [{} for _ in self._source.table_of]
        for measure, projection in self._projections:
            sums = projection.classes(cells_of(reads, self.read, measure, window))
            for axis, classes in zip(projection.places.axes, sums, strict=True):
                by_axis[axis] = classes
        return ClassTable(self._source, by_axis)

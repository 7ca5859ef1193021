"""The value of each form of KPI over one window, from its readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, cast

from app.catalogue.dimensions import Dimension
from app.catalogue.naming import DENOMINATOR, NUMERATOR, OBSERVATIONS, RESPONSES, STATS, VALUE
from app.catalogue.reads import Distribution, Level, Ratio, Score
from app.evaluation.families import FamilySamples
from app.evaluation.projection import Axes, Key
from app.evaluation.readings import ClassReading, Reading
from app.evaluation.reads import Reads
from app.evaluation.shown import Shown, foldable, shown
from streams.core.definitions import Definitions
from streams.core.distributions import quantiles
from streams.core.measures import Measure
from streams.core.time import DAY

_QUANTILES = tuple(int(stat[1:]) / 100 for stat in STATS[1:])

Families: TypeAlias = Mapping[str, FamilySamples]
"""The metric families that a value is shown in, by role. What has no family is not shown."""


class Context(NamedTuple):
    """What all forms need to know."""

    measures: Mapping[str, Measure]
    definitions: Definitions
    top: int


class Form(Protocol):
    """A value, ready to be read."""

    def evaluate(self, reads: Reads, window: str | None) -> None:
        """Add every sample of one window (None: the KPI has none) to its family."""
        ...


class _Base:
    """The dimensions of a value."""

    def __init__(
        self,
        value: Ratio | Level | Distribution | Score,
        dimensions: Sequence[Dimension],
        families: Families,
        context: Context,
    ) -> None:
        self._axes = Axes(dimensions)
        self._families = families
        self._context = context
        self._fold = foldable(read for _, read in value.readings())

    def _shown(self, *by_axis: Sequence[Mapping[Key, int]]) -> Iterator[Shown]:
        """Yield the series of each axis; each argument has the volumes of one reading by axis."""
        for axis in range(len(self._axes)):
            volumes = [volume[axis] for volume in by_axis]
            yield shown(self._axes, axis, volumes, top=self._context.top, fold=self._fold)


class RatioForm(_Base):
    """Numerators and denominator; no ratio where the denominator is 0."""

    def __init__(
        self, value: Ratio, dimensions: Sequence[Dimension], families: Families, context: Context
    ) -> None:
        super().__init__(value, dimensions, families, context)
        self._complement = value.complement
        self._parts = [
            (part, Reading(read, self._axes, context.measures, context.definitions))
            for part, read in value.numerators
        ]
        self._denominator = Reading(value.denominator, self._axes, context.measures, context.definitions)

    def evaluate(self, reads: Reads, window: str | None) -> None:
        """Add ratio, numerator and denominator of every series."""
        complement = self._complement
        below = self._denominator.take(reads, window)
        parts = [(part, reading.take(reads, window)) for part, reading in self._parts]
        for along in self._shown(below.by_axis, *(table.by_axis for _, table in parts)):
            denominators = below.numbers(along)
            if DENOMINATOR in self._families:
                series = self._families[DENOMINATOR].series(window)
                for key, n in zip(along.keys, denominators, strict=True):
                    series.add(key, n)
            for part, table in parts:
                numerators = table.numbers(along)
                if complement:
                    numerators = [of - n for n, of in zip(numerators, denominators, strict=True)]
                if NUMERATOR in self._families:
                    series = self._families[NUMERATOR].series(window, part)
                    for key, n in zip(along.keys, numerators, strict=True):
                        series.add(key, n)
                series = self._families[VALUE].series(window, part)
                for key, n, of in zip(along.keys, numerators, denominators, strict=True):
                    if of:
                        series.add(key, n / of)


class LevelForm(_Base):
    """One number; another reading for the calendar day."""

    def __init__(
        self, value: Level, dimensions: Sequence[Dimension], families: Families, context: Context
    ) -> None:
        super().__init__(value, dimensions, families, context)
        self._read = Reading(value.read, self._axes, context.measures, context.definitions)
        self._day = (
            None
            if value.day is None
            else Reading(value.day, self._axes, context.measures, context.definitions)
        )

    def evaluate(self, reads: Reads, window: str | None) -> None:
        """Add the number of every series."""
        reading = self._day if window == DAY and self._day is not None else self._read
        table = reading.take(reads, window)
        series = self._families[VALUE].series(window)
        for along in self._shown(table.by_axis):
            for key, n in zip(along.keys, table.numbers(along), strict=True):
                series.add(key, n)


class DistributionForm(_Base):
    """Mean and quantiles of durations in seconds; none without observations."""

    def __init__(
        self, value: Distribution, dimensions: Sequence[Dimension], families: Families, context: Context
    ) -> None:
        super().__init__(value, dimensions, families, context)
        self._counts = ClassReading(
            value.read, self._axes, context.measures, context.definitions, value.bucket
        )
        self._sums = Reading(value.sums, self._axes, context.measures, context.definitions)

    def evaluate(self, reads: Reads, window: str | None) -> None:
        """Add the observations of every series and, if there are any, their statistics."""
        counts, sums = self._counts.take(reads, window), self._sums.take(reads, window)
        observed = self._families[OBSERVATIONS].series(window)
        stats = [self._families[VALUE].series(window, stat) for stat in STATS]
        for along in self._shown(counts.totals):
            for key, classes, total in zip(
                along.keys, counts.classes(along), sums.numbers(along), strict=True
            ):
                n = sum(classes.values())
                observed.add(key, n)
                if n > 0:
                    middle = quantiles(cast("Mapping[int, int]", classes), _QUANTILES)
                    for series, ms in zip(stats, (total / n, *middle), strict=True):
                        series.add(key, ms / 1000)


class ScoreForm(_Base):
    """The mean of scores over answers; none without answers."""

    def __init__(
        self, value: Score, dimensions: Sequence[Dimension], families: Families, context: Context
    ) -> None:
        super().__init__(value, dimensions, families, context)
        self._weights = value.weights or {}
        self._answers = ClassReading(
            value.read, self._axes, context.measures, context.definitions, value.field
        )
        self._sums = (
            None
            if value.sums is None
            else Reading(value.sums, self._axes, context.measures, context.definitions)
        )

    def evaluate(self, reads: Reads, window: str | None) -> None:
        """Add the answers by class, where they are shown, and the score, if there are answers."""
        answers = self._answers.take(reads, window)
        sums = None if self._sums is None else self._sums.take(reads, window)
        for along in self._shown(answers.totals):
            totals = [0] * len(along.keys) if sums is None else sums.numbers(along)
            for key, classes, total in zip(along.keys, answers.classes(along), totals, strict=True):
                if RESPONSES in self._families:
                    for name in sorted({*self._weights, *map(str, classes)}):
                        self._families[RESPONSES].series(window, name).add(key, classes.get(name, 0))
                n = sum(classes.values())
                if n:
                    weighed = (
                        sum(self._weights[str(name)] * m for name, m in classes.items())
                        if sums is None
                        else total
                    )
                    self._families[VALUE].series(window).add(key, weighed / n)

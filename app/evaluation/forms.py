"""The value of each form of KPI over one window, from its readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from app.catalogue.dimensions import Dimension
from app.catalogue.naming import DENOMINATOR, NUMERATOR, OBSERVATIONS, RESPONSES, STATS, VALUE
from app.catalogue.reads import Distribution, Level, Ratio, Score
from app.evaluation.projection import Axes, Key
from app.evaluation.readings import ClassReading, Reading
from app.evaluation.reads import Reads
from app.evaluation.shown import Shown, foldable, shown_overall, shown_values
from streams.core.definitions import Definitions
from streams.core.distributions import quantiles
from streams.core.measures import Measure
from streams.core.time import DAY

_QUANTILES = tuple(int(stat[1:]) / 100 for stat in STATS[1:])


class Point(NamedTuple):
    """One number: the role of its family, the label between the window and the dimensions if any, and the key."""

    role: str
    part: str | None
    key: Key
    value: float


class Form(Protocol):
    """A value, ready to be read."""

    def points(self, reads: Reads, window: str | None) -> Iterator[Point]:
        """Yield every number of one window (None: the KPI has none)."""
        ...


class Context(NamedTuple):
    """What all forms need to know."""

    measures: Mapping[str, Measure]
    definitions: Definitions
    top: int


class RatioForm:
    """Numerators and denominator; no ratio where the denominator is 0."""

    def __init__(self, value: Ratio, dimensions: Sequence[Dimension], context: Context) -> None:
        self._axes = Axes(dimensions)
        self._top = context.top
        self._fold = foldable(read for _, read in value.readings())
        self._parts = [
            (part, Reading(read, self._axes, context.measures, context.definitions))
            for part, read in value.numerators
        ]
        self._denominator = Reading(value.denominator, self._axes, context.measures, context.definitions)

    def points(self, reads: Reads, window: str | None) -> Iterator[Point]:
        """Yield ratio, numerator and denominator of every series."""
        denominators = self._denominator.take(reads, window)
        parts = [(part, reading.take(reads, window)) for part, reading in self._parts]
        for axis in range(len(self._axes)):
            volumes = [table.broken_down(axis) for table in (denominators, *(table for _, table in parts))]
            for shown in _series(self._axes, axis, volumes, self._top, fold=self._fold):
                denominator = denominators.number(*shown)
                yield Point(DENOMINATOR, None, shown.key, denominator)
                for part, table in parts:
                    numerator = table.number(*shown)
                    yield Point(NUMERATOR, part, shown.key, numerator)
                    if denominator:
                        yield Point(VALUE, part, shown.key, numerator / denominator)


class LevelForm:
    """One number; another reading for the calendar day."""

    def __init__(self, value: Level, dimensions: Sequence[Dimension], context: Context) -> None:
        self._axes = Axes(dimensions)
        self._top = context.top
        self._read = Reading(value.read, self._axes, context.measures, context.definitions)
        self._day = (
            None
            if value.day is None
            else Reading(value.day, self._axes, context.measures, context.definitions)
        )

    def points(self, reads: Reads, window: str | None) -> Iterator[Point]:
        """Yield the number of every series."""
        reading = self._day if window == DAY and self._day is not None else self._read
        table = reading.take(reads, window)
        fold = foldable([reading.read])
        for axis in range(len(self._axes)):
            for shown in _series(self._axes, axis, [table.broken_down(axis)], self._top, fold=fold):
                yield Point(VALUE, None, shown.key, table.number(*shown))


class DistributionForm:
    """Mean and quantiles of durations in seconds; none without observations."""

    def __init__(self, value: Distribution, dimensions: Sequence[Dimension], context: Context) -> None:
        self._axes = Axes(dimensions)
        self._top = context.top
        self._fold = foldable(read for _, read in value.readings())
        self._counts = ClassReading(
            value.read, self._axes, context.measures, context.definitions, value.bucket
        )
        self._sums = Reading(value.sums, self._axes, context.measures, context.definitions)

    def points(self, reads: Reads, window: str | None) -> Iterator[Point]:
        """Yield the observations of every series and, if there are any, their statistics."""
        counts, sums = self._counts.take(reads, window), self._sums.take(reads, window)
        for axis in range(len(self._axes)):
            for shown in _series(self._axes, axis, [counts.totals(axis)], self._top, fold=self._fold):
                buckets = {int(bucket): n for bucket, n in counts.classes(axis, shown.members).items()}
                observations = sum(buckets.values())
                yield Point(OBSERVATIONS, None, shown.key, observations)
                if observations > 0:
                    mean = sums.number(*shown) / observations
                    for stat, ms in zip(STATS, (mean, *quantiles(buckets, _QUANTILES)), strict=True):
                        yield Point(VALUE, stat, shown.key, ms / 1000)


class ScoreForm:
    """The mean of scores over answers; none without answers."""

    def __init__(self, value: Score, dimensions: Sequence[Dimension], context: Context) -> None:
        self._axes = Axes(dimensions)
        self._top = context.top
        self._value = value
        self._fold = foldable(read for _, read in value.readings())
        self._answers = ClassReading(
            value.read, self._axes, context.measures, context.definitions, value.field
        )
        self._sums = (
            None
            if value.sums is None
            else Reading(value.sums, self._axes, context.measures, context.definitions)
        )

    def points(self, reads: Reads, window: str | None) -> Iterator[Point]:
        """Yield the answers by class, where they are shown, and the score, if there are answers."""
        answers = self._answers.take(reads, window)
        sums = None if self._sums is None else self._sums.take(reads, window)
        weights = self._value.weights or {}
        for axis in range(len(self._axes)):
            for shown in _series(self._axes, axis, [answers.totals(axis)], self._top, fold=self._fold):
                classes = {str(name): n for name, n in answers.classes(axis, shown.members).items()}
                if self._value.label is not None:
                    for name in sorted({*weights, *classes}):
                        yield Point(RESPONSES, name, shown.key, classes.get(name, 0))
                total = sum(classes.values())
                if total:
                    score = (
                        sum(weights[name] * n for name, n in classes.items())
                        if sums is None
                        else sums.number(*shown)
                    )
                    yield Point(VALUE, None, shown.key, score / total)


def _series(
    axes: Axes, axis: int, volumes: Sequence[Mapping[Key, int]], top: int, *, fold: bool
) -> list[Shown]:
    if axis == 0:
        return shown_overall(axes, volumes)
    return shown_values(axes, axis, volumes, top=top, fold=fold)

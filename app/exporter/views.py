"""One KPI's figures put together: value, numerator and denominator of each series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.catalogue.model import Kpi
from app.catalogue.naming import (
    DENOMINATOR,
    NUMERATOR,
    OBSERVATIONS,
    OVERALL,
    RESPONSES,
    STAT,
    STATS,
    VALUE,
    WINDOW,
    Family,
    family_names,
)
from app.catalogue.targets import Band
from app.evaluation.samples import Labels, Sample
from app.exporter.figures import Figures

PREFERRED_WINDOW = "7d"
"""The window that a KPI is shown with first, if it has it: a full week, without the daily and weekly rhythm."""


class Series(NamedTuple):
    """One series of a KPI. ``value`` is None without data; what the KPI's kind does not have is None too.

    ``denominator`` is what the value rests on: for durations the observations, for scores the answers.
    """

    labels: Labels
    value: float | None
    numerator: float | None
    denominator: float | None


class KpiView:
    """How to read one KPI's figures."""

    def __init__(self, kpi: Kpi) -> None:
        self.kpi = kpi
        families = family_names(kpi)
        self._families = {family.role: family for family in families}
        roles = {VALUE, NUMERATOR, DENOMINATOR, OBSERVATIONS, RESPONSES}
        self._extras = [family for family in families if family.role not in roles]
        self._dimensions = {dimension.name for dimension in kpi.dimensions if dimension.overall}
        self.window = _first_window(kpi)
        """The window that is shown first; None where the KPI has none."""

    def series(self, figures: Figures) -> Iterator[Series]:
        """Yield every series, those without a value too."""
        match self.kpi.kind:
            case "ratio" | "quotient":
                yield from self._ratios(figures)
            case "seconds" | "distribution":
                yield from self._durations(figures)
            case "score":
                yield from self._scores(figures)
            case _:
                for sample in self._samples(figures, VALUE):
                    yield Series(sample.labels, sample.value, None, None)

    def overall(self, figures: Figures) -> Iterator[Series]:
        """Yield the series that are not broken down."""
        return (series for series in self.series(figures) if self.is_overall(series.labels))

    def extras(self, figures: Figures) -> Iterator[Sample]:
        """Yield the samples of the KPI's further families."""
        for family in self._extras:
            yield from figures.families.get(family.name, ())

    def is_overall(self, labels: Labels) -> bool:
        """Whether a series is not broken down by any dimension."""
        return all(value == OVERALL for name, value in labels if name in self._dimensions)

    def is_first(self, labels: Labels) -> bool:
        """Whether a series is the one figure that stands for the KPI (where currencies are kept apart, several do)."""
        pairs = dict(labels)
        split = self.kpi.split_label
        return (
            self.is_overall(labels)
            and pairs.get(WINDOW) == self.window
            and (split is None or pairs.get(split) == self.kpi.split_whole)
            and pairs.get(STAT, "p50") == (self.kpi.alerts.stat or "p50")
        )

    def band(self, series: Series) -> Band | None:
        """Return the band of a series' value. Bands hold for one window, and for the whole."""
        if series.value is None or not self.is_first(series.labels):
            return None
        return self.kpi.band_of(series.value)

    def _samples(self, figures: Figures, role: str) -> list[Sample]:
        return list(figures.families.get(self._families[role].name, ()))

    def _ratios(self, figures: Figures) -> Iterator[Series]:
        value, denominator = self._families[VALUE], self._families[DENOMINATOR]
        for sample in self._samples(figures, NUMERATOR):
            below = _shared(sample.labels, denominator)
            yield Series(
                sample.labels,
                figures.values.get((value.name, sample.labels)),
                sample.value,
                figures.values.get((denominator.name, below)),
            )

    def _durations(self, figures: Figures) -> Iterator[Series]:
        value = self._families[VALUE]
        for sample in self._samples(figures, OBSERVATIONS):
            pairs = dict(sample.labels)
            for stat in STATS:
                labels = tuple((name, stat if name == STAT else pairs[name]) for name in value.labels)
                yield Series(labels, figures.values.get((value.name, labels)), None, sample.value)

    def _scores(self, figures: Figures) -> Iterator[Series]:
        answers: dict[Labels, float] = {}
        value = self._families[VALUE]
        if RESPONSES in self._families:
            for sample in self._samples(figures, RESPONSES):
                labels = _shared(sample.labels, value)
                answers[labels] = answers.get(labels, 0) + sample.value
        values = {sample.labels: sample.value for sample in self._samples(figures, VALUE)}
        for labels in {**answers, **values}:
            yield Series(labels, values.get(labels), None, answers.get(labels))


def _shared(labels: Labels, family: Family) -> Labels:
    return tuple(pair for pair in labels if pair[0] in family.labels)


def _first_window(kpi: Kpi) -> str | None:
    if not kpi.windows:
        return None
    if kpi.alerts.band is not None:
        return kpi.alerts.band.window
    return PREFERRED_WINDOW if PREFERRED_WINDOW in kpi.windows else kpi.windows[-1]

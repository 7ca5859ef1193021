"""Every KPI of the catalogue, with all its series, at one evaluation time."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from app.catalogue.model import Extra, Kpi
from app.catalogue.naming import VALUE, WINDOW, Family, family_names
from app.catalogue.reads import Computed, Distribution, Level, Ratio, Score
from app.evaluation.forms import Context, DistributionForm, Form, LevelForm, Point, RatioForm, ScoreForm
from app.evaluation.projection import Key
from app.evaluation.reads import Reads
from app.evaluation.samples import Labels, Sample
from app.evaluation.shown import TOP
from streams.core.definitions import Definitions
from streams.core.measures import MEASURES, Measure
from streams.core.time import DAY

Function: TypeAlias = Callable[[Kpi, Reads, str | None, Definitions], Iterable[Sample]]
"""What a computed KPI names: it is called for each window (None: the KPI has none)."""


def evaluate(
    catalogue: Mapping[str, Kpi],
    reads: Reads,
    *,
    windows: Sequence[str] | None = None,
    definitions: Definitions,
    top: int = TOP,
) -> list[Sample]:
    """Return all samples of the enabled KPIs, those of a metric family together.

    ``windows`` are those wanted, of which each KPI has the ones in `Kpi.evaluated_windows`; without it each KPI has
    the windows that it is exported with. ``top`` is how many values of a dimension are shown by name. Who evaluates
    again and again keeps an `Evaluator`.
    """
    return Evaluator(catalogue, definitions=definitions, top=top).evaluate(reads, windows=windows)


class Evaluator:
    """A catalogue made ready to be evaluated. What does not depend on T is worked out once."""

    def __init__(
        self,
        catalogue: Mapping[str, Kpi],
        *,
        definitions: Definitions,
        top: int = TOP,
        measures: Mapping[str, Measure] = MEASURES,
    ) -> None:
        context = Context(measures, definitions, top)
        self._kpis = {kpi.id: _Prepared(kpi, context) for kpi in catalogue.values() if kpi.enabled}

    def evaluate(self, reads: Reads, *, windows: Sequence[str] | None = None) -> list[Sample]:
        """Return all samples, as `evaluate` does."""
        return [sample for kpi in self._kpis.values() for sample in kpi.samples(reads, windows)]


class _Prepared:
    """One KPI."""

    def __init__(self, kpi: Kpi, context: Context) -> None:
        self._kpi = kpi
        self._context = context
        self._families = {family.role: _FamilySamples(family) for family in family_names(kpi)}
        self._form: Form | None = None
        self._function: Function | None = None
        match kpi.value:
            case Ratio() as value:
                self._form = RatioForm(value, kpi.dimensions, context)
            case Level() as value:
                self._form = LevelForm(value, kpi.dimensions, context)
            case Distribution() as value:
                self._form = DistributionForm(value, kpi.dimensions, context)
            case Score() as value:
                self._form = ScoreForm(value, kpi.dimensions, context)
            case Computed() as value:
                module, name = value.function.split(":")
                self._function = getattr(importlib.import_module(module), name)
        self._extras = [(extra, _extra_form(extra, context)) for extra in kpi.extras]

    def samples(self, reads: Reads, windows: Sequence[str] | None) -> Iterator[Sample]:
        """Yield all samples of the windows that are wanted, family by family."""
        kpi = self._kpi
        chosen: Sequence[str | None] = [None]
        if kpi.windowed:
            chosen = [w for w in kpi.evaluated_windows if w in (kpi.windows if windows is None else windows)]
        computed: list[Sample] = []
        for window in chosen:
            if self._form is not None:
                for point in self._form.points(reads, window):
                    self._families[point.role].add(window, point)
            if self._function is not None:
                computed += self._function(kpi, reads, window, self._context.definitions)
        for extra, form in self._extras:
            family = self._families[extra.suffix]
            for window in chosen if extra.windowed else [None]:
                if window != DAY or (isinstance(extra.value, Level) and extra.value.day is not None):
                    for point in form.points(reads, window):
                        if point.role == VALUE:
                            family.add(window, point)
        yield from computed
        for family in self._families.values():
            yield from family.take()


class _FamilySamples:
    """The samples of one metric family; label tuples are made once for each series."""

    __slots__ = ("_labels", "_name", "_names", "_samples", "_windowed")

    def __init__(self, family: Family) -> None:
        self._name = family.name
        self._names = family.labels
        self._windowed = WINDOW in family.labels
        self._labels: dict[tuple[str | None, str | None, Key], Labels] = {}
        self._samples: list[Sample] = []

    def add(self, window: str | None, point: Point) -> None:
        series = (window, point.part, point.key)
        labels = self._labels.get(series)
        if labels is None:
            values = (
                *((window or "",) if self._windowed else ()),
                *(() if point.part is None else (point.part,)),
                *point.key,
            )
            labels = self._labels[series] = tuple(zip(self._names, values, strict=True))
        self._samples.append(Sample(self._name, labels, float(point.value)))

    def take(self) -> list[Sample]:
        taken, self._samples = self._samples, []
        return taken


def _extra_form(extra: Extra, context: Context) -> Form:
    match extra.value:
        case Ratio() as ratio:
            return RatioForm(ratio, extra.dimensions, context)
        case Level() as level:
            return LevelForm(level, extra.dimensions, context)

"""Every KPI of the catalogue, with all its series, at one evaluation time."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from app.catalogue.dimensions import Dimension
from app.catalogue.model import Kpi
from app.catalogue.naming import VALUE, family_names
from app.catalogue.reads import Computed, Distribution, Level, Ratio, Score
from app.evaluation.families import FamilySamples
from app.evaluation.forms import Context, DistributionForm, Families, Form, LevelForm, RatioForm, ScoreForm
from app.evaluation.reads import Reads
from app.evaluation.samples import Sample
from app.evaluation.shown import TOP
from streams.core.definitions import Definitions
from streams.core.measures import Measure
from streams.core.own import named_measures
from streams.core.time import DAY

Function: TypeAlias = Callable[[Kpi, Reads, str | None, Context], Iterable[Sample]]
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
        measures: Mapping[str, Measure] | None = None,
    ) -> None:
        if measures is None:
            measures = named_measures(definitions.own)
        context = Context(measures, definitions, top)
        self._kpis = {
            kpi.id: _Prepared(kpi.under(definitions), context) for kpi in catalogue.values() if kpi.enabled
        }

    def evaluate(self, reads: Reads, *, windows: Sequence[str] | None = None) -> list[Sample]:
        """Return all samples, as `evaluate` does."""
        return [sample for kpi in self._kpis.values() for sample in kpi.samples(reads, windows)]


class _Prepared:
    """One KPI."""

    def __init__(self, kpi: Kpi, context: Context) -> None:
        self._kpi = kpi
        self._context = context
        self._families = {family.role: FamilySamples(family) for family in family_names(kpi)}
        self._function: Function | None = None
        self._form: Form | None = None
        if isinstance(kpi.value, Computed):
            module, name = kpi.value.function.split(":")
            self._function = getattr(importlib.import_module(module), name)
        else:
            self._form = _form(kpi.value, kpi.dimensions, self._families, context)
        self._extras = [
            (extra, _form(extra.value, extra.dimensions, {VALUE: self._families[extra.suffix]}, context))
            for extra in kpi.extras
        ]

    def samples(self, reads: Reads, windows: Sequence[str] | None) -> Iterator[Sample]:
        """Yield all samples of the windows that are wanted, family by family."""
        kpi = self._kpi
        chosen: Sequence[str | None] = [None]
        if kpi.windowed:
            chosen = [w for w in kpi.evaluated_windows if w in (kpi.windows if windows is None else windows)]
        for window in chosen:
            if self._form is not None:
                self._form.evaluate(reads, window)
            if self._function is not None:
                yield from self._function(kpi, reads, window, self._context)
        for extra, form in self._extras:
            for window in chosen if extra.windowed else [None]:
                if window != DAY or (isinstance(extra.value, Level) and extra.value.day is not None):
                    form.evaluate(reads, window)
        for family in self._families.values():
            yield from family.take()


def _form(
    value: Ratio | Level | Distribution | Score,
    dimensions: Sequence[Dimension],
    families: Families,
    context: Context,
) -> Form:
    match value:
        case Ratio():
            return RatioForm(value, dimensions, families, context)
        case Level():
            return LevelForm(value, dimensions, families, context)
        case Distribution():
            return DistributionForm(value, dimensions, families, context)
        case Score():
            return ScoreForm(value, dimensions, families, context)

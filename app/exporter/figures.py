"""The KPI values of one moment, evaluated once and then shown in many ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from app.evaluation.evaluate import Evaluator
from app.evaluation.samples import Labels, Sample
from app.exporter.store import Store


class Figures:
    """All samples at one evaluation time, those of a metric family together."""

    def __init__(self, time: int, samples: Sequence[Sample]) -> None:
        self.time = time
        """Evaluation time, ms."""
        self.samples = samples

    @cached_property
    def families(self) -> Mapping[str, Sequence[Sample]]:
        """The samples of each metric family that has any."""
        return {metric: list(samples) for metric, samples in groupby(self.samples, itemgetter(0))}

    @cached_property
    def values(self) -> Mapping[tuple[str, Labels], float]:
        """Each value by metric and labels."""
        return {(sample.metric, sample.labels): sample.value for sample in self.samples}


class Figurer:
    """Evaluates the catalogue over a store, at the most once for each state of the panes and evaluation time."""

    def __init__(self, evaluator: Evaluator, store: Store) -> None:
        self._evaluator = evaluator
        self._store = store
        self._last: tuple[int, Figures] | None = None

    def at(self, time: int) -> Figures:
        """Return the figures of the panes as they are, at an evaluation time (ms)."""
        if self._last is not None:
            version, figures = self._last
            if version == self._store.version and figures.time == time:
                return figures
        figures = Figures(time, self._evaluator.evaluate(self._store.at(time)))
        self._last = (self._store.version, figures)
        return figures

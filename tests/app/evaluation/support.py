"""Cells given by hand, and KPIs made for a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.catalogue.load import parse_kpi
from app.catalogue.model import Kpi
from app.evaluation.evaluate import Evaluator
from app.evaluation.samples import Sample
from streams.core.definitions import Definitions
from streams.core.measures import Measure
from tests.app.catalogue.conftest import document

Cells = Mapping[Any, int]
TODAY = 739_000


class FakeReads:
    """Cells by measure and window, such as `7d`, `start of 7d` for levels at its start, `day 739000` for a local day."""

    def __init__(self, cells: Mapping[tuple[str, str], Cells]) -> None:
        self._cells = cells

    def cells(self, measure: str, window: str) -> Cells:
        return self._cells.get((measure, window), {})

    def cells_at_start(self, measure: str, window: str) -> Cells:
        return self._cells.get((measure, f"start of {window}"), {})

    @property
    def today(self) -> int:
        return TODAY

    def cells_of_days(self, measure: str, first: int, last: int) -> Cells:
        sums: dict[Any, int] = {}
        for (name, when), cells in self._cells.items():
            if name == measure and when.startswith("day ") and first <= int(when[4:]) <= last:
                for cell, n in cells.items():
                    sums[cell] = sums.get(cell, 0) + n
        return sums


def kpi(**changes: Any) -> Kpi:
    return parse_kpi(document(**changes), "test")


def measures(*known: Measure) -> dict[str, Measure]:
    return {measure.name: measure for measure in known}


def evaluated(
    one: Kpi,
    cells: Mapping[tuple[str, str], Cells],
    known: Mapping[str, Measure],
    *,
    windows: Iterable[str] | None = None,
    top: int = 20,
    definitions: Definitions | None = None,
) -> dict[str, float]:
    """Values by series, written as in PromQL but with the labels in the family's order."""
    evaluator = Evaluator({one.id: one}, definitions=definitions or Definitions(), top=top, measures=known)
    samples = evaluator.evaluate(FakeReads(cells), windows=None if windows is None else tuple(windows))
    result = {written(sample): sample.value for sample in samples}
    assert len(result) == len(samples), "a series came twice"
    return result


def written(sample: Sample) -> str:
    labels = ",".join(f"{name}={value}" for name, value in sample.labels)
    return f"{sample.metric.removeprefix('kpi_')}{{{labels}}}"

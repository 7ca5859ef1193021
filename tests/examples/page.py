"""A page of worked examples: the events of its sections, and their figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from app.catalogue.load import load_catalogue
from app.evaluation.evaluate import Evaluator
from schemas.types import EVENT_TYPES
from streams.core.batch import Sums
from streams.core.definitions import Definitions
from tests.oracle import OracleSettings, compute
from tests.support.figures import EVERY_WINDOW, Figures, batch_figures, differing, folded

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


class Found:
    """Figures, looked up by the labels that are not `all`."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def value(self, family: str, **labels: str) -> float | None:
        """One figure; None where there is no such series."""
        for (name, pairs), value in self._figures.items():
            if name == f"kpi_{family}" and all(labels.get(key, "all") == text for key, text in pairs):
                return value
        return None

    def ratio(self, kpi: str, **labels: str) -> tuple[float, float] | None:
        """Numerator and denominator of a ratio, which is what they say; None where there is no such series."""
        above = self.value(f"{kpi}_numerator", **labels)
        below = self.value(f"{kpi}_denominator", **labels)
        if above is None or below is None:
            return None
        assert self.value(f"{kpi}_ratio", **labels) == above / below
        return above, below


class Page:
    """A page under docs/examples, each section with its events as JSON Lines."""

    def __init__(self, name: str) -> None:
        self._text = (FOLDER / name).read_text()

    def events(self, heading: str) -> Sequence[Mapping[str, Any]]:
        """The events that a section shows."""
        section = self._text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
        lines = section.split("```jsonl\n", 1)[1].split("```", 1)[0].splitlines()
        return [event | {"topic": EVENT_TYPES[event["type"]].topic} for event in map(json.loads, lines)]

    def figures(self, heading: str, time: str, **settings: Any) -> Found:
        """The figures of a section's events, with some definitions other than by default. The naive oracle agrees."""
        events, at = self.events(heading), milliseconds(time)
        figures = batch_figures(events, at, Definitions(**settings))
        assert not differing(compute(events, at, settings=OracleSettings(**settings)), figures)
        return Found(figures)


def milliseconds(time: str) -> int:
    """A time with its offset in ms."""
    return int(datetime.fromisoformat(time).timestamp()) * 1000


def figures_of_a_disabled_kpi(kpi: str, events: Sequence[Mapping[str, Any]], at: int) -> Figures:
    """The figures of a KPI that is off by default, switched on."""
    definitions = Definitions()
    batch = folded(events, at, definitions)
    switched_on = msgspec.structs.replace(load_catalogue()[kpi], enabled=True)
    evaluator = Evaluator({kpi: switched_on}, definitions=definitions)
    samples = evaluator.evaluate(Sums(batch.contributions(at), at, batch.rules), windows=EVERY_WINDOW)
    return {(s.metric, tuple(sorted(s.labels))): s.value for s in samples}

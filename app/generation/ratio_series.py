"""What exporters publish of a ratio in the tests of its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import DENOMINATOR, OVERALL, VALUE, WINDOW, family_of
from app.generation import names
from app.generation.queries import number
from app.generation.rule_tests import AFTERWARDS, CHANGE, EXPORTERS, STEP, clock

LAST_WEEK: Final = 390
"""Minute by which what lies a week before the test is over, with the hour around it."""

JOB: Final[Mapping[str, str]] = {"job": "exporter"}
"""A label that a scrape adds, and that stays on recorded series."""


@dataclass(frozen=True)
class Course:
    """A series' values: ``before`` until `CHANGE`, ``after`` from then on; `None` is nothing at all.

    ``back`` is the minute after the change from which ``before`` holds again. ``last_week`` holds at that time of last
    week, if it was not ``before``.
    """

    before: float | None
    after: float | None
    back: int = AFTERWARDS
    last_week: float | None = None

    def notation(self) -> str:
        """Return the values as promtool has them, one a step."""
        runs = [
            (self.before if self.last_week is None else self.last_week, LAST_WEEK),
            (self.before, CHANGE - LAST_WEEK),
            (self.after, self.back),
            (self.before, AFTERWARDS - self.back),
        ]
        return " ".join(_run(value, minutes // STEP) for value, minutes in runs if minutes)


@dataclass(frozen=True)
class Situation:
    """One course of the value and of the number of items that it rests on, and whether the alert fires for it."""

    value: Course
    samples: Course
    fires: bool = False


def series_of(
    kpi: Kpi, window: str | None, situation: Situation, labels: Mapping[str, str]
) -> dict[str, str]:
    """Return what both exporters publish of a situation: overall, but for ``labels``."""
    return {
        _one_series(kpi, role, window, exporter, labels): course.notation()
        for exporter in EXPORTERS
        for role, course in ((VALUE, situation.value), (DENOMINATOR, situation.samples))
    }


def other_series(kpi: Kpi, window: str | None, situation: Situation) -> dict[str, str]:
    """Return series that are none of the alert's business: a part of the value, other breakdowns, another window."""
    found: dict[str, str] = {}
    if kpi.split_label is not None:
        part = _one_series(kpi, VALUE, window, EXPORTERS[0], {kpi.split_label: "part"})
        found[part] = situation.value.notation()
    for dimension in kpi.dimensions:
        if dimension.name != names.CHANNEL:
            found |= series_of(kpi, window, situation, {dimension.name: "one"})
    if window is not None:
        other = next(known for known in kpi.windows if known != window)
        found |= series_of(kpi, other, situation, {})
    return found


def _one_series(kpi: Kpi, role: str, window: str | None, exporter: str, labels: Mapping[str, str]) -> str:
    family = family_of(kpi, role)
    fixed = {WINDOW: window, **labels}
    pairs = {label: fixed.get(label) or OVERALL for label in family.labels}
    written = ",".join(f'{label}="{text}"' for label, text in {**pairs, "instance": exporter, **JOB}.items())
    return f"{family.name}{{{written}}}"


def evaluation(*, fresh: bool) -> dict[str, str]:
    """Return an evaluation time that moves with the test's clock, always or until the change."""
    values = (
        clock(CHANGE + AFTERWARDS, STEP) if fresh else f"{clock(CHANGE, STEP)} {CHANGE * 60}x{AFTERWARDS}"
    )
    return {f'{names.EVALUATION}{{instance="{EXPORTERS[0]}"}}': values}


def _run(value: float | None, length: int) -> str:
    return f"_x{length}" if value is None else f"{number(value)}x{length - 1}"

"""What exporters publish of a KPI in the tests of its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL, STAT, STATS, VALUE, WINDOW, family_of
from app.generation import names
from app.generation.queries import RESTS_ON, number
from app.generation.rule_tests import AFTERWARDS, EXPORTERS, WEEK, Timeline, clock

AROUND: Final = 390
"""Minutes in which what lies whole weeks before the test is over, with the hour around it."""

JOB: Final[Mapping[str, str]] = {"job": "exporter"}
"""A label that a scrape adds, and that stays on recorded series."""


@dataclass(frozen=True)
class Course:
    """A series' values: ``before`` until the change, ``after`` from then on; `None` is nothing at all.

    ``back`` is the minute after the change from which ``before`` holds again. ``weeks`` has what was at that time so many
    weeks ago, if it was not ``before``.
    """

    before: float | None
    after: float | None
    back: int = AFTERWARDS
    weeks: Mapping[int, float | None] = field(default_factory=dict)

    def notation(self, timeline: Timeline) -> str:
        """Return the values as promtool has them, one a step."""
        runs: list[tuple[float | None, int]] = []
        for week in range(timeline.weeks, 0, -1):
            runs += [(self.weeks.get(week, self.before), AROUND), (self.before, WEEK - AROUND)]
        runs += [
            (self.before, timeline.change - timeline.weeks * WEEK),
            (self.after, self.back),
            (self.before, AFTERWARDS - self.back),
        ]
        return " ".join(_run(value, minutes // timeline.step) for value, minutes in runs if minutes)


@dataclass(frozen=True)
class Situation:
    """The course of the value and that of the items it rests on, and whether the alert fires for it.

    ``samples`` is left out for a level, which has none. ``short`` is the value's course over a second, shorter window.
    """

    value: Course
    samples: Course | None = None
    fires: bool = False
    short: Course | None = None


@dataclass(frozen=True)
class Watched:
    """What an alert looks at: a KPI over ``window`` and perhaps a ``short`` one, `None` where it has none."""

    kpi: Kpi
    window: str | None
    timeline: Timeline
    short: str | None = None

    def series(
        self, situation: Situation, labels: Mapping[str, str], job: str = JOB["job"]
    ) -> dict[str, str]:
        """Return what both exporters publish of a situation: overall, but for ``labels``."""
        found = self._series(self.window, situation, labels, job)
        if situation.short is not None:
            found |= self._series(self.short, Situation(situation.short), labels, job)
        return found

    def others(self, situation: Situation) -> dict[str, str]:
        """Return series that are none of the alert's business: a part, another statistic, breakdowns, another window."""
        kpi, found = self.kpi, {}
        apart = {kpi.split_label: "part"} if kpi.split_label is not None else {}
        if kpi.alerts.stat is not None:
            apart = {STAT: next(stat for stat in STATS if stat != kpi.alerts.stat)}
        if apart:
            part = self._one(VALUE, self.window, EXPORTERS[0], apart)
            found[part] = situation.value.notation(self.timeline)
        for dimension in kpi.dimensions:
            if dimension.name != names.CHANNEL:
                found |= self._series(self.window, situation, {dimension.name: "one"})
        if self.window is not None:
            other = next(known for known in kpi.windows if known not in (self.window, self.short))
            found |= self._series(other, situation, {})
        return found

    def recorded_labels(self, channel: str) -> dict[str, str]:
        """Return the labels of the recorded value."""
        return {**self._labels(VALUE, self.window, {names.CHANNEL: channel}), **JOB}

    def evaluation(self, *, fresh: bool) -> dict[str, str]:
        """Return an evaluation time that moves with the test's clock, always or until the change."""
        change, step = self.timeline.change, self.timeline.step
        values = (
            clock(change + AFTERWARDS, step)
            if fresh
            else f"{clock(change, step)} {change * 60}x{AFTERWARDS // step}"
        )
        return {f'{names.EVALUATION}{{instance="{EXPORTERS[0]}"}}': values}

    def _series(
        self, window: str | None, situation: Situation, labels: Mapping[str, str], job: str = JOB["job"]
    ) -> dict[str, str]:
        courses = {VALUE: situation.value}
        role = RESTS_ON[self.kpi.kind]
        if role is not None and situation.samples is not None:
            courses[role] = situation.samples
        return {
            self._one(role, window, exporter, labels, job): course.notation(self.timeline)
            for exporter in EXPORTERS
            for role, course in courses.items()
        }

    def _one(
        self, role: str, window: str | None, exporter: str, labels: Mapping[str, str], job: str = JOB["job"]
    ) -> str:
        pairs = {**self._labels(role, window, labels), "instance": exporter, "job": job}
        written = ",".join(f'{label}="{text}"' for label, text in pairs.items())
        return f"{family_of(self.kpi, role).name}{{{written}}}"

    def _labels(self, role: str, window: str | None, labels: Mapping[str, str]) -> dict[str, str]:
        fixed = {WINDOW: window, STAT: self.kpi.alerts.stat, **labels}
        return {label: fixed.get(label) or OVERALL for label in family_of(self.kpi, role).labels}


def _run(value: float | None, length: int) -> str:
    return f"_x{length}" if value is None else f"{number(value)}x{length - 1}"

"""What exporters publish of a KPI in the tests of its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL, STAT, STATS, VALUE, WINDOW, family_of
from app.catalogue.reads import Score
from app.config.alerts import AlertTimes
from app.generation import names
from app.generation.queries import number, overall_labels
from app.generation.rule_tests import EXPORTERS, WEEK, Timeline

AROUND: Final = 1_200
"""Minutes in which what lies whole weeks before the test is over, with the hour around it."""

JOB: Final[Mapping[str, str]] = {"job": "exporter"}
"""A label that a scrape adds, and that stays on recorded series."""

SOME: Final = "one"
"""A value of a label about which nothing else is said."""


@dataclass(frozen=True)
class Course:
    """A series' values: ``before`` until the change, ``after`` from then on; `None` is nothing at all.

    ``back`` is the minute after the change from which ``before`` holds again, if it ever does. ``weeks`` has what was at
    that time so many weeks ago, if it was not ``before``.
    """

    before: float | None
    after: float | None
    back: int | None = None
    weeks: Mapping[int, float | None] = field(default_factory=dict)

    def notation(self, timeline: Timeline) -> str:
        """Return the values as promtool has them, one a step."""
        runs: list[tuple[float | None, int]] = []
        for week in range(timeline.weeks, 0, -1):
            runs += [(self.weeks.get(week, self.before), AROUND), (self.before, WEEK - AROUND)]
        back = timeline.rest if self.back is None else self.back
        runs += [(self.before, timeline.lead), (self.after, back), (self.before, timeline.rest - back)]
        return " ".join(_run(value, minutes // timeline.step) for value, minutes in runs if minutes)


@dataclass(frozen=True)
class Situation:
    """The course of the value and that of the items it rests on, and whether the alert fires for it.

    ``samples`` is left out for a KPI that does not say. ``short`` is the value's course over a second, shorter window.
    ``ends`` is the minute after the change from which the alert no longer fires, if it ever ends.
    """

    value: Course
    samples: Course | None = None
    fires: bool = False
    short: Course | None = None
    ends: int | None = None


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
        kept = names.kept_labels(kpi)
        split = kpi.split_label
        apart = {split: "part"} if split is not None and split not in kept else {}
        if kpi.alerts.stat is not None:
            apart = {STAT: next(stat for stat in STATS if stat != kpi.alerts.stat)}
        if apart:
            part = self._one(VALUE, self.window, EXPORTERS[0], apart)
            found[part] = situation.value.notation(self.timeline)
        for dimension in kpi.dimensions:
            if dimension.name not in kept:
                found |= self._series(self.window, situation, {dimension.name: SOME})
        others = [known for known in kpi.windows if known not in (self.window, self.short)]
        if others:
            found |= self._series(others[0], situation, {})
        return found

    def recorded_labels(self, labels: Mapping[str, str], job: str = JOB["job"]) -> dict[str, str]:
        """Return the labels of the recorded value: overall, but for ``labels``."""
        return {**self._labels(VALUE, self.window, labels), "job": job}

    def lag(self, times: AlertTimes) -> dict[str, str]:
        """Return how old the figures are: fresh, but for the test's tail."""
        step = self.timeline.step
        fresh = (self.timeline.change + self.timeline.after) // step
        stale = number(times.stale_after_ms / 1_000 + 1)
        return {names.LAG: f"0x{fresh - 1} {stale}x{self.timeline.tail // step}"}

    def _series(
        self, window: str | None, situation: Situation, labels: Mapping[str, str], job: str = JOB["job"]
    ) -> dict[str, str]:
        courses = {VALUE: situation.value}
        role = names.samples_role(self.kpi)
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
        kept = {label: OVERALL if label == names.CHANNEL else SOME for label in names.kept_labels(self.kpi)}
        classes = self.kpi.value.label if isinstance(self.kpi.value, Score) else None
        fixed = {
            WINDOW: window or OVERALL,
            STAT: self.kpi.alerts.stat or OVERALL,
            **({} if classes is None else {classes: SOME}),
            **overall_labels(self.kpi),
            **kept,
            **labels,
        }
        return {label: fixed[label] for label in family_of(self.kpi, role).labels}


def _run(value: float | None, length: int) -> str:
    return f"_x{length}" if value is None else f"{number(value)}x{length - 1}"

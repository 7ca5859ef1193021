"""Tests of the generated rules, for `promtool test rules`: that each alert fires, and what must not make it fire.

The numbers follow from the catalogue, as those of the rules do, so that an alert that cannot fire, or fires for anything,
fails its test also after the catalogue was changed. Times are minutes from the beginning of a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.catalogue.alerts import BandAlert, DropAlert
from app.catalogue.model import Kpi
from app.catalogue.naming import DENOMINATOR, OVERALL, VALUE, WINDOW, family_of
from app.config.links import LinkSettings
from app.generation import names
from app.generation.kpi_rules import alert_labels
from app.generation.pipeline_rules import LABELS, absent_annotations, stalled_annotations
from app.generation.queries import STALE_AFTER_S, RatioQueries, number
from app.generation.timing import ABSENT_HOLD, BAND_HOLD, BAND_KEEP, DROP_HOLD, STALLED_HOLD
from app.generation.wording import Fill, band_annotations, drop_annotations
from app.generation.yaml_text import yaml_text

Document = dict[str, Any]

STEP: Final = 3
"""Minutes between two samples and two evaluations. Below the five minutes for which Prometheus takes a sample for present,
so that what one group records is there for the next, and more than one, because a week has ten thousand minutes.
"""
CHANGE: Final = 7 * 24 * 60 + 60
"""When something happens: late enough that the hour around the same moment a week ago is complete."""
SOON: Final = 60
"""When something happens where last week does not matter."""
AFTERWARDS: Final = 240
"""How long a test goes on then."""
LAST_WEEK: Final = 390
"""What was a week before that is over by then, with the hour around it."""
_JOB: Final = {"job": "exporter"}
_EXPORTERS: Final = ("exporter-1:8000", "exporter-2:8000")


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


@dataclass(frozen=True)
class Case:
    """One test: what comes in, and by minute after ``change`` the alerts that fire then."""

    name: str
    alert: str
    series: Mapping[str, str]
    expect: Mapping[int, Sequence[Document]]
    change: int = CHANGE
    step: int = STEP

    def document(self) -> Document:
        """Return the test as promtool reads it."""
        return {
            "name": f"{self.alert} {self.name}",
            "interval": f"{self.step}m",
            "input_series": [{"series": series, "values": values} for series, values in self.series.items()],
            "alert_rule_test": [
                {"eval_time": f"{self.change + minute}m", "alertname": self.alert, "exp_alerts": list(alerts)}
                for minute, alerts in self.expect.items()
            ],
        }


def rule_tests(cases: Sequence[Case], stems: Iterable[str], source: str) -> str:
    """Return the text of a test file of the rule files with these stems."""
    document = {
        "rule_files": [f"../rules/{names.rules_file(stem).rpartition('/')[2]}" for stem in stems],
        "evaluation_interval": f"{min(case.step for case in cases)}m",
        "tests": [case.document() for case in cases],
    }
    return yaml_text(document, source)


def pipeline_cases(links: LinkSettings) -> list[Case]:
    """Return the tests of the alerts about the service itself."""
    # The evaluation time stands still from the change on, so a minute after the limit its age is beyond it.
    begins = STALE_AFTER_S // 60 + 1
    fires = begins + STALLED_HOLD
    stalled = {
        "exp_labels": dict(LABELS),
        "exp_annotations": dict(stalled_annotations(links, f"{fires}m 0s")),
    }
    absent = {"exp_labels": dict(LABELS), "exp_annotations": dict(absent_annotations(links))}
    one, two = (f'{names.EVALUATION}{{instance="{exporter}"}}' for exporter in _EXPORTERS)
    moves = _clock(SOON + AFTERWARDS, 1)
    ends = _clock(SOON, 1)
    stands = f"{ends} {SOON * 60}x{AFTERWARDS}"
    # Prometheus takes a series for gone when it has had no sample for five minutes.
    gone = 5 + ABSENT_HOLD + 1
    last = AFTERWARDS - 1

    def case(
        name: str, alert: str, values: tuple[str, str], expect: Mapping[int, Sequence[Document]]
    ) -> Case:
        return Case(name, alert, {one: values[0], two: values[1]}, expect, change=SOON, step=1)

    return [
        case(
            "fires when the evaluation time stands still",
            names.STALLED,
            (stands, stands),
            {fires - 1: (), fires: (stalled,)},
        ),
        case(
            "is silent while it moves at one of two exporters",
            names.STALLED,
            (moves, stands),
            {fires: (), last: ()},
        ),
        case(
            "fires when no exporter is there any more",
            names.ABSENT,
            (ends, ends),
            {ABSENT_HOLD: (), gone: (absent,)},
        ),
        case(
            "is silent while one of two exporters is there",
            names.ABSENT,
            (moves, ends),
            {gone: (), last: ()},
        ),
    ]


def ratio_cases(kpi: Kpi, links: LinkSettings) -> list[Case]:
    """Return the tests of the alerts on a ratio."""
    cases: list[Case] = []
    if (drop := kpi.alerts.drop) is not None:
        cases += _drop_cases(kpi, drop, links)
    if (band := kpi.alerts.band) is not None:
        cases += _band_cases(kpi, band, links)
    return cases


def _drop_cases(kpi: Kpi, drop: DropAlert, links: LinkSettings) -> Iterator[Case]:
    least = kpi.alerts.min_samples
    worse = -1 if kpi.better == "higher" else 1
    usual = 0.8 if kpi.better == "higher" else 0.2
    change = drop.by + min(0.05, (1 - drop.by) / 2)
    bad, tolerable = usual * (1 + worse * change), usual * (1 + worse * drop.by * 0.9)
    enough = Course(least, least)
    situations = {
        OVERALL: Situation(Course(usual, bad), enough, fires=True),
        "chat": Situation(Course(usual, bad), enough, fires=True),
        "same_last_week": Situation(Course(usual, bad, last_week=bad), enough),
        "smaller_change": Situation(Course(usual, tolerable), enough),
        "recovers_in_time": Situation(Course(usual, bad, back=DROP_HOLD - STEP), enough),
        "few_samples": Situation(Course(usual, bad), Course(least, least - 1)),
        "few_samples_last_week": Situation(Course(usual, bad), Course(least, least, last_week=least - 1)),
        "no_last_week": Situation(Course(None, bad), Course(None, least)),
        "no_data": Situation(Course(usual, None), Course(least, None)),
    }

    def fired(channel: str) -> Document:
        fill = Fill(value=_percent(change), now=_percent(bad), channel=channel)
        return {
            "exp_labels": _labels(kpi, drop.window, drop.severity, channel),
            "exp_annotations": dict(drop_annotations(kpi, drop, links, fill)),
        }

    when = {DROP_HOLD - STEP: False, DROP_HOLD + STEP: True, AFTERWARDS - STEP: True}
    yield from _cases(kpi, names.drop_alert(kpi), drop.window, situations, fired, when)


def _band_cases(kpi: Kpi, band: BandAlert, links: LinkSettings) -> Iterator[Case]:
    least = kpi.alerts.min_samples
    bound = RatioQueries(kpi).bound(band.worse_than)
    worse = -1 if kpi.better == "higher" else 1
    room = min(bound, 1 - bound)
    inside, bad = bound - worse * room / 2, bound + worse * room / 10
    enough = Course(least, least)
    recovers = BAND_HOLD + 30
    situations = {
        OVERALL: Situation(Course(inside, bad, back=recovers), enough, fires=True),
        "inside": Situation(Course(inside, inside), enough),
        "few_samples": Situation(Course(inside, bad), Course(least, least - 1)),
        "no_data": Situation(Course(inside, None), Course(least, None)),
    }
    if any(found.name == band.worse_than and bound in found for found in kpi.bands):
        situations["at_the_bound"] = Situation(Course(inside, bound), enough)

    def fired(channel: str) -> Document:
        fill = Fill(value=_percent(bad), now=_percent(bad), channel=channel)
        return {
            "exp_labels": _labels(kpi, band.window, band.severity, channel),
            "exp_annotations": dict(band_annotations(kpi, band, links, fill)),
        }

    when = {
        BAND_HOLD - STEP: False,
        BAND_HOLD + STEP: True,
        recovers + BAND_KEEP - 2 * STEP: True,
        recovers + BAND_KEEP + 2 * STEP: False,
    }
    yield from _cases(kpi, names.band_alert(kpi), band.window, situations, fired, when)


def _cases(
    kpi: Kpi,
    alert: str,
    window: str | None,
    situations: Mapping[str, Situation],
    fired: Callable[[str], Document],
    when: Mapping[int, bool],
) -> Iterator[Case]:
    """Yield the tests of an alert on a ratio.

    ``when`` says at which minutes the alert has fired for the situations for which it fires at all. Where the KPI has
    channels, each situation is that of a channel, and one test has them all; where it has none, each has its own.
    """
    if _has_channel(kpi):
        series: dict[str, str] = {}
        for channel, situation in situations.items():
            series |= _series(kpi, window, situation, {names.CHANNEL: channel})
        series |= _other_series(kpi, window, situations[OVERALL])
        expect = {
            minute: [fired(channel) for channel, it in situations.items() if it.fires] if is_firing else []
            for minute, is_firing in when.items()
        }
        yield Case("fires for these channels alone", alert, series | _evaluation(fresh=True), expect)
    else:
        for name, situation in situations.items():
            series = _series(kpi, window, situation, {}) | _other_series(kpi, window, situations[OVERALL])
            expect = {
                minute: [fired(OVERALL)] if situation.fires and is_firing else []
                for minute, is_firing in when.items()
            }
            yield Case(f"in the situation {name}", alert, series | _evaluation(fresh=True), expect)
    series = _series(kpi, window, situations[OVERALL], {})
    silent: dict[int, Sequence[Document]] = dict.fromkeys(when, ())
    yield Case("is silent on stale data", alert, series | _evaluation(fresh=False), silent)


def _series(kpi: Kpi, window: str | None, situation: Situation, labels: Mapping[str, str]) -> dict[str, str]:
    """Return what both exporters publish of a situation: overall, but for ``labels``."""
    return {
        _one_series(kpi, role, window, exporter, labels): course.notation()
        for exporter in _EXPORTERS
        for role, course in ((VALUE, situation.value), (DENOMINATOR, situation.samples))
    }


def _other_series(kpi: Kpi, window: str | None, situation: Situation) -> dict[str, str]:
    """Return series that are none of the alert's business: a part of the value, other breakdowns, another window."""
    found: dict[str, str] = {}
    if kpi.split_label is not None:
        part = _one_series(kpi, VALUE, window, _EXPORTERS[0], {kpi.split_label: "part"})
        found[part] = situation.value.notation()
    for dimension in kpi.dimensions:
        if dimension.name != names.CHANNEL:
            found |= _series(kpi, window, situation, {dimension.name: "one"})
    if window is not None:
        other = next(known for known in kpi.windows if known != window)
        found |= _series(kpi, other, situation, {})
    return found


def _one_series(kpi: Kpi, role: str, window: str | None, exporter: str, labels: Mapping[str, str]) -> str:
    family = family_of(kpi, role)
    fixed = {WINDOW: window, **labels}
    pairs = {label: fixed.get(label) or OVERALL for label in family.labels} | {"instance": exporter} | _JOB
    written = ",".join(f'{label}="{text}"' for label, text in pairs.items())
    return f"{family.name}{{{written}}}"


def _labels(kpi: Kpi, window: str | None, severity: str, channel: str) -> Document:
    """Return the labels of an alert that fires: those of the recorded value, and the alert's own."""
    recorded = dict.fromkeys(family_of(kpi, VALUE).labels, OVERALL)
    if window is not None:
        recorded[WINDOW] = window
    if _has_channel(kpi):
        recorded[names.CHANNEL] = channel
    return {**recorded, **_JOB, **alert_labels(kpi, severity)}


def _has_channel(kpi: Kpi) -> bool:
    return any(dimension.name == names.CHANNEL for dimension in kpi.dimensions)


def _evaluation(*, fresh: bool) -> dict[str, str]:
    """Return an evaluation time that moves with the test's clock, always or until the change."""
    values = (
        _clock(CHANGE + AFTERWARDS, STEP) if fresh else f"{_clock(CHANGE, STEP)} {CHANGE * 60}x{AFTERWARDS}"
    )
    return {f'{names.EVALUATION}{{instance="{_EXPORTERS[0]}"}}': values}


def _clock(minutes: int, step: int) -> str:
    return f"0+{step * 60}x{minutes // step}"


def _run(value: float | None, length: int) -> str:
    return f"_x{length}" if value is None else f"{number(value)}x{length - 1}"


def _percent(value: float) -> str:
    """Return ``value`` as Prometheus' `humanizePercentage` writes it."""
    return f"{value * 100:.4g}%"

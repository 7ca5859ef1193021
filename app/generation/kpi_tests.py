"""The tests of the rules of a KPI."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL
from app.config.links import LinkSettings
from app.generation import names, wording
from app.generation.burn import PACES
from app.generation.kpi_rules import alert_labels, anomaly_window
from app.generation.kpi_series import Course, Watched
from app.generation.kpi_situations import CHAT, Situations, anomaly, band, burning, drop, unusual
from app.generation.rule_tests import AFTERWARDS, DAYS, LAST_WEEK, LAST_WEEKS, MINUTES, Case, Document
from app.generation.timing import ANOMALY_HOLD, BAND_HOLD, BAND_KEEP, DROP_HOLD
from app.generation.wording import Fill

Annotate = Callable[[Fill], Mapping[str, str]]


def kpi_cases(kpi: Kpi, links: LinkSettings) -> list[Case]:
    """Return the tests of the alerts on a KPI that need days of history or an hour's patience."""
    cases: list[Case] = []
    if (falls := kpi.alerts.drop) is not None:
        step = LAST_WEEK.step
        when = {DROP_HOLD - step: False, DROP_HOLD + step: True, AFTERWARDS - step: True}
        for alert, timeline, situations, annotate in (
            (names.drop_alert(kpi), LAST_WEEK, drop(kpi, falls), wording.drop_annotations),
            (names.unusual_alert(kpi), LAST_WEEKS, unusual(kpi, falls), wording.unusual_annotations),
        ):
            watched = Watched(kpi, falls.window, timeline)
            worded = partial(annotate, kpi, falls, links)
            cases += _cases(watched, alert, falls.severity, situations, worded, when)
    if (edge := kpi.alerts.band) is not None:
        step, recovers = DAYS.step, BAND_HOLD + 30
        when = {
            BAND_HOLD - step: False,
            BAND_HOLD + step: True,
            recovers + BAND_KEEP - step: True,
            recovers + BAND_KEEP + 2 * step: False,
        }
        cases += _cases(
            Watched(kpi, edge.window, DAYS),
            names.band_alert(kpi),
            edge.severity,
            band(kpi, edge, recovers),
            partial(wording.band_annotations, kpi, edge, links),
            when,
        )
    if kpi.alerts.anomaly:
        step, window = LAST_WEEK.step, anomaly_window(kpi)
        cases += _cases(
            Watched(kpi, window, LAST_WEEK),
            names.anomaly_alert(kpi),
            "info",
            anomaly(kpi),
            partial(wording.anomaly_annotations, kpi, window, links),
            {ANOMALY_HOLD - step: False, ANOMALY_HOLD + step: True, AFTERWARDS - step: True},
        )
    return cases


def burn_cases(kpi: Kpi, links: LinkSettings) -> list[Case]:
    """Return the tests of the alerts on an error budget, which count minutes; none where there are no such alerts."""
    cases: list[Case] = []
    for pace in PACES if kpi.alerts.burn_rate else ():
        cases += _cases(
            Watched(kpi, pace.long, MINUTES, short=pace.short),
            names.burn_alert(kpi, pace.name),
            pace.severity,
            burning(kpi, pace),
            partial(wording.burn_annotations, kpi, pace, links),
            {pace.hold - 1: False, pace.hold + 1: True, AFTERWARDS - 1: True},
        )
    return cases


def _cases(
    watched: Watched,
    alert: str,
    severity: str,
    situations: Situations,
    annotate: Annotate,
    when: Mapping[int, bool],
) -> Iterator[Case]:
    """Yield the tests of an alert on a KPI.

    ``when`` says at which minutes the alert has fired for the situations for which it fires at all. Where the KPI has
    channels, each situation is that of a channel, and one test has them all. Where it has none, each that fires has its
    own test, because an alert says how things stand overall, and those that do not are different jobs in one test.
    """
    kpi, timeline, all_of_it = watched.kpi, watched.timeline, situations.by_name[OVERALL]
    fresh = watched.evaluation(fresh=True)

    def fired(channel: str) -> Document:
        course = situations.by_name[channel].value
        fill = Fill(_percent(situations.share), written(kpi, course), channel)
        return {
            "exp_labels": {**watched.recorded_labels(channel), **alert_labels(kpi, severity)},
            "exp_annotations": dict(annotate(fill)),
        }

    if names.by_channel(kpi):
        series = watched.others(all_of_it)
        for channel, situation in situations.by_name.items():
            series |= watched.series(situation, {names.CHANNEL: channel})
        expect = {
            minute: [fired(channel) for channel, it in situations.by_name.items() if it.fires]
            if firing
            else []
            for minute, firing in when.items()
        }
        yield Case("fires for these channels alone", alert, series | fresh, expect, timeline)
    else:
        for name, situation in situations.by_name.items():
            if situation.fires and name != CHAT:
                series = watched.series(situation, {}) | watched.others(all_of_it)
                expect = {minute: [fired(name)] if firing else [] for minute, firing in when.items()}
                yield Case(f"fires in the situation {name}", alert, series | fresh, expect, timeline)
        series = {}
        for name, situation in situations.by_name.items():
            if not situation.fires:
                series |= watched.series(situation, {}, job=name)
        yield Case(
            "is silent in all other situations", alert, series | fresh, dict.fromkeys(when, ()), timeline
        )
    silent: dict[int, Sequence[Document]] = dict.fromkeys(when, ())
    series = watched.series(all_of_it, {}) | watched.evaluation(fresh=False)
    yield Case("is silent on stale data", alert, series, silent, timeline)


def written(kpi: Kpi, course: Course) -> str:
    """Return the value after the change as Prometheus writes it in the alert."""
    value = course.after or 0.0
    if kpi.kind == "ratio":
        return _percent(value)
    if kpi.kind == "seconds":
        return _duration(round(value))
    return f"{value:.0f}"


def _percent(value: float) -> str:
    """Return ``value`` as Prometheus' `humanizePercentage` writes it."""
    return f"{value * 100:.4g}%"


def _duration(seconds: int) -> str:
    """Return whole seconds, below a day and not below an hour, as Prometheus' `humanizeDuration` writes them."""
    return f"{seconds // 3600}h {seconds // 60 % 60}m {seconds % 60}s"

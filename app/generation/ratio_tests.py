"""The tests of the rules of a ratio."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.catalogue.alerts import BandAlert, DropAlert
from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL, VALUE, WINDOW, family_of
from app.config.links import LinkSettings
from app.generation import names
from app.generation.kpi_rules import alert_labels
from app.generation.queries import RatioQueries
from app.generation.ratio_series import JOB, Course, Situation, evaluation, other_series, series_of
from app.generation.rule_tests import AFTERWARDS, STEP, Case, Document
from app.generation.timing import BAND_HOLD, BAND_KEEP, DROP_HOLD
from app.generation.wording import Fill, band_annotations, drop_annotations


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
    if names.by_channel(kpi):
        series: dict[str, str] = {}
        for channel, situation in situations.items():
            series |= series_of(kpi, window, situation, {names.CHANNEL: channel})
        series |= other_series(kpi, window, situations[OVERALL])
        expect = {
            minute: [fired(channel) for channel, it in situations.items() if it.fires] if is_firing else []
            for minute, is_firing in when.items()
        }
        yield Case("fires for these channels alone", alert, series | evaluation(fresh=True), expect)
    else:
        for name, situation in situations.items():
            series = series_of(kpi, window, situation, {}) | other_series(kpi, window, situations[OVERALL])
            expect = {
                minute: [fired(OVERALL)] if situation.fires and is_firing else []
                for minute, is_firing in when.items()
            }
            yield Case(f"in the situation {name}", alert, series | evaluation(fresh=True), expect)
    series = series_of(kpi, window, situations[OVERALL], {})
    silent: dict[int, Sequence[Document]] = dict.fromkeys(when, ())
    yield Case("is silent on stale data", alert, series | evaluation(fresh=False), silent)


def _labels(kpi: Kpi, window: str | None, severity: str, channel: str) -> Document:
    """Return the labels of an alert that fires: those of the recorded value, and the alert's own."""
    recorded = dict.fromkeys(family_of(kpi, VALUE).labels, OVERALL)
    if window is not None:
        recorded[WINDOW] = window
    if names.by_channel(kpi):
        recorded[names.CHANNEL] = channel
    return {**recorded, **JOB, **alert_labels(kpi, severity)}


def _percent(value: float) -> str:
    """Return ``value`` as Prometheus' `humanizePercentage` writes it."""
    return f"{value * 100:.4g}%"

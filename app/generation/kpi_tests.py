"""The tests of the rules of a KPI."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL
from app.generation import names, wording
from app.generation.burn import PACES
from app.generation.context import Context
from app.generation.kpi_rules import alert_labels, anomaly_window
from app.generation.kpi_series import JOB, SOME, Situation, Watched
from app.generation.kpi_situations import CHAT, Situations, anomaly, band, burning, burst, drop, unusual
from app.generation.queries import number
from app.generation.rule_tests import LAST_WEEK, LAST_WEEKS, Case, Document, Timeline
from app.generation.values import percent, written
from app.generation.wording import Fill

Annotate = Callable[[Fill], Mapping[str, str]]

_LEAD: Final = 10
"""Minutes before the change where no earlier week matters."""


def kpi_cases(kpi: Kpi, context: Context) -> list[Case]:
    """Return the tests of the alerts on a KPI that compare with earlier weeks."""
    cases: list[Case] = []
    times = context.times
    if (falls := kpi.alerts.drop) is not None:
        for alert, timeline, situations, annotate in (
            (names.drop_alert(kpi), LAST_WEEK, drop(kpi, falls), wording.drop_annotations),
            (names.unusual_alert(kpi), LAST_WEEKS, unusual(kpi, falls), wording.unusual_annotations),
        ):
            watched = Watched(kpi, falls.window, timeline)
            worded = partial(annotate, kpi, falls, context)
            test = _Test(watched, alert, falls.severity, situations, worded, context, times.drop_hold_ms)
            cases += test.cases()
    if kpi.alerts.anomaly:
        window = anomaly_window(kpi)
        watched = Watched(kpi, window, LAST_WEEK)
        worded = partial(wording.anomaly_annotations, kpi, window, context)
        cases += _Test(
            watched, names.anomaly_alert(kpi), "info", anomaly(kpi), worded, context, times.anomaly_hold_ms
        ).cases()
    if (many := kpi.alerts.burst) is not None:
        watched = Watched(kpi, many.window, LAST_WEEK)
        worded = partial(wording.burst_annotations, kpi, many, context)
        alert, situations = names.burst_alert(kpi), burst(kpi, many)
        cases += _Test(watched, alert, many.severity, situations, worded, context, times.drop_hold_ms).cases()
    return cases


def minute_cases(kpi: Kpi, context: Context) -> list[Case]:
    """Return the tests of the alerts on a KPI that look at the present alone, which count minutes."""
    cases: list[Case] = []
    times = context.times
    if (edge := kpi.alerts.band) is not None:
        passed, keep = _minutes(times.band_hold_ms), _minutes(times.band_keep_ms)
        recovers = passed + 30
        ends = recovers + keep
        timeline = Timeline(weeks=0, step=1, lead=_LEAD, after=ends + 2, tail=keep + 2)
        cases += _Test(
            Watched(kpi, edge.window, timeline),
            names.band_alert(kpi),
            edge.severity,
            band(kpi, edge, times, recovers, ends),
            partial(wording.band_annotations, kpi, edge, context),
            context,
            times.band_hold_ms,
            ends=ends,
        ).cases()
    for pace in PACES if kpi.alerts.burn_rate else ():
        passed = _minutes(pace.hold(times))
        timeline = Timeline(weeks=0, step=1, lead=_LEAD, after=passed + 5, tail=2)
        cases += _Test(
            Watched(kpi, pace.long, timeline, short=pace.short),
            names.burn_alert(kpi, pace.name),
            pace.severity,
            burning(kpi, pace, max(1, passed)),
            partial(wording.burn_annotations, kpi, pace, context),
            context,
            pace.hold(times),
        ).cases()
    return cases


class _Test:
    """The tests of one alert on a KPI.

    ``hold`` is for how long (ms) the alert's expression is true before it fires, ``ends`` a moment around which some
    situation's alert ends. Where the KPI has channels, each situation is that of a channel, and one test has them all.
    Where it has none, each that fires has its own test, because an alert says how things stand overall, and those that do
    not are different jobs in one test. Each test ends with stale figures, on which nothing fires.
    """

    def __init__(
        self,
        watched: Watched,
        alert: str,
        severity: str,
        situations: Situations,
        annotate: Annotate,
        context: Context,
        hold: int,
        *,
        ends: int | None = None,
    ) -> None:
        self._watched = watched
        self._alert = alert
        self._severity = severity
        self._situations = situations
        self._annotate = annotate
        self._times = context.times
        timeline = watched.timeline
        self._first = timeline.after_hold(hold)
        stale = timeline.rest - timeline.step
        around = () if ends is None else (ends - timeline.step, ends + timeline.step)
        moments = {self._first - timeline.step, self._first, *around, timeline.after - timeline.step, stale}
        self._moments = sorted(minute for minute in moments if minute >= 0)

    def cases(self) -> Iterator[Case]:
        """Yield the tests."""
        kpi, watched, by_name = self._watched.kpi, self._watched, self._situations.by_name
        others = watched.others(by_name[OVERALL])
        if names.by_channel(kpi):
            series = dict(others)
            for channel, situation in by_name.items():
                series |= watched.series(situation, {names.CHANNEL: channel})
            yield self._case("fires for these channels alone, and not on stale data", series, by_name)
            return
        for name, situation in by_name.items():
            if situation.fires and name != CHAT:
                yield self._case(
                    f"fires in the situation {name}, and not on stale data",
                    watched.series(situation, {}) | others,
                    {name: situation},
                )
        silent = {name: situation for name, situation in by_name.items() if not situation.fires}
        series = {}
        for name, situation in silent.items():
            series |= watched.series(situation, {}, job=name)
        yield self._case("is silent in all other situations", series, silent)

    def _case(self, name: str, series: Mapping[str, str], situations: Mapping[str, Situation]) -> Case:
        expect: dict[int, Sequence[Document]] = {
            minute: [
                self._fired(label, it)
                for label, it in situations.items()
                if it.fires and self._fires_at(minute, it)
            ]
            for minute in self._moments
        }
        watched = self._watched
        return Case(name, self._alert, {**series, **watched.lag(self._times)}, expect, watched.timeline)

    def _fires_at(self, minute: int, situation: Situation) -> bool:
        ends = self._watched.timeline.after if situation.ends is None else situation.ends
        return self._first <= minute < ends

    def _fired(self, name: str, situation: Situation) -> Document:
        watched, kpi = self._watched, self._watched.kpi
        own = {names.CHANNEL: name} if names.by_channel(kpi) else {}
        labels = {label: own.get(label, SOME) for label in names.kept_labels(kpi)}
        # As promtool reads it.
        now = float(number(situation.value.after or 0.0))
        fill = Fill(percent(self._situations.share), written(kpi, now), labels)
        return {
            "exp_labels": {**watched.recorded_labels(own, JOB["job"]), **alert_labels(kpi, self._severity)},
            "exp_annotations": dict(self._annotate(fill)),
        }


def _minutes(ms: int) -> int:
    return -(-ms // 60_000)

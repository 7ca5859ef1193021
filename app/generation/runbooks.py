"""A page for every alert, for whoever it has just woken up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.catalogue.model import Kpi
from app.generation import names
from app.generation.burn import PACES
from app.generation.context import Context
from app.generation.kpi_rules import anomaly_window
from app.generation.pipeline_runbooks import texts
from app.generation.queries import SPREADS, WEEKS, KpiQueries
from app.generation.rules import Alert, Group
from app.generation.timing import AT_ONCE, duration, seconds


class _Watch(NamedTuple):
    """What an alert means, and the queries to look at first."""

    meaning: str
    queries: list[str]
    looks_back: bool = True


def pipeline_runbooks(group: Group, context: Context) -> dict[str, str]:
    """Return the pages of the alerts about the service itself by the alert's name."""
    by_name = texts(context.times)
    return {
        alert.name: _page(alert, "app/generation/pipeline_runbooks.py", [by_name[alert.name].rstrip("\n")])
        for alert in group.alerts
    }


def kpi_runbooks(kpi: Kpi, group: Group, context: Context) -> dict[str, str]:
    """Return the pages of the alerts on a KPI by the alert's name, written from the KPI's own attributes."""
    watches = _watches(kpi, context)
    return {
        alert.name: _page(alert, context.source(kpi.id), _kpi_lines(kpi, watches[alert.name], context))
        for alert in group.alerts
    }


def _kpi_lines(kpi: Kpi, watch: _Watch, context: Context) -> list[str]:
    attributes, queries = kpi.attributes, KpiQueries(kpi, context.times)
    least = f"on fewer than {kpi.alerts.min_samples}"
    little = ""
    if queries.rests_on is not None:
        little = f"{least} samples, "
    elif queries.rests_on_itself and watch.looks_back:
        little = f"{least} a week ago, "
    silent = (
        f"It stays silent {little}without data, and while the figures are more"
        f" than {seconds(context.times.stale_after_ms)} s old ({_link(names.STALLED)})."
    )
    return [
        f"{watch.meaning} {silent}",
        "",
        f"**{kpi.title}**: {attributes.definition}",
        "",
        "## Look first",
        "",
        "In Prometheus:",
        "",
        *_code([*watch.queries, names.LAG]),
        "",
        f"How to read it: {attributes.trend_analysis}",
        "",
        "## Questions",
        "",
        *_points(attributes.diagnostic_questions),
        "",
        "## Before you act",
        "",
        *_points(attributes.risk_warnings),
        "",
        "## What helps",
        "",
        *_points(attributes.tips),
        "",
        "## What else moves",
        "",
        attributes.change_impact,
        "",
        f"[Everything about this KPI](../kpis/{kpi.id}.md)",
    ]


def _watches(kpi: Kpi, context: Context) -> dict[str, _Watch]:
    """Return the same of all alerts on a KPI, by the alert's name."""
    queries, found = KpiQueries(kpi, context.times), {}
    moved = "fallen" if kpi.better == "higher" else "risen"
    side = "below" if kpi.better == "higher" else "above"

    def now(window: str | None) -> list[str]:
        samples = queries.samples(window)
        return [queries.value(window), *([] if samples is None else [samples])]

    if (drop := kpi.alerts.drop) is not None:
        found[names.drop_alert(kpi)] = _Watch(
            f"The value has {moved} against the same hour of last week, by more than is usual and for long enough not to"
            " be chance.",
            [*now(drop.window), queries.weeks_ago(drop.window, 1)],
        )
        found[names.unusual_alert(kpi)] = _Watch(
            f"The value has {moved} against what this hour usually has, the median of the last {WEEKS} weeks. Beside"
            f" {_link(names.drop_alert(kpi))} it says that last week was no exception; without it, that last week was"
            " already bad.",
            [*now(drop.window), queries.median(drop.window)],
        )
    if (band := kpi.alerts.band) is not None:
        found[names.band_alert(kpi)] = _Watch(
            f"The value over days lies {side} the band that it should not leave. That is a state, not an incident.",
            now(band.window),
            looks_back=False,
        )
    if kpi.alerts.anomaly:
        window = anomaly_window(kpi)
        found[names.anomaly_alert(kpi)] = _Watch(
            f"The value lies more than {SPREADS} standard deviations {side} its mean of the last week. Nobody needs to get"
            " up for it; it shows when something began. A rhythm of days and nights widens the spread, so this alert is"
            " slow to notice, and what it notices is large.",
            [*now(window), queries.mean(window), queries.spread(window)],
        )
    if (burst := kpi.alerts.burst) is not None:
        found[names.burst_alert(kpi)] = _Watch(
            f"What the value is a share of comes in a burst, more than {burst.times:g} times as much as at the same hour of last"
            " week. The value may look as always: what comes in a burst is often judged hours later.",
            [*now(burst.window), queries.samples_a_week_ago(burst.window)],
        )
    if kpi.alerts.burn_rate:
        for pace in PACES:
            found[names.burn_alert(kpi, pace.name)] = _Watch(
                "The objective leaves room for some bad outcomes, and they use it up much faster than it lasts. The longer"
                " window says that it is no accident, the shorter one that it has not ended yet.",
                [queries.bad(pace.long), queries.bad(pace.short), *now(pace.long)[1:]],
            )
    return found


def _page(alert: Alert, source: str, lines: Iterable[str]) -> str:
    return "\n".join(
        [
            f"<!-- Generated by `make generate` from {source}. Do not edit. -->",
            "",
            f"# {alert.name}",
            "",
            f"Severity: {alert.labels['severity']}. Fires {_when(alert)}:",
            "",
            *_code(alert.expression.rstrip("\n").split("\n")),
            "",
            *lines,
            "",
        ]
    )


def _when(alert: Alert) -> str:
    return (
        "as soon as this is true"
        if alert.hold == duration(AT_ONCE)
        else f"when this has been true for {alert.hold}"
    )


def _link(alert: str) -> str:
    return f"[{alert}]({alert}.md)"


def _code(lines: Iterable[str]) -> list[str]:
    return ["```promql", *lines, "```"]


def _points(points: Iterable[str]) -> list[str]:
    return [f"- {point}" for point in points]

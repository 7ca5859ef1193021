"""A page for every alert, for whoever it has just woken up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.catalogue.model import Kpi
from app.generation import names
from app.generation.queries import STALE_AFTER_S, RatioQueries
from app.generation.rules import Alert, Group

_STALLED: Final = f"""\
The exporters publish figures, but the moment up to which these are complete
(`{names.EVALUATION}`) has not moved for {STALE_AFTER_S} seconds. The values are right for that moment; nothing
is lost, and nothing is counted for a time about which nothing is known. Until it moves again no alert on a KPI can fire.

## What to do

1. `selfserve check` on the machine of a worker: does Kafka answer, are the topics right, has the group members, does
   the lag grow?
2. The exporter's `/readyz` says which partitions no worker has lately reported for. If it names all, no worker runs: look at
   the workers' logs. Their last line says why a worker ended, and the exit code whether it is enough to start it again
   (3 and 70 are).
3. If it names some, look at `selfserve_owned_partitions` and `selfserve_last_checkpoint_timestamp_seconds` of the
   workers. One that owns partitions and writes no checkpoint is stuck: stop it, another takes over.
4. If it names none, a source topic is not read to its end: `selfserve_lag_records` says which. Falling lag means that the
   workers catch up, so wait, or start more of them, up to the number of partitions.

With `worker.clock: event` the evaluation time follows the events. Then the alert says only that none arrive.
"""

_ABSENT: Final = f"""\
Prometheus has not seen `{names.EVALUATION}` from any exporter. Either no exporter runs, or Prometheus cannot
scrape them, or the exporters do not know an evaluation time yet because no worker has ever reported for all partitions.

## What to do

1. Prometheus' page of targets: is the exporter there, and is it up? If not, the page says what the scrape failed with.
2. The exporter's `/healthz` answers as soon as it runs, `/readyz` says what it waits for.
3. `selfserve check` on the machine of the exporter: is its port answered by selfserve, are the topics there, does
   the group have members?
4. After a first installation: workers have to be started, too. One evaluation time needs a report for every partition.
"""


def pipeline_runbooks(group: Group) -> dict[str, str]:
    """Return the pages of the alerts about the service itself by the alert's name."""
    texts = {names.STALLED: _STALLED, names.ABSENT: _ABSENT}
    return {
        alert.name: _page(alert, "app/generation/runbooks.py", [texts[alert.name].rstrip("\n")])
        for alert in group.alerts
    }


def kpi_runbooks(kpi: Kpi, group: Group) -> dict[str, str]:
    """Return the pages of the alerts on a KPI by the alert's name, written from the KPI's own attributes."""
    return {
        alert.name: _page(alert, f"app/catalogue/kpis/{kpi.id}.yaml", _kpi_lines(kpi, alert))
        for alert in group.alerts
    }


def _kpi_lines(kpi: Kpi, alert: Alert) -> list[str]:
    attributes = kpi.attributes
    window = _window(kpi, alert)
    queries = RatioQueries(kpi)
    is_drop = alert.name == names.drop_alert(kpi)
    meaning = _drop_meaning(kpi) if is_drop else _band_meaning(kpi)
    silent = (
        f"It stays silent on fewer than {kpi.alerts.min_samples} samples, without data, and while the figures are more"
        f" than {STALE_AFTER_S} s old ({_link(names.STALLED)})."
    )
    return [
        f"{meaning} {silent}",
        "",
        f"**{kpi.title}**: {attributes.definition}",
        "",
        "## Look first",
        "",
        "In Prometheus:",
        "",
        *_code(
            [
                queries.value(window),
                queries.samples(window),
                *([queries.last_week(window)] if is_drop else []),
                names.LAG,
            ]
        ),
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


def _window(kpi: Kpi, alert: Alert) -> str | None:
    if alert.name == names.drop_alert(kpi):
        return kpi.alerts.drop.window if kpi.alerts.drop is not None else None
    return kpi.alerts.band.window if kpi.alerts.band is not None else None


def _drop_meaning(kpi: Kpi) -> str:
    direction = "fallen" if kpi.better == "higher" else "risen"
    return (
        f"The value has {direction} against the same hour of last week, by more than is usual and for long enough not to"
        " be chance."
    )


def _band_meaning(kpi: Kpi) -> str:
    side = "below" if kpi.better == "higher" else "above"
    return f"The value over days lies {side} the band that it should not leave. That is a state, not an incident."


def _page(alert: Alert, source: str, lines: Iterable[str]) -> str:
    return "\n".join(
        [
            f"<!-- Generated by `make generate` from {source}. Do not edit. -->",
            "",
            f"# {alert.name}",
            "",
            f"Severity: {alert.labels['severity']}. Fires when this has been true for {alert.hold}:",
            "",
            *_code(alert.expression.rstrip("\n").split("\n")),
            "",
            *lines,
            "",
        ]
    )


def _link(alert: str) -> str:
    return f"[{alert}]({alert}.md)"


def _code(lines: Iterable[str]) -> list[str]:
    return ["```promql", *lines, "```"]


def _points(points: Iterable[str]) -> list[str]:
    return [f"- {point}" for point in points]

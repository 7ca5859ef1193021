"""The rules of a KPI: what is recorded of it, and the alerts that the catalogue asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.catalogue.model import Kpi
from app.generation import names, wording
from app.generation.burn import PACES
from app.generation.context import Context
from app.generation.queries import KpiQueries
from app.generation.rules import Alert, Group, Record
from app.generation.timing import duration


def has_alerts(kpi: Kpi) -> bool:
    """Return whether there are alerts on a KPI: it is switched on and asks for some."""
    wanted = kpi.alerts
    asked = wanted.band is not None or wanted.drop is not None or wanted.anomaly or wanted.burn_rate
    asked = asked or wanted.burst is not None
    return kpi.enabled and asked


def anomaly_window(kpi: Kpi) -> str | None:
    """Return the window in which anomalies are looked for: that of the drop, or an hour, or the shortest."""
    if kpi.alerts.drop is not None:
        return kpi.alerts.drop.window
    return "1h" if "1h" in kpi.windows else next(iter(kpi.windows), None)


def kpi_group(kpi: Kpi, context: Context) -> Group:
    """Return the rules of a KPI."""
    queries = KpiQueries(kpi, context.times)
    return Group(
        names.group(kpi.id),
        (*_records(kpi, queries), *_alerts(kpi, queries, context)),
        interval=duration(context.times.evaluation_interval_ms),
    )


def alert_labels(kpi: Kpi, severity: str) -> Mapping[str, str]:
    """Return the labels by which alerts on KPIs are routed and muted."""
    return {"severity": severity, "kpi": kpi.id, "kpi_alert": "true"}


def _records(kpi: Kpi, queries: KpiQueries) -> Iterator[Record]:
    yield Record(names.value_record(kpi), queries.recorded_value)
    if queries.recorded_samples is not None:
        yield Record(names.samples_record(kpi), queries.recorded_samples)
    if (drop := kpi.alerts.drop) is not None:
        yield Record(names.median_record(kpi), queries.recorded_median(drop.window))
    if kpi.alerts.anomaly:
        window = anomaly_window(kpi)
        yield Record(names.mean_record(kpi), queries.recorded_mean(window))
        yield Record(names.spread_record(kpi), queries.recorded_spread(window))


def _alerts(kpi: Kpi, queries: KpiQueries, context: Context) -> Iterator[Alert]:
    least, times = kpi.alerts.min_samples, context.times
    if (drop := kpi.alerts.drop) is not None:
        fill = wording.template(kpi, drop.window, context)
        yield Alert(
            name=names.drop_alert(kpi),
            expression=queries.drop(drop.by, drop.window, least),
            hold=duration(times.drop_hold_ms),
            labels=alert_labels(kpi, drop.severity),
            annotations=wording.drop_annotations(kpi, drop, context, fill),
        )
        yield Alert(
            name=names.unusual_alert(kpi),
            expression=queries.unusual(drop.by, drop.window, least),
            hold=duration(times.drop_hold_ms),
            labels=alert_labels(kpi, drop.severity),
            annotations=wording.unusual_annotations(kpi, drop, context, fill),
        )
    if (band := kpi.alerts.band) is not None:
        yield Alert(
            name=names.band_alert(kpi),
            expression=queries.outside(band.worse_than, band.window, least),
            hold=duration(times.band_hold_ms),
            keep=duration(times.band_keep_ms),
            labels=alert_labels(kpi, band.severity),
            annotations=wording.band_annotations(
                kpi, band, context, wording.template(kpi, band.window, context)
            ),
        )
    if kpi.alerts.anomaly:
        window = anomaly_window(kpi)
        yield Alert(
            name=names.anomaly_alert(kpi),
            expression=queries.anomaly(window, least),
            hold=duration(times.anomaly_hold_ms),
            labels=alert_labels(kpi, "info"),
            annotations=wording.anomaly_annotations(
                kpi, window, context, wording.template(kpi, window, context)
            ),
        )
    if (burst := kpi.alerts.burst) is not None:
        yield Alert(
            name=names.burst_alert(kpi),
            expression=queries.burst(burst.times, burst.window, least),
            hold=duration(times.drop_hold_ms),
            labels=alert_labels(kpi, burst.severity),
            annotations=wording.burst_annotations(
                kpi, burst, context, wording.template(kpi, burst.window, context)
            ),
        )
    if kpi.alerts.burn_rate:
        for pace in PACES:
            yield Alert(
                name=names.burn_alert(kpi, pace.name),
                expression=queries.burning(pace, least),
                hold=duration(pace.hold(times)),
                labels=alert_labels(kpi, pace.severity),
                annotations=wording.burn_annotations(
                    kpi, pace, context, wording.template(kpi, pace.long, context)
                ),
            )

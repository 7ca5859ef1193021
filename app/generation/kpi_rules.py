"""The rules of a ratio: what is recorded of it, and the alerts that the catalogue asks for."""

from __future__ import annotations

from collections.abc import Mapping

from app.catalogue.model import Kpi
from app.config.links import LinkSettings
from app.generation import names
from app.generation.queries import RatioQueries
from app.generation.rules import Alert, Group, Record
from app.generation.timing import BAND_HOLD, BAND_KEEP, DROP_HOLD, duration
from app.generation.wording import band_annotations, drop_annotations, template


def kpi_group(kpi: Kpi, links: LinkSettings) -> Group:
    """Return the rules of a ratio. Raises `ValueError` for a KPI of another kind."""
    queries = RatioQueries(kpi)
    rules: list[Record | Alert] = [
        Record(names.value_record(kpi), queries.recorded_value),
        Record(names.samples_record(kpi), queries.recorded_samples),
    ]
    least = kpi.alerts.min_samples
    if (drop := kpi.alerts.drop) is not None:
        rules.append(
            Alert(
                name=names.drop_alert(kpi),
                expression=queries.drop(drop.by, drop.window, least),
                hold=duration(DROP_HOLD),
                labels=alert_labels(kpi, drop.severity),
                annotations=drop_annotations(kpi, drop, links, template(kpi, drop.window)),
            )
        )
    if (band := kpi.alerts.band) is not None:
        rules.append(
            Alert(
                name=names.band_alert(kpi),
                expression=queries.outside(band.worse_than, band.window, least),
                hold=duration(BAND_HOLD),
                keep=duration(BAND_KEEP),
                labels=alert_labels(kpi, band.severity),
                annotations=band_annotations(kpi, band, links, template(kpi, band.window)),
            )
        )
    return Group(names.group(kpi.id), tuple(rules))


def alert_labels(kpi: Kpi, severity: str) -> Mapping[str, str]:
    """Return the labels by which alerts on KPIs are routed and muted."""
    return {"severity": severity, "kpi": kpi.id, "kpi_alert": "true"}

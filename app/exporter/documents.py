"""The JSON documents of the API, as plain data."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from app.catalogue.model import Kpi
from app.catalogue.naming import WINDOW
from app.catalogue.targets import Band
from app.evaluation.samples import Sample
from app.exporter.figures import Figures
from app.exporter.history import History
from app.exporter.live import Live
from app.exporter.views import KpiView, Series
from app.instants import format_instant

Document: TypeAlias = dict[str, Any]


def overview(
    live: Live,
    families: Mapping[str, str],
    views: Mapping[str, KpiView],
    figures: Figures,
    off: Mapping[str, str],
) -> Document:
    """Return all KPIs with their overall values; ``families`` are the titles of their families, in order.

    ``off`` are the KPIs that are switched off, each with what that means and how to switch it on.
    """
    return {
        "at": format_instant(figures.time),
        "notes": live.notes(),
        "families": dict(families),
        "kpis": [
            {
                **_summary(view),
                "values": [_series(view, series) for series in view.overall(figures)],
            }
            for view in views.values()
        ],
        "off": [{"id": kpi, "state": state} for kpi, state in off.items()],
    }


def detail(view: KpiView, figures: Figures, history: History, window: str | None) -> Document:
    """Return one KPI: its definition, all its series, and the recorded history of its overall ones over a window."""
    series = [_series(view, one) for one in view.series(figures)]
    first = next((one for one in view.overall(figures) if view.is_first(one.labels)), None)
    return {
        "at": format_instant(figures.time),
        **_summary(view),
        "value": None if first is None else first.value,
        "numerator": None if first is None else first.numerator,
        "denominator": None if first is None else first.denominator,
        "definition": _definition(view.kpi),
        "series": series,
        "extras": [_sample(sample) for sample in view.extras(figures)],
        "history": [
            {
                "labels": dict(labels),
                "points": [
                    {
                        "at": format_instant(point.at),
                        "value": point.value,
                        "numerator": point.numerator,
                        "denominator": point.denominator,
                    }
                    for point in points
                ],
            }
            for labels, points in history.points(view.kpi.id)
            if window is None or dict(labels).get(WINDOW) == window
        ],
    }


def table(view: KpiView, figures: Figures) -> str:
    """Return one KPI's series as CSV: a column for each label, then value, numerator, denominator and time."""
    rows = [(dict(series.labels), series) for series in view.series(figures)]
    names = list(dict.fromkeys(name for labels, _ in rows for name in labels))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*names, "value", "numerator", "denominator", "at"])
    for labels, series in rows:
        numbers = [
            "" if number is None else repr(number)
            for number in (series.value, series.numerator, series.denominator)
        ]
        writer.writerow(
            [*(_plain(labels.get(name, "")) for name in names), *numbers, format_instant(figures.time)]
        )
    return out.getvalue()


def health(live: Live) -> Document:
    """Return whether the exporter has caught up, and why not."""
    reasons = live.reasons()
    lag = live.lag_ms()
    return {
        "ready": not reasons,
        "reasons": reasons,
        "notes": live.notes(),
        "evaluation_time": None if live.time is None else format_instant(live.time),
        "lag_seconds": None if lag is None else lag / 1000,
    }


def _summary(view: KpiView) -> Document:
    kpi = view.kpi
    return {
        "id": kpi.id,
        "title": kpi.title,
        "family": kpi.family,
        "kind": kpi.kind,
        "unit": kpi.unit,
        "better": kpi.better,
        "windows": list(kpi.windows),
        "window": view.window,
        "min_samples": kpi.alerts.min_samples,
        "objective": kpi.objective,
        "bands": [_band(band) for band in kpi.bands],
    }


def _band(band: Band) -> Document:
    bounds = {"above": band.above, "at_least": band.at_least, "below": band.below, "at_most": band.at_most}
    return {
        "name": band.name,
        "title": band.title,
        **{name: bound for name, bound in bounds.items() if bound is not None},
    }


def _series(view: KpiView, series: Series) -> Document:
    band = view.band(series)
    return {
        "labels": dict(series.labels),
        "value": series.value,
        "numerator": series.numerator,
        "denominator": series.denominator,
        "band": None if band is None else band.name,
        "first": view.is_first(series.labels),
    }


def _sample(sample: Sample) -> Document:
    return {"metric": sample.metric, "labels": dict(sample.labels), "value": sample.value}


def _definition(kpi: Kpi) -> Document:
    return {
        "version": kpi.version,
        "review": kpi.review,
        **msgspec.structs.asdict(kpi.attributes),
    }


def _plain(text: str) -> str:
    # Label values come from events; a spreadsheet would run one that begins like a formula.
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text

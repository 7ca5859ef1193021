"""Panels about how old and how complete the figures are: what every other figure depends on."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.dashboard import Panel

from app.catalogue.load import Catalogue
from app.exporter.views import PREFERRED_WINDOW
from app.generation.dashboards.colours import BAD, FAIR, GOOD, NEUTRAL, Step
from app.generation.dashboards.names import PIPELINE, dashboard_url
from app.generation.dashboards.page import ALERTS
from app.generation.dashboards.panels import SECONDS, SHORT, Head, Link, Steps, figure
from app.generation.dashboards.shipped import Shipped
from app.generation.names import LAG
from streams.core.time import WINDOWS
from streams.metrics import LAG as WAITING
from streams.metrics import LAST_EVENT

SILENCE_S: Final = 900
"""So long without an event is a reason to look at the producers."""

_TO_PIPELINE: Final = (Link("Pipeline", dashboard_url(PIPELINE)),)
_EXPORTER_CURRENT: Final = "selfserve_exporter_current"
_DATA_SINCE: Final = "selfserve_data_since_timestamp_seconds"


def age_steps(shipped: Shipped) -> Steps:
    """Return the colours of the figures' age: beyond the last step no alert on a KPI fires."""
    limit = shipped.stale_after_s
    return (Step(GOOD, None), Step(FAIR, limit / 2), Step(BAD, limit))


def age(shipped: Shipped) -> Panel:
    """Return how far back the evaluation time lies."""
    about = (
        "How far the moment up to which all figures are complete lies back. While this is red the other figures are right"
        f" for that moment, and no alert on a KPI fires (from {shipped.stale_after_s:g} s on)."
    )
    return figure(
        Head("Age of the figures", about, SECONDS, _TO_PIPELINE),
        LAG,
        steps=age_steps(shipped),
        filled=True,
        missing=BAD,
    )


def last_event() -> Panel:
    """Return the age of the newest event."""
    about = (
        "Age of the newest event that was processed. Old while nothing waits: the producers have fallen silent. Old while"
        " records wait: the workers lag."
    )
    return figure(
        Head("Newest event", about, SECONDS, _TO_PIPELINE),
        f"time() - max({LAST_EVENT.name})",
        steps=(Step(GOOD, None), Step(FAIR, SILENCE_S)),
    )


def waiting() -> Panel:
    """Return how many records wait."""
    about = "Records in the source topics that no worker has processed yet."
    return figure(Head("Records that wait", about, SHORT, _TO_PIPELINE), f"sum({WAITING.name})")


def exporters() -> Panel:
    """Return how many exporters publish KPIs."""
    about = (
        "Exporters that have read everything and publish KPIs. An exporter that lags withholds its KPIs, so that an old"
        " value is never taken for a current one."
    )
    return figure(
        Head("Exporters that publish", about, SHORT, _TO_PIPELINE),
        f"sum({_EXPORTER_CURRENT})",
        steps=(Step(BAD, None), Step(GOOD, 1)),
        missing=BAD,
    )


def history() -> Panel:
    """Return how far the data reach back."""
    about = (
        "How far back the data reach. A window that is longer than this holds less than its name says, and for the first"
        " seven days there is no earlier week to compare with."
    )
    return figure(
        Head("Data reach back", about, SECONDS),
        f"time() - min({_DATA_SINCE})",
        steps=(Step(FAIR, None), Step(GOOD, WINDOWS[PREFERRED_WINDOW] / 1000)),
    )


def alerts(kpis: str | None = None) -> Panel:
    """Return how many alerts on KPIs fire; ``kpis`` is a regular expression of the ids that count."""
    matched = ALERTS if kpis is None else f'{ALERTS.removesuffix("}")},kpi=~"{kpis}"}}'
    return figure(
        Head("Alerts that fire", "Alerts on KPIs that fire now. 0 also where no rules are loaded.", SHORT),
        f"count({matched}) or vector(0)",
        steps=(Step(NEUTRAL, None), Step(BAD, 1)),
        filled=True,
    )


def all_of_it(shipped: Shipped) -> list[Panel]:
    """Return everything about freshness, the most important first."""
    return [age(shipped), last_event(), waiting(), exporters(), history(), alerts()]


def in_short(catalogue: Catalogue, shipped: Shipped, family: str) -> list[Panel]:
    """Return the age of the figures, and the alerts on the KPIs of a family."""
    ids = "|".join(kpi.id for kpi in catalogue.values() if kpi.family == family and kpi.enabled)
    return [age(shipped), last_event(), alerts(ids)]

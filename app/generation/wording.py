"""What an alert says.

The same words are generated twice: for the rule with Prometheus' templates in them, and for the rule's tests with the
values that the templates must yield.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.catalogue.alerts import BandAlert, DropAlert
from app.catalogue.model import Kpi
from app.catalogue.naming import WINDOW
from app.catalogue.pages import format_value
from app.config.links import LinkSettings
from app.generation import names
from app.generation.queries import RatioQueries
from app.generation.timing import BAND_HOLD, DROP_HOLD, spoken


@dataclass(frozen=True)
class Fill:
    """What stands in the gaps: the alert's value, the KPI's present value, and the channel."""

    value: str
    now: str
    channel: str


def template(kpi: Kpi, window: str | None) -> Fill:
    """Return the gaps as templates that Prometheus fills."""
    labels = [] if window is None else [f'{WINDOW}="{window}"']
    arguments = ""
    if names.by_channel(kpi):
        labels.append(f"{names.CHANNEL}=%q")
        arguments = f" $labels.{names.CHANNEL}"
    selector = f"{{{','.join(labels)}}}" if labels else ""
    query = f"printf `{names.value_record(kpi)}{selector}`{arguments}"
    return Fill(
        value="{{ $value | humanizePercentage }}",
        now=f"{{{{ with {query} | query }}}}{{{{ . | first | value | humanizePercentage }}}}{{{{ end }}}}",
        channel=f"{{{{ $labels.{names.CHANNEL} }}}}",
    )


def drop_annotations(kpi: Kpi, drop: DropAlert, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a change for the worse since last week."""
    verb, side = ("fell", "below") if kpi.better == "higher" else ("rose", "above")
    over = "" if drop.window is None else f" over {drop.window}"
    samples = kpi.alerts.min_samples
    return {
        "summary": f"{kpi.title} {verb} by {fill.value} against the same hour of last week{_channel(kpi, fill)}",
        "description": (
            f"It is {fill.now} now{over}. For {spoken(DROP_HOLD)} it has been more than"
            f" {format_value(drop.by, 'ratio')} {side} last week's value, on at least {samples} samples then and now."
        ),
        **links_of(names.drop_alert(kpi), kpi.id, links),
    }


def band_annotations(kpi: Kpi, band: BandAlert, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a value outside of its band."""
    title = next((found.title for found in kpi.bands if found.name == band.worse_than), "the objective")
    limit = format_value(RatioQueries(kpi).bound(band.worse_than), kpi.unit)
    direction = "from" if kpi.better == "higher" else "up to"
    return {
        "summary": (
            f"{kpi.title} is {fill.value} over {band.window}, worse than {title} ({direction} {limit})"
            f"{_channel(kpi, fill)}"
        ),
        "description": (
            f"It has been outside of the band for {spoken(BAND_HOLD)}, on at least {kpi.alerts.min_samples} samples. This"
            " is a lasting state, not an incident: look for what has changed over weeks."
        ),
        **links_of(names.band_alert(kpi), kpi.id, links),
    }


def links_of(alert: str, subject: str, links: LinkSettings) -> dict[str, str]:
    """Return the annotations with links; ``subject`` is a KPI's id or `names.PIPELINE`."""
    return {
        "runbook_url": links.runbook.replace("{alert}", alert),
        "dashboard_url": links.dashboard.replace("{kpi}", subject),
    }


def _channel(kpi: Kpi, fill: Fill) -> str:
    return f" (channel {fill.channel})" if names.by_channel(kpi) else ""

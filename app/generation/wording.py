"""What an alert says.

The same words are generated twice: for the rule with Prometheus' templates in them, and for the rule's tests with the
values that the templates must yield.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.catalogue.alerts import BandAlert, DropAlert
from app.catalogue.model import Kpi
from app.catalogue.pages import format_value
from app.config.links import LinkSettings
from app.generation import burn, names
from app.generation.burn import Pace
from app.generation.queries import RESTS_ON, SPREADS, WEEKS, KpiQueries
from app.generation.timing import ANOMALY_HOLD, BAND_HOLD, DROP_HOLD, spoken

_WRITTEN: Final[Mapping[str, str]] = {
    "ratio": "humanizePercentage",
    "seconds": "humanizeDuration",
}
"""How Prometheus writes a value, by the KPI's kind."""


@dataclass(frozen=True)
class Fill:
    """What stands in the gaps: the alert's value as a percentage, the KPI's present value, and the channel."""

    value: str
    now: str
    channel: str


def template(kpi: Kpi, window: str | None) -> Fill:
    """Return the gaps as templates that Prometheus fills."""
    by_channel = names.by_channel(kpi)
    selector = KpiQueries(kpi).selector(window, *([f"{names.CHANNEL}=%q"] if by_channel else []))
    arguments = f" $labels.{names.CHANNEL}" if by_channel else ""
    query = f"printf `{names.value_record(kpi)}{selector}`{arguments}"
    written = _WRITTEN.get(kpi.kind, "printf `%.0f`")
    return Fill(
        value="{{ $value | humanizePercentage }}",
        now=f"{{{{ with {query} | query }}}}{{{{ . | first | value | {written} }}}}{{{{ end }}}}",
        channel=f"{{{{ $labels.{names.CHANNEL} }}}}",
    )


def drop_annotations(kpi: Kpi, drop: DropAlert, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a change for the worse since last week."""
    verb, side = _change(kpi)
    return {
        "summary": f"{kpi.title} {verb} by {fill.value} against the same hour of last week{_channel(kpi, fill)}",
        "description": (
            f"It is {fill.now} now{_over(drop.window)}. For {spoken(DROP_HOLD)} it has been more than"
            f" {format_value(drop.by, 'ratio')} {side} last week's value, {_rests(kpi)}."
        ),
        **links_of(names.drop_alert(kpi), kpi.id, links),
    }


def unusual_annotations(kpi: Kpi, drop: DropAlert, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a change for the worse since the last three weeks."""
    verb, side = _change(kpi)
    return {
        "summary": (
            f"{kpi.title} {verb} by {fill.value} against the usual value of this hour{_channel(kpi, fill)}"
        ),
        "description": (
            f"It is {fill.now} now{_over(drop.window)}. For {spoken(DROP_HOLD)} it has been more than"
            f" {format_value(drop.by, 'ratio')} {side} the median of the same hour in the last {WEEKS} weeks, so no single"
            " odd week explains it."
        ),
        **links_of(names.unusual_alert(kpi), kpi.id, links),
    }


def band_annotations(kpi: Kpi, band: BandAlert, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a value outside of its band."""
    title = next((found.title for found in kpi.bands if found.name == band.worse_than), "the objective")
    limit = format_value(KpiQueries(kpi).bound(band.worse_than), kpi.unit)
    direction = "from" if kpi.better == "higher" else "up to"
    return {
        "summary": (
            f"{kpi.title} is {fill.now} over {band.window}, worse than {title} ({direction} {limit})"
            f"{_channel(kpi, fill)}"
        ),
        "description": (
            f"It has been outside of the band for {spoken(BAND_HOLD)}, on at least {kpi.alerts.min_samples} samples. This"
            " is a lasting state, not an incident: look for what has changed over weeks."
        ),
        **links_of(names.band_alert(kpi), kpi.id, links),
    }


def anomaly_annotations(kpi: Kpi, window: str | None, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a value far outside of its usual spread."""
    _, side = _change(kpi)
    return {
        "summary": f"{kpi.title}: {fill.now}{_over(window)}, which is unusual{_channel(kpi, fill)}",
        "description": (
            f"For {spoken(ANOMALY_HOLD)} it has been more than {SPREADS} standard deviations {side} the mean of the last"
            " week. Nobody is called for this; it is a hint where to look when something else is wrong."
        ),
        **links_of(names.anomaly_alert(kpi), kpi.id, links),
    }


def burn_annotations(kpi: Kpi, pace: Pace, links: LinkSettings, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on an error budget that is spent too fast."""
    allowed, limit = (format_value(share, "ratio") for share in (burn.budget(kpi), burn.limit(kpi, pace)))
    return {
        "summary": (
            f"{kpi.title}: {fill.value} bad outcomes over {pace.long}, the objective allows {allowed}"
            f"{_channel(kpi, fill)}"
        ),
        "description": (
            f"For {spoken(pace.hold)} more than {limit} of the outcomes have been bad, over {pace.long} as well as over"
            f" {pace.short}: it has gone on for a while, and it still does."
        ),
        **links_of(names.burn_alert(kpi, pace.name), kpi.id, links),
    }


def links_of(alert: str, subject: str, links: LinkSettings) -> dict[str, str]:
    """Return the annotations with links; ``subject`` is a KPI's id or `names.PIPELINE`."""
    return {
        "runbook_url": links.runbook.replace("{alert}", alert),
        "dashboard_url": links.dashboard.replace("{kpi}", subject),
    }


def _channel(kpi: Kpi, fill: Fill) -> str:
    return f" (channel {fill.channel})" if names.by_channel(kpi) else ""


def _change(kpi: Kpi) -> tuple[str, str]:
    return ("fell", "below") if kpi.better == "higher" else ("rose", "above")


def _over(window: str | None) -> str:
    return "" if window is None else f" over {window}"


def _rests(kpi: Kpi) -> str:
    least = kpi.alerts.min_samples
    if RESTS_ON[kpi.kind] is None:
        return f"which was at least {least}"
    return f"on at least {least} samples then and now"

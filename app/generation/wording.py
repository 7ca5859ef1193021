"""What an alert says.

The same words are generated twice: for the rule with Prometheus' templates in them, and for the rule's tests with the
values that the templates must yield.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.catalogue.alerts import BandAlert, BurstAlert, DropAlert
from app.catalogue.model import Kpi
from app.catalogue.pages import format_value
from app.config.links import LinkSettings
from app.generation import burn, names
from app.generation.burn import Pace
from app.generation.context import Context
from app.generation.queries import SPREADS, WEEKS, KpiQueries
from app.generation.timing import spoken
from app.generation.values import template_of


@dataclass(frozen=True)
class Fill:
    """What stands in the gaps: the alert's value as a percentage, the KPI's present value, and the labels it is about."""

    value: str
    now: str
    labels: Mapping[str, str]


def template(kpi: Kpi, window: str | None, context: Context) -> Fill:
    """Return the gaps as templates that Prometheus fills."""
    kept = names.kept_labels(kpi)
    selector = KpiQueries(kpi, context.times).selector(window, *(f"{label}=%q" for label in kept))
    arguments = "".join(f" $labels.{label}" for label in kept)
    query = f"printf `{names.value_record(kpi)}{selector}`{arguments}"
    return Fill(
        value="{{ $value | humanizePercentage }}",
        now=f"{{{{ with {query} | query }}}}{{{{ . | first | value | {template_of(kpi)} }}}}{{{{ end }}}}",
        labels={label: f"{{{{ $labels.{label} }}}}" for label in kept},
    )


def drop_annotations(kpi: Kpi, drop: DropAlert, context: Context, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a change for the worse since last week."""
    verb, side = _change(kpi)
    return {
        "summary": f"{kpi.title} {verb} by {fill.value} against the same hour of last week{_where(fill)}",
        "description": (
            f"It is {fill.now} now{_over(drop.window)}. For {spoken(context.times.drop_hold_ms)} it has been more than"
            f" {format_value(drop.by, 'ratio')} {side} last week's value{_rests(kpi, context)}."
        ),
        **links_of(names.drop_alert(kpi), kpi.id, context.links),
    }


def unusual_annotations(kpi: Kpi, drop: DropAlert, context: Context, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a change for the worse since the last three weeks."""
    verb, side = _change(kpi)
    return {
        "summary": f"{kpi.title} {verb} by {fill.value} against the usual value of this hour{_where(fill)}",
        "description": (
            f"It is {fill.now} now{_over(drop.window)}. For {spoken(context.times.drop_hold_ms)} it has been more than"
            f" {format_value(drop.by, 'ratio')} {side} the median of the same hour in the last {WEEKS} weeks, so no single"
            " odd week explains it."
        ),
        **links_of(names.unusual_alert(kpi), kpi.id, context.links),
    }


def band_annotations(kpi: Kpi, band: BandAlert, context: Context, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a value outside of its band."""
    queries = KpiQueries(kpi, context.times)
    title = next((found.title for found in kpi.bands if found.name == band.worse_than), "the objective")
    limit = format_value(queries.bound(band.worse_than), kpi.unit)
    direction = "from" if kpi.better == "higher" else "up to"
    least = f", on at least {kpi.alerts.min_samples} samples" if queries.rests_on is not None else ""
    return {
        "summary": (
            f"{kpi.title} is {fill.now}{_over(band.window)}, worse than {title} ({direction} {limit}){_where(fill)}"
        ),
        "description": (
            f"It has been outside of the band for {spoken(context.times.band_hold_ms)}{least}. This"
            " is a lasting state, not an incident: look for what has changed over weeks."
        ),
        **links_of(names.band_alert(kpi), kpi.id, context.links),
    }


def anomaly_annotations(kpi: Kpi, window: str | None, context: Context, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on a value far outside of its usual spread."""
    _, side = _change(kpi)
    return {
        "summary": f"{kpi.title}: {fill.now}{_over(window)}, which is unusual{_where(fill)}",
        "description": (
            f"For {spoken(context.times.anomaly_hold_ms)} it has been more than {SPREADS} standard deviations {side} the"
            " mean of the last week. Nobody is called for this; it is a hint where to look when something else is wrong."
        ),
        **links_of(names.anomaly_alert(kpi), kpi.id, context.links),
    }


def burst_annotations(kpi: Kpi, burst: BurstAlert, context: Context, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on far more items than last week."""
    return {
        "summary": f"{kpi.title}: its denominator is {fill.value} of that of the same hour of last week{_where(fill)}",
        "description": (
            f"For {spoken(context.times.drop_hold_ms)} it has been more than {burst.times:g} times as large as in the hour around"
            f" the same moment a week ago, and larger than {kpi.alerts.min_samples}. The value itself is"
            f" {fill.now}{_over(burst.window)}."
        ),
        **links_of(names.burst_alert(kpi), kpi.id, context.links),
    }


def burn_annotations(kpi: Kpi, pace: Pace, context: Context, fill: Fill) -> Mapping[str, str]:
    """Return the annotations of the alert on an error budget that is spent too fast."""
    allowed, limit = (format_value(share, "ratio") for share in (burn.budget(kpi), burn.limit(kpi, pace)))
    return {
        "summary": (
            f"{kpi.title}: {fill.value} bad outcomes over {pace.long}, the objective allows {allowed}{_where(fill)}"
        ),
        "description": (
            f"For {spoken(pace.hold(context.times))} more than {limit} of the outcomes have been bad, over {pace.long} as"
            f" well as over {pace.short}: it has gone on for a while, and it still does."
        ),
        **links_of(names.burn_alert(kpi, pace.name), kpi.id, context.links),
    }


def links_of(alert: str, subject: str, links: LinkSettings) -> dict[str, str]:
    """Return the annotations with links; ``subject`` is a KPI's id or `names.PIPELINE`."""
    return {
        "runbook_url": links.runbook.replace("{alert}", alert),
        "dashboard_url": links.dashboard.replace("{kpi}", subject),
    }


def _where(fill: Fill) -> str:
    labels = ", ".join(f"{label} {value}" for label, value in fill.labels.items())
    return f" ({labels})" if labels else ""


def _change(kpi: Kpi) -> tuple[str, str]:
    return ("fell", "below") if kpi.better == "higher" else ("rose", "above")


def _over(window: str | None) -> str:
    return "" if window is None else f" over {window}"


def _rests(kpi: Kpi, context: Context) -> str:
    least, queries = kpi.alerts.min_samples, KpiQueries(kpi, context.times)
    if queries.rests_on is not None:
        return f", on at least {least} samples then and now"
    return f", which was at least {least}" if queries.rests_on_itself else ""

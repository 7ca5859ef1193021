"""A KPI's value in the text of an alert: the template, and what Prometheus makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.catalogue.model import Kind, Kpi

_TEMPLATES: Final[Mapping[Kind, str]] = {
    "ratio": "humanizePercentage",
    "quotient": "printf `%.3g`",
    "count": "printf `%.0f`",
    "level": "printf `%.0f`",
    "score": "printf `%.1f`",
    "amount": "printf `%.0f`",
    "seconds": "humanizeDuration",
    "distribution": "printf `%.3g`",
}


def template_of(kpi: Kpi) -> str:
    """Return the function of Prometheus' templates that writes the value."""
    return _TEMPLATES[kpi.kind]


def written(kpi: Kpi, value: float) -> str:
    """Return the value as that function writes it."""
    match kpi.kind:
        case "ratio":
            return percent(value)
        case "seconds":
            return humane(value)
        case "quotient" | "distribution":
            return f"{value:.3g}"
        case "score":
            return f"{value:.1f}"
    return f"{value:.0f}"


def percent(value: float) -> str:
    """Return ``value`` as `humanizePercentage` writes it."""
    return f"{value * 100:.4g}%"


def humane(seconds: float) -> str:
    """Return seconds, none or at least one, as `humanizeDuration` writes them."""
    if seconds == 0:
        return "0s"
    whole = int(seconds)
    days, hours, minutes = whole // 86_400, whole // 3_600 % 24, whole // 60 % 60
    if days:
        return f"{days}d {hours}h {minutes}m {whole % 60}s"
    if hours:
        return f"{hours}h {minutes}m {whole % 60}s"
    if minutes:
        return f"{minutes}m {whole % 60}s"
    return f"{seconds:.4g}s"

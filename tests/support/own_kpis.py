"""An overlay with own measures of every kind, for tests of everything that they go through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from app.overlay.read import Overlay, read_overlay
from tests.app.catalogue.conftest import LISTS, TWELVE

EVENT_WINDOWS: Final = ("5m", "30m", "1h", "6h", "1d", "7d", "30d")
CUSTOMER_WINDOWS: Final = ("1h", "1d", "7d", "30d")

MEASURES: Final[Mapping[str, Mapping[str, Any]]] = {
    "rich_searches": {
        "events": "help.searched",
        "where": {"data.results": {"at_least": 2}},
        "count": "events",
        "dimensions": ["platform", "plan"],
    },
    "use": {
        "events": ["feature.used", "session.started", "page.viewed"],
        "count": "events",
        "dimensions": ["platform"],
    },
    "agent_talk": {
        "events": "conversation.message",
        "where": {"data.actor": ["agent", "bot"], "data.public": True, "channel": {"present": True}},
        "count": "events",
        "dimensions": ["channel", "data.actor"],
    },
    "silent_uses": {
        "events": "feature.used",
        "where": {"data.core": False, "plan": {"present": False}},
        "count": "events",
    },
    "readers": {
        "events": ["help.article_viewed", "help.searched"],
        "count": "customers",
        "dimensions": ["platform", "plan", "segment"],
    },
    "happy": {
        "events": "survey.responded",
        "where": {"data.kind": "csat", "data.score": {"above": 3}},
        "count": "customers",
        "dimensions": ["data.survey"],
    },
    "revenue": {
        "events": ["subscription.started", "subscription.changed"],
        "where": {"data.currency": ["eur", "USD"]},
        "count": {"sum": "data.mrr_delta"},
        "dimensions": ["plan", "data.currency"],
    },
    "scores": {
        "events": "survey.responded",
        "count": {"distribution": "data.score"},
        "dimensions": ["data.kind"],
    },
    "wait": {"events": "enhancement.shipped", "count": {"distribution": "data.requested_at"}},
}


def kpi(**changes: Any) -> dict[str, Any]:
    """The definition of a KPI as a user writes it, but for what it reads."""
    return {
        "title": "A title",
        "unit": "things",
        "better": "higher",
        "review": "weekly",
        "attributes": {name: ["A point."] if name in LISTS else "A text." for name in TWELVE},
        **changes,
    }


def kpi_over(name: str, measure: Mapping[str, Any]) -> dict[str, Any]:
    """A KPI that shows one measure as it is."""
    dimensions = [field.rpartition(".")[2] for field in measure.get("dimensions", ())]
    shown: dict[str, Any] = {"dimensions": dimensions, "windows": list(EVENT_WINDOWS)}
    if measure["count"] == "customers":
        shown["windows"] = list(CUSTOMER_WINDOWS)
    if isinstance(measure["count"], dict) and "distribution" in measure["count"]:
        value = {"form": "distribution", "read": {"measure": name}, "sums": {"measure": f"{name}_sum"}}
        return kpi(kind="distribution", value=value, help={"value": "A", "observations": "B"}, **shown)
    return kpi(kind="count", value={"form": "level", "read": {"measure": name}}, help={"value": "A"}, **shown)


def overlay_of(measures: Mapping[str, Mapping[str, Any]] = MEASURES) -> dict[str, Any]:
    """An overlay with these measures, and a KPI `own_…` over each."""
    return {
        "measures": {name: dict(measure) for name, measure in measures.items()},
        "kpis": {f"own_{name}": kpi_over(name, measure) for name, measure in measures.items()},
    }


def written(file: Path, overlay: Mapping[str, Any]) -> Path:
    """Write an overlay file."""
    file.write_text(yaml.dump(overlay, Dumper=_Plain, sort_keys=False))
    return file


def read(file: Path, overlay: Mapping[str, Any]) -> Overlay:
    """Write an overlay file and read it as the product does."""
    return read_overlay(written(file, overlay))


class _Plain(yaml.SafeDumper):
    """Writes everything out."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True

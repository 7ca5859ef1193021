"""Catalogues that are not shipped: of every form that a KPI can have, with every alert that it can ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from app.catalogue.alerts import BURN_RATE_WINDOWS, AlertSettings, BandAlert, BurstAlert, DropAlert
from app.catalogue.load import Catalogue, check_catalogue, parse_kpi
from app.catalogue.model import Kpi
from app.catalogue.targets import Band, Better
from tests.app.catalogue.conftest import document
from tests.app.catalogue.test_frame import MEASURES, WRITTEN


def catalogue(written: Mapping[str, Mapping[str, Any]]) -> Catalogue:
    """Return a catalogue of KPIs as a user writes them, all of the family support."""
    kpis = {}
    for name, given in written.items():
        keys = dict(given)
        families = list(keys.pop("families"))
        stem = keys.get("metric", name)
        suffixes = [family.removeprefix(f"kpi_{stem}").removeprefix("_") for family in families]
        about = dict.fromkeys(["value", *suffixes[1:]], f"A line about {name}")
        base = document(id=name, title=name.replace("_", " "), windows=[], dimensions=[], help=about)
        kpis[name] = parse_kpi(base | keys, f"{name}.yaml")
    return check_catalogue(Catalogue(kpis, {"support": "Support", "growth": "Growth"}), MEASURES)


COUNTED: dict[str, dict[str, Any]] = {
    "visits": {
        "kind": "count",
        "unit": "visits",
        "value": {"form": "level", "read": {"measure": "mentions", "how": "event"}},
        "windows": ["1h", "1d"],
        "families": {"kpi_visits": ["window"]},
    },
    "conversion": {
        "kind": "quotient",
        "unit": "sales a visit",
        "value": {
            "form": "ratio",
            "numerator": {"measure": "ratings", "how": "event"},
            "denominator": {"measure": "requests", "how": "event"},
        },
        "windows": ["7d"],
        "dimensions": [{"name": "channel"}],
        "families": {
            "kpi_conversion_quotient": ["window", "channel"],
            "kpi_conversion_numerator": ["window", "channel"],
            "kpi_conversion_denominator": ["window", "channel"],
        },
    },
    "answered_in_time": {
        "kind": "ratio",
        "value": {
            "form": "ratio",
            "numerator": {"measure": "requests", "how": "event", "where": {"answered": ["1"]}},
            "denominator": {"measure": "requests", "how": "event"},
            "split": {
                "label": "way",
                "whole": "any",
                "parts": {
                    "mail": {"measure": "requests", "how": "event", "where": {"answered": ["1"]}},
                },
            },
        },
        "windows": ["5m", "30m", "1h", "6h", "7d"],
        "dimensions": [{"name": "channel"}, {"name": "survey"}],
        "families": {
            "kpi_answered_in_time_ratio": ["window", "way", "channel", "survey"],
            "kpi_answered_in_time_numerator": ["window", "way", "channel", "survey"],
            "kpi_answered_in_time_denominator": ["window", "channel", "survey"],
        },
    },
}
"""What the forms of the catalogue's own tests lack."""


def watched() -> Catalogue:
    """Return KPIs of every form that ask for all alerts they can have; of every kind where high and where low is good."""
    plain = catalogue({name: {**given, "enabled": True} for name, given in (WRITTEN | COUNTED).items()})
    kinds: set[str] = set()
    kpis: dict[str, Kpi] = {}
    for one in plain.values():
        betters: tuple[Better, ...] = (one.better,) if one.kind in kinds else ("higher", "lower")
        kinds.add(one.kind)
        kpis |= {kpi.id: kpi for kpi in _ways(one, betters)}
    return Catalogue(kpis, plain.families)


def _ways(kpi: Kpi, betters: tuple[Better, ...]) -> Iterator[Kpi]:
    for better in betters:
        name, stem = f"{kpi.id}_{better}", f"{kpi.stem}_{better}"
        yield with_all_alerts(
            msgspec.structs.replace(kpi, id=name, metric=stem, title=f"{kpi.title} {better}", better=better)
        )


def with_all_alerts(kpi: Kpi) -> Kpi:
    """Return the KPI with two bands, an objective, and every alert that goes with its kind and windows."""
    ratio = kpi.kind == "ratio"
    bound = 0.6 if ratio else 130_000.0
    good = (
        Band("good", "Good", at_least=bound) if kpi.better == "higher" else Band("good", "Good", below=bound)
    )
    poor = (
        Band("poor", "Poor", below=bound) if kpi.better == "higher" else Band("poor", "Poor", at_least=bound)
    )
    window = next(iter(kpi.windows), None)
    has_burst = kpi.kind in ("ratio", "quotient") and kpi.split_label is None
    alerts = AlertSettings(
        band=BandAlert("good", window=kpi.windows[-1] if kpi.windows else None),
        drop=DropAlert(by=0.2, window=window),
        anomaly=True,
        burst=BurstAlert(4, window=window) if has_burst and window is not None else None,
        burn_rate=ratio and set(BURN_RATE_WINDOWS) <= {*kpi.windows},
        stat="p75" if kpi.kind in ("seconds", "distribution") else None,
    )
    return msgspec.structs.replace(
        kpi, bands=(good, poor), objective=0.8 if ratio and kpi.better == "higher" else bound, alerts=alerts
    )

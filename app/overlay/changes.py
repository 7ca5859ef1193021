"""Changes of the KPIs that the catalogue has: targets, alerts, fewer dimensions or windows, on or off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.catalogue.errors import CatalogueError
from app.catalogue.load import parse_kpi
from app.catalogue.model import Kpi
from app.catalogue.reads import Computed, Level
from app.config.source import Located, Problem
from app.overlay.kpis import copied, problem_of
from app.overlay.located import inner, mapping, plain, unknown
from streams.core.time import DAY

CHANGEABLE: Final = (
    *("enabled", "objective", "bands", "benchmarks", "cases", "alerts", "windows", "dimensions", "review"),
)
"""Keys of a KPI that can be changed. What is counted cannot: that would be another KPI, under the same name."""

NONE: Final = "none"
"""Takes away what the catalogue says."""


def read_change(kpi: Kpi, found: Located, problems: list[Problem]) -> Kpi:
    """Return a KPI of the catalogue with what is written changed; as it was where ``problems`` says what is wrong."""
    key = f"changes.{kpi.id}"
    before = len(problems)
    entries = mapping(found, key, problems)
    for name, value in entries.items():
        if name not in CHANGEABLE:
            problems.append(unknown(value, f"{key}.{name}", name, CHANGEABLE, "or fixed key"))
    if len(problems) > before:
        return kpi
    document = copied(kpi)
    try:
        for name, value in entries.items():
            _CHANGES.get(name, _replace)(kpi, document, name, value)
        return parse_kpi(document, found.where, expect=kpi.id)
    except CatalogueError as error:
        if error.key == "alerts" and "alerts" not in entries:
            error.problem += "; change the alert as well, or write alerts: none"
        problems.append(problem_of(error, found, key, document))
        return kpi


def _replace(kpi: Kpi, document: dict[str, Any], name: str, value: Located) -> None:
    del kpi
    written = plain(value)
    document[name] = None if name == "objective" and written == NONE else written


def _fewer_windows(kpi: Kpi, document: dict[str, Any], name: str, value: Located) -> None:
    wanted = _names(kpi, name, value)
    _check_fewer(kpi, name, wanted, kpi.windows)
    document[name] = [window for window in kpi.windows if window in wanted]
    if isinstance(kpi.value, Level) and kpi.value.day is not None and DAY not in wanted:
        document["value"]["day"] = None
        for dimension in document["dimensions"]:
            dimension["measures"].pop(kpi.value.day.measure, None)


def _fewer_dimensions(kpi: Kpi, document: dict[str, Any], name: str, value: Located) -> None:
    wanted = _names(kpi, name, value)
    _check_fewer(kpi, name, wanted, [dimension.name for dimension in kpi.dimensions])
    kept = [dimension["name"] for dimension in document[name] if dimension["name"] in wanted]
    if isinstance(kpi.value, Computed) and len(kept) < len(kpi.dimensions):
        raise CatalogueError(
            kpi.id, name, "this KPI's dimensions belong to how it is computed; leave them all"
        )
    for dimension in kpi.dimensions:
        if not dimension.overall and dimension.name not in wanted:
            raise CatalogueError(
                kpi.id, name, f"{dimension.name} has to stay: values of different ones are never added up"
            )
    gone = {dimension.name for dimension in kpi.dimensions} - set(wanted)
    document[name] = [dimension for dimension in document[name] if dimension["name"] not in gone]
    for extra in document["extras"]:
        extra[name] = [dimension for dimension in extra[name] if dimension["name"] not in gone]


def _names(kpi: Kpi, name: str, value: Located) -> list[str]:
    written = plain(value)
    if not isinstance(written, list) or not all(isinstance(one, str) for one in written):
        raise CatalogueError(kpi.id, name, "a list of names is allowed, of those that the KPI has")
    return written


def _check_fewer(kpi: Kpi, name: str, wanted: list[str], had: Any) -> None:
    for index, one in enumerate(wanted):
        if one not in had:
            what = name.removesuffix("s")
            raise CatalogueError(
                kpi.id, f"{name}[{index}]", f"the KPI has no {what} {one!r}, only {', '.join(had) or 'none'}"
            )


def _alerts(kpi: Kpi, document: dict[str, Any], name: str, value: Located) -> None:
    """Each key replaces its own; `none` in the place of all takes every alert away."""
    written = plain(value)
    alerts: dict[str, Any] = document[name]
    if written in (None, NONE):
        written = {"band": None, "drop": None, "anomaly": False, "burn_rate": False, "burst": None}
    if not isinstance(written, Mapping):
        raise CatalogueError(kpi.id, name, "keys with values are allowed, or none")
    for key, one in written.items():
        alerts[key] = None if one == NONE else one
    if not (alerts.get("band") or alerts.get("drop") or alerts.get("anomaly")) and "stat" not in written:
        # The statistic that alerts watch, where none is left.
        alerts["stat"] = None


_CHANGES: Final = {"windows": _fewer_windows, "dimensions": _fewer_dimensions, "alerts": _alerts}


def switched_off(found: Located) -> bool:
    """Whether a change switches its KPI off."""
    value, there = inner(found, "enabled")
    return there and value.content is False

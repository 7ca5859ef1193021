"""The measures: what contributions count, by which cells, and how they are read.

A *cell* is a tuple of values, one for each field. Panes hold one number for each (measure, cell, minute); KPIs in
the catalogue name measures, filter and project their cells, and so need no code of their own.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal["event", "last", "edge", "day"]
Cell = tuple[str | int, ...]


Contribution = tuple[str, Cell, int, int]
"""What facts contribute to the panes: measure, cell, minute (for day measures the local day), number."""


class Measure(NamedTuple):
    """One quantity that panes hold."""

    name: str
    kind: Kind
    fields: tuple[str, ...]
    counts: str


MEASURES: Final[dict[str, Measure]] = {
    m.name: m
    for m in (
        Measure(
            "eligible", "edge", ("plan", "segment", "role"), "customers that become or cease to be eligible"
        ),
        Measure(
            "active", "last", ("plan", "segment", "role", "eligible"), "customers at their last active event"
        ),
        Measure(
            "active_by_platform", "last", ("platform",), "customers at their last active event on a platform"
        ),
        Measure(
            "active_days",
            "day",
            ("plan", "segment", "role"),
            "customers on each local day with an active event",
        ),
        Measure("active_days_by_platform", "day", ("platform",), "the same, for each platform"),
        Measure(
            "self_service",
            "last",
            ("plan", "segment", "role"),
            "eligible customers at their last self-service action",
        ),
        Measure("self_service_by_channel", "last", ("channel",), "the same, for each channel"),
        Measure(
            "issues",
            "event",
            ("outcome", "self_service", "channel", "plan", "segment"),
            "issues that have an outcome",
        ),
        Measure(
            "conversations_served",
            "event",
            ("result", "channel"),
            "conversations served, or abandoned before",
        ),
        Measure(
            "time_to_resolution",
            "event",
            ("channel", "resolver", "bucket"),
            "first resolutions by duration bucket",
        ),
        Measure(
            "time_to_resolution_ms",
            "event",
            ("channel", "resolver"),
            "milliseconds from start to first resolution",
        ),
        Measure(
            "resolved_first",
            "event",
            ("channel", "reopened"),
            "conversations ever resolved, at their first resolution",
        ),
    )
}
"""Every measure by name. `eligible`, `reopened` and `self_service` are the strings "0" and "1"; `bucket` is an integer."""

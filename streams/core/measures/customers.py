"""Measures over customers: eligibility, activity, self-service."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure(
        "eligible",
        "edge",
        ("plan", "segment", "role", "alone"),
        "customers that become or cease to be eligible; alone: the customer is an account of its own",
    ),
    Measure(
        "active",
        "last",
        ("plan", "segment", "role", "eligible", "alone"),
        "customers at their last active event",
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
    Measure("active_last_day", "recent", ("plan",), "customers at the last local day with an active event"),
    Measure("active_days_by_platform", "day", ("platform",), "the same, for each platform"),
    Measure(
        "self_service",
        "last",
        ("plan", "segment", "role"),
        "eligible customers at their last self-service action",
    ),
    Measure("self_service_by_channel", "last", ("channel",), "the same, for each channel"),
    Measure(
        "self_service_active",
        "last",
        ("plan", "segment", "role"),
        "eligible customers at the last minute since which they had both a self-service action and an active event; if configured",
    ),
    Measure(
        "self_service_active_by_channel",
        "last",
        ("channel",),
        "the same, with the action on each channel and activity anywhere",
    ),
)

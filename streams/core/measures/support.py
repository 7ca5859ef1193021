"""Measures over issues and conversations."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
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

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
    Measure(
        "bot_conversations",
        "event",
        ("result", "channel", "bot"),
        "conversations with an outcome in which a bot replied or handed off",
    ),
    Measure(
        "self_resolved_first",
        "event",
        ("held", "channel"),
        "issues resolved without an agent, seven days after their first such resolution",
    ),
    Measure(
        "first_response",
        "event",
        ("channel", "bucket"),
        "first public replies by the time the customer waited",
    ),
    Measure(
        "first_response_ms",
        "event",
        ("channel",),
        "milliseconds that customers waited for the first public reply",
    ),
    Measure("open_conversations", "edge", ("channel", "age"), "conversations open at an age"),
    Measure("pending_issues", "edge", ("channel",), "issues inside their assumption time"),
    Measure("help_sessions", "event", ("channel",), "help sessions at their first minute"),
    Measure("ticket_customers", "last", (), "customers at their last contact with an agent"),
)

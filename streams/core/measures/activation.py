"""Measures over new customers: activation, first value, key action, and the activities they complete."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure(
        "activations",
        "event",
        ("plan", "platform", "reached"),
        "new customers that are activated, or were not in time",
    ),
    Measure("first_values", "event", ("plan", "platform", "bucket"), "first values by duration bucket"),
    Measure("first_value_ms", "event", ("plan", "platform"), "milliseconds from signup to first value"),
    Measure(
        "first_value_waiting", "edge", ("plan", "platform"), "customers that begin or cease to wait for it"
    ),
    Measure("key_actions", "event", ("plan", "bucket"), "first key actions by duration bucket"),
    Measure("key_action_ms", "event", ("plan",), "milliseconds from signup to first key action"),
    Measure("activities", "event", ("activity",), "activities completed"),
)

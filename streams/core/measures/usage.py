"""Measures over sessions, features and core actions."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure("sessions", "event", ("plan",), "sessions begun, under the plan of the event"),
    Measure("feature_users", "last", ("plan",), "eligible customers at their last use of any feature"),
    Measure("feature_users_by_feature", "last", ("feature",), "the same, for each feature"),
    Measure("feature_starters", "last", (), "eligible customers at their latest first use of a feature"),
    Measure(
        "feature_starters_by_feature",
        "last",
        ("feature",),
        "eligible customers at their first use of each feature",
    ),
    Measure("core_actions", "event", ("feature",), "uses of core features"),
)

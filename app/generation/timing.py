"""How long something must be true before an alert fires, in minutes, and why that long."""

from __future__ import annotations

from typing import Final

DROP_HOLD: Final = 30
"""Half the shortest window that drops are watched on: one odd minute is out of sight, an incident is not."""

BAND_HOLD: Final = 60
BAND_KEEP: Final = 30
"""A value over days crosses its bound back and forth for a while; nobody needs to hear of each crossing."""

ANOMALY_HOLD: Final = 30
"""As a drop: it is the same hour that looks odd."""

BURN_FAST_HOLD: Final = 2
BURN_SLOW_HOLD: Final = 15
"""The longer window already says that it lasts; these only keep one odd evaluation from calling somebody."""

STALLED_HOLD: Final = 1
"""Shorter than those of all alerts that it mutes."""

ABSENT_HOLD: Final = 5
"""Longer than an exporter takes to start again."""

NO_EVENTS_HOLD: Final = 5
BEHIND_HOLD: Final = 10
"""Longer than a take-over of partitions, during which records pile up by design."""

AT_ONCE: Final = 0
"""For what has happened, as opposed to what is the case: it does not become truer by waiting."""


def duration(minutes: int) -> str:
    """Return the duration as Prometheus writes it."""
    return f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes}m"


def spoken(minutes: int) -> str:
    """Return the duration in words."""
    if minutes % 60:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    return "an hour" if minutes == 60 else f"{minutes // 60} hours"

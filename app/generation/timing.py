"""How long something must be true before an alert fires, in minutes, and why that long."""

from __future__ import annotations

from typing import Final

DROP_HOLD: Final = 30
"""Half the shortest window that drops are watched on: one odd minute is out of sight, an incident is not."""

BAND_HOLD: Final = 60
BAND_KEEP: Final = 30
"""A value over days crosses its bound back and forth for a while; nobody needs to hear of each crossing."""

STALLED_HOLD: Final = 2
"""Shorter than those of all alerts that it mutes."""

ABSENT_HOLD: Final = 5
"""Longer than an exporter takes to start again."""


def duration(minutes: int) -> str:
    """Return the duration as Prometheus writes it."""
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def spoken(minutes: int) -> str:
    """Return the duration in words."""
    if minutes % 60:
        return f"{minutes} minutes"
    return "an hour" if minutes == 60 else f"{minutes // 60} hours"

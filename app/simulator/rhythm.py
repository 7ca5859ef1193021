"""The rhythm of a day and a week: when people use a product for work."""

from __future__ import annotations

from typing import Final

_HOUR_MS: Final = 3_600_000
_WEEK_HOURS: Final = 7 * 24
# 1 January 1970 was a Thursday: so many hours after a Monday's midnight.
_EPOCH_HOURS: Final = 3 * 24

_DAY: Final = (
    *(0.18, 0.12, 0.10, 0.10, 0.14, 0.28, 0.60, 1.10, 1.75, 2.05, 2.10, 1.95),
    *(1.55, 1.75, 2.00, 1.95, 1.75, 1.40, 1.05, 0.85, 0.70, 0.55, 0.40, 0.27),
)
_WEEK: Final = (1.20, 1.22, 1.20, 1.15, 1.00, 0.55, 0.60)


def _normalised() -> tuple[float, ...]:
    weights = [day * hour for day in _WEEK for hour in _DAY]
    mean = sum(weights) / len(weights)
    return tuple(weight / mean for weight in weights)


_HOURS: Final = _normalised()
"""Traffic at each full hour of the week from Monday 00:00 UTC, relative to the mean."""


def rhythm(time_ms: int, strength: float) -> float:
    """Return the traffic at an instant relative to the mean of a week.

    ``strength`` 0 is always 1; 1 swings from about a tenth (nights, weekends) to about twice the mean (working hours).
    Linear between full hours, so that the mean over a week is exactly 1.
    """
    if not strength:
        return 1.0
    hours, rest = divmod(time_ms, _HOUR_MS)
    hour = (hours + _EPOCH_HOURS) % _WEEK_HOURS
    here, following = _HOURS[hour], _HOURS[(hour + 1) % _WEEK_HOURS]
    weight = here + (following - here) * rest / _HOUR_MS
    return 1.0 + strength * (weight - 1.0)

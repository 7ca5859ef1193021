"""The rhythm of day and week."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from app.simulator.rhythm import rhythm
from tests.app.simulator.samples import DAY, HOUR, MINUTE, MONDAY, events


def test_the_mean_of_a_week_is_one() -> None:
    minutes = [rhythm(MONDAY + minute * MINUTE, 1.0) for minute in range(7 * 24 * 60)]
    assert sum(minutes) / len(minutes) == pytest.approx(1.0, abs=1e-9)


def test_working_hours_are_busy_nights_and_weekends_are_not() -> None:
    tuesday_morning = rhythm(MONDAY + DAY + 10 * HOUR, 1.0)
    tuesday_night = rhythm(MONDAY + DAY + 3 * HOUR, 1.0)
    sunday_morning = rhythm(MONDAY + 6 * DAY + 10 * HOUR, 1.0)
    assert tuesday_morning > 2
    assert tuesday_night < 0.15
    assert 0.4 < sunday_morning / tuesday_morning < 0.7


def test_it_is_continuous() -> None:
    values = [rhythm(MONDAY + minute * MINUTE, 1.0) for minute in range(7 * 24 * 60 + 1)]
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.02


def test_strength_scales_it_and_none_is_flat() -> None:
    at = MONDAY + 3 * HOUR
    assert rhythm(at, 0.0) == 1.0
    assert rhythm(at, 0.5) == pytest.approx((1 + rhythm(at, 1.0)) / 2)


def test_simulated_traffic_follows_it() -> None:
    week = events("daily", customers=4_000, rate=0.2, duration_ms=7 * DAY)
    assert len({e.value for e in week}) == pytest.approx(0.2 * 7 * 86_400, rel=0.05)
    by_hour = Counter((event.time_ms - MONDAY) // HOUR % 24 for event in week)
    assert by_hour[10] > 6 * by_hour[3]
    by_day = Counter((event.time_ms - MONDAY) // DAY for event in week)
    assert by_day[1] > 1.6 * by_day[6]

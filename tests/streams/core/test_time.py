"""Minutes, windows and local days."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.time import (
    ALL,
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    WINDOWS,
    Calendar,
    deadline_minute,
    reached,
    window_span,
)

INSTANTS = st.integers(0, 4_000_000_000_000)
ZONES = [
    "UTC",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Africa/Cairo",
]


@given(INSTANTS)
def test_a_minute_is_reached_once_t_lies_after_its_beginning(at: int) -> None:
    assert (reached(at) - 1) * MINUTE_MS < at <= reached(at) * MINUTE_MS


@given(INSTANTS)
def test_a_deadline_counts_at_the_next_full_minute(at: int) -> None:
    assert 0 <= deadline_minute(at) * MINUTE_MS - at < MINUTE_MS


@given(INSTANTS.filter(lambda t: t > 40 * DAY_MS), st.sampled_from(sorted(WINDOWS)))
def test_a_window_begins_at_a_full_minute_or_hour_at_most_its_length_and_one_unit_ago(
    at: int, window: str
) -> None:
    start, end = window_span(window, at)
    unit = MINUTE_MS if WINDOWS[window] <= DAY_MS else HOUR_MS
    assert start * MINUTE_MS % unit == 0
    assert WINDOWS[window] <= at - start * MINUTE_MS < WINDOWS[window] + unit
    assert end == reached(at)


def test_the_window_all_begins_before_everything() -> None:
    assert window_span(ALL, 1).start < -1


@pytest.mark.parametrize("zone", ZONES)
@given(minute=st.integers(0, 35_000_000))
def test_the_day_is_that_of_the_local_clock(zone: str, minute: int) -> None:
    local = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone))
    assert Calendar(zone).day_of(minute) == local.date().toordinal()


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_two_years_with_one_calendar(zone: str) -> None:
    calendar = Calendar(zone)
    first = int(datetime(2011, 1, 1, tzinfo=UTC).timestamp()) // 60
    for minute in [*range(first, first + 1_051_200, 15), *range(first + 1_051_200, first, -61)]:
        day = calendar.day_of(minute)
        local = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
        assert day == local.date().toordinal()
        assert calendar.start_of(day) <= minute < calendar.start_of(day + 1)


def test_a_day_of_the_clock_change_has_23_or_25_hours() -> None:
    calendar = Calendar("Europe/Berlin")
    spring, autumn = datetime(2026, 3, 29).toordinal(), datetime(2026, 10, 25).toordinal()  # noqa: DTZ001
    assert calendar.start_of(spring + 1) - calendar.start_of(spring) == 23 * 60
    assert calendar.start_of(autumn + 1) - calendar.start_of(autumn) == 25 * 60


def test_midnight_that_does_not_exist_is_the_first_instant_of_the_day() -> None:
    calendar = Calendar("America/Sao_Paulo")
    day = datetime(2018, 11, 4).toordinal()  # noqa: DTZ001
    start = calendar.start_of(day)
    first, before = (
        datetime.fromtimestamp(m * 60, ZoneInfo("America/Sao_Paulo")) for m in (start, start - 1)
    )
    assert (first.hour, first.date().toordinal()) == (1, day)
    assert (before.hour, before.date().toordinal()) == (23, day - 1)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Calendar("Mars/Olympus")

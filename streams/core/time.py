"""Time as the panes see it: minutes since the epoch, windows, and local calendar days.

Everything is an integer and every bound is half-open. Nothing here reads a clock: the evaluation
time T (milliseconds since the epoch) is always passed in.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

MINUTE_MS: Final = 60_000
HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 1_440
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

WINDOWS: Final[dict[str, int]] = {
    "5m": 5 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "6h": 6 * HOUR_MS,
    "1d": DAY_MS,
    "7d": 7 * DAY_MS,
    "30d": 30 * DAY_MS,
}
"""Trailing windows by name, in milliseconds."""

ALL: Final = "all"
"""The window over everything so far; known to batch evaluation only."""

DAY: Final = "day"
"""The local calendar day that holds the millisecond before T."""

BEGINNING: Final = -(1 << 62)
"""A minute before every other one: where the window `all` begins."""


class Span(NamedTuple):
    """Minutes `start <= m < end`."""

    start: int
    end: int


def minute_of(ms: int) -> int:
    """The minute in which an instant lies."""
    return ms // MINUTE_MS


def deadline_minute(ms: int) -> int:
    """The minute at which a deadline counts: rounded up to a full minute."""
    return -(-ms // MINUTE_MS)


def reached(at: int) -> int:
    """The first minute that evaluation time `at` has not reached: minute m counts if `m * 60000 < at`."""
    return -(-at // MINUTE_MS)


def window_span(window: str, at: int) -> Span:
    """The minutes of a trailing window at evaluation time `at` (ms).

    The start is rounded down to the minute up to one day, to the hour beyond, so that panes older than
    a day may be kept by the hour. Raises KeyError for an unknown window.
    """
    if window == ALL:
        return Span(BEGINNING, reached(at))
    length = WINDOWS[window]
    start = at - length
    unit = MINUTE_MS if length <= DAY_MS else HOUR_MS
    return Span(start // unit * (unit // MINUTE_MS), reached(at))


class Calendar:
    """Local calendar days of an IANA time zone; a day is its proleptic ordinal (`date.toordinal()`).

    Days begin at local midnight, or, where a clock change skips midnight, at the first instant of the date.
    Raises `zoneinfo.ZoneInfoNotFoundError` for an unknown zone.
    """

    __slots__ = ("_days", "_end", "_start", "_starts", "_zone", "day", "timezone")

    def __init__(self, timezone: str = "UTC") -> None:
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)
        self._starts: list[int] = []
        self._days: list[int] = []
        self.day = 0
        self._start = self._end = 0

    def day_of(self, minute: int) -> int:
        """The local day in which a minute begins. Amortised O(1) for neighbouring minutes."""
        if self._start <= minute < self._end:
            return self.day
        i = bisect_right(self._starts, minute) - 1
        if i >= 0 and minute < (end := self.start_of(self._days[i] + 1)):
            self._start, self._end, self.day = self._starts[i], end, self._days[i]
            return self.day
        day = datetime.fromtimestamp(minute * 60, self._zone).date().toordinal()
        start, end = self.start_of(day), self.start_of(day + 1)
        at = bisect_right(self._starts, start)
        self._starts.insert(at, start)
        self._days.insert(at, day)
        self._start, self._end, self.day = start, end, day
        return day

    def start_of(self, day: int) -> int:
        """The first minute of a local day (rounded up, for zones whose offset is not in full minutes)."""
        midnight = datetime.fromordinal(day).replace(tzinfo=self._zone)
        seconds = int((midnight - _EPOCH) / _SECOND)
        # A midnight that a clock change skips is mapped by its old offset: to the first instant of the date.
        if datetime.fromtimestamp(seconds, self._zone).date().toordinal() < day:
            raise AssertionError(f"no start for day {day} in {self.timezone}")
        before = datetime.fromtimestamp(seconds - 1, self._zone)
        if before.date().toordinal() >= day:
            seconds = self._first_instant(day, seconds)
        return -(-seconds // 60)

    def _first_instant(self, day: int, seconds: int) -> int:
        low, high = seconds - 2 * 86_400, seconds
        while low < high:
            middle = (low + high) // 2
            if datetime.fromtimestamp(middle, self._zone).date().toordinal() < day:
                low = middle + 1
            else:
                high = middle
        return low


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)

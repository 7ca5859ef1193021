"""Daily, weekly and monthly actives of a log, as both references have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from statistics import fmean

from streams.core.batch import Timed
from streams.core.definitions import Definitions
from tests.realdata.comparison import Comparison, Reference
from tests.realdata.values import Read, Values, days_of, end_of, evaluated, midnight, over_all

ACTIVE = "kpi_active_users"
DAYS_OF_MONTH_WINDOW = 30


class Actives:
    """The actives of one log under one definition of activity, evaluated at the end of every day."""

    def __init__(self, log: Read, definitions: Definitions) -> None:
        self.log = log
        self.definitions = definitions
        self.timezone = definitions.timezone
        self.days = days_of(log.events, self.timezone)
        self.values = evaluated(
            log.events,
            [end_of(day, self.timezone) for day in self.days],
            "active_users",
            "stickiness",
            windows=["1d", "7d", "30d", "day"],
            definitions=definitions,
        )

    def of_day(self, day: date) -> Values:
        """The values at the end of a day."""
        return self.values[end_of(day, self.timezone)]

    def daily(self, window: str) -> dict[str, float]:
        """Actives over a window that ends with each day."""
        return {str(day): self.of_day(day).number(ACTIVE, window=window) for day in self.days}

    def stickiness(self) -> list[float]:
        """The KPI stickiness at the end of each day."""
        return [self.of_day(day).number("kpi_stickiness_ratio") for day in self.days]

    def distinct(self, start: date, end: date) -> float:
        """Actives of a stretch of days (half-open): those of its events alone."""
        events = self.log.between(midnight(start, self.timezone), midnight(end, self.timezone))
        return self._distinct(events)

    def overall(self) -> float:
        """Actives of the whole log."""
        return self._distinct(self.log.events)

    def _distinct(self, events: Sequence[Timed]) -> float:
        return over_all(events, "active_users", definitions=self.definitions).number(ACTIVE, window="all")

    def months(self) -> dict[str, tuple[date, date]]:
        """The calendar months that the days touch, as half-open stretches."""
        return {f"{first:%Y-%m}": (first, _next_month(first)) for first in _firsts(self.days)}

    def weeks(self) -> dict[str, date]:
        """The end (exclusive) of the ISO weeks that the days touch, by their Monday."""
        mondays = sorted({day - timedelta(days=day.weekday()) for day in self.days})
        return {str(monday): monday + timedelta(days=7) for monday in mondays}


def compare_actives(reference: Reference, key: str, actives: Actives) -> list[Comparison]:
    """What the reference has under a key that names the user and the zone."""
    by_day = actives.daily("day")
    trailing = actives.daily("30d")
    months = actives.months()
    return [
        reference.compare(key, "days", found=len(actives.days), by="evaluation times, one at the end of each day"),
        reference.compare(
            key,
            "distinct_users_overall",
            found=actives.overall(),
            by="active_users, window all",
        ),
        reference.compare(
            key, "dau_mean", found=fmean(by_day.values()), by="active_users, window day, mean of the ends of days"
        ),
        reference.compare(
            key, "dau_max", found=max(by_day.values()), by="active_users, window day, greatest of the ends of days"
        ),
        reference.compare(
            key,
            "calendar_mau",
            found={month: actives.distinct(*bounds) for month, bounds in months.items()},
            by="active_users, window all, of the events of the month alone",
        ),
        reference.compare(
            key,
            "stickiness_mean_daily_dau_over_rolling30",
            found=fmean(by_day[day] / trailing[day] for day in by_day),
            by="active_users, window day ÷ window 30d, mean of the ends of days",
        ),
    ]


def compare_months(reference: Reference, key: str, actives: Actives) -> Comparison:
    """Calendar months of 30 days are what the window 30d holds at their end."""
    found = {
        month: actives.of_day(end - timedelta(days=1)).number(ACTIVE, window="30d")
        for month, (start, end) in actives.months().items()
        if (end - start).days == DAYS_OF_MONTH_WINDOW and end - timedelta(days=1) in actives.days
    }
    return reference.compare(
        key, "calendar_mau", found=found, by="active_users, window 30d, at the end of the months of 30 days"
    )


def compare_trailing(reference: Reference, key: str, actives: Actives) -> list[Comparison]:
    """What only trailing windows of whole days in UTC have."""
    return [
        reference.compare(
            key,
            "stickiness_mean_daily_dau_over_rolling30",
            found=fmean(actives.stickiness()),
            by="stickiness, mean of the ends of days",
        ),
        reference.compare(
            key,
            "dau_mean",
            found=fmean(actives.daily("1d").values()),
            by="active_users, window 1d, mean of the ends of days",
        ),
    ]


def differences(first: Mapping[str, float], second: Mapping[str, float]) -> Iterable[str]:
    """The keys at which two series differ."""
    return sorted(key for key in first if first[key] != second.get(key))


def _firsts(days: Iterable[date]) -> list[date]:
    return sorted({day.replace(day=1) for day in days})


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)

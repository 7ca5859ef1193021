"""Daily, weekly and monthly actives of a log, as both references have them."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import fmean

from streams.core.definitions import Definitions
from tests.realdata.comparison import Comparison, Figure, Reference
from tests.realdata.values import Read, Values, days_of, end_of, evaluated, midnight, months_of, over_all

ACTIVE = "kpi_active_users"


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

    def stickiness(self) -> float:
        """The KPI stickiness at the end of each day, on average."""
        return fmean(self.of_day(day).number("kpi_stickiness_ratio") for day in self.days)

    def overall(self) -> float:
        """Actives of the whole log."""
        return self.alone(self.days[0], self.days[-1] + timedelta(days=1))

    def alone(self, start: date, end: date) -> float:
        """Actives of a stretch of days (half-open): those of its events alone."""
        events = self.log.between(midnight(start, self.timezone), midnight(end, self.timezone))
        return over_all(events, "active_users", definitions=self.definitions).number(ACTIVE, window="all")


def compare_actives(reference: Reference, key: str, actives: Actives) -> list[Comparison]:
    """What the reference has of one kind of user, by calendar days of any zone."""
    by_day, trailing = actives.daily("day"), actives.daily("30d")
    by_month = {month: actives.alone(*bounds) for month, bounds in months_of(actives.days).items()}
    stickiness = fmean(by_day[day] / trailing[day] for day in by_day)
    found: dict[str, tuple[Figure, str]] = {
        "days": (len(actives.days), "ends of days that were evaluated"),
        "distinct_users_overall": (actives.overall(), "active_users, all"),
        "dau_mean": (fmean(by_day.values()), "active_users, day: mean"),
        "dau_max": (max(by_day.values()), "active_users, day: greatest"),
        "calendar_mau": (by_month, "active_users, all, of each month's events alone"),
        "stickiness_mean_daily_dau_over_rolling30": (stickiness, "active_users, day ÷ 30d: mean"),
    }
    return [reference.compare(key, name, found=value, by=by) for name, (value, by) in found.items()]


def compare_trailing(
    reference: Reference, key: str, actives: Actives, *, because: str = ""
) -> list[Comparison]:
    """The same where trailing windows of 24 hours have to do for calendar days."""
    mean = fmean(actives.daily("1d").values())
    return [
        reference.compare(key, "dau_mean", found=mean, by="active_users, 1d: mean", because=because),
        reference.compare(
            key,
            "stickiness_mean_daily_dau_over_rolling30",
            found=actives.stickiness(),
            by="stickiness: mean",
            because=because,
        ),
    ]


def compare_months_of_30_days(reference: Reference, key: str, actives: Actives) -> Comparison:
    """Calendar months that are as long as the window 30d, at their end."""
    found = {
        month: actives.of_day(end - timedelta(days=1)).number(ACTIVE, window="30d")
        for month, (start, end) in months_of(actives.days).items()
        if end - start == timedelta(days=30)
    }
    return reference.compare(key, "calendar_mau", found=found, by="active_users, 30d, months of 30 days")


def compare_weeks(reference: Reference, key: str, actives: Actives) -> Comparison:
    """ISO weeks, by their Monday, at their end."""
    mondays = sorted({day - timedelta(days=day.weekday()) for day in actives.days})
    ends = [end_of(monday + timedelta(days=6), actives.timezone) for monday in mondays]
    values = evaluated(
        actives.log.events, ends, "active_users", windows=["7d"], definitions=actives.definitions
    )
    found = {
        str(monday): values[end].number(ACTIVE, window="7d")
        for monday, end in zip(mondays, ends, strict=True)
    }
    return reference.compare(
        key, "wau_iso_week_start", found=found, by="active_users, 7d, at the ends of weeks"
    )


def compare_days(reference: Reference, key: str, actives: Actives) -> list[Comparison]:
    """What the reference has for each day."""
    of_28_days = {
        str(day): actives.alone(day - timedelta(days=27), day + timedelta(days=1)) for day in actives.days
    }
    found = {
        "dau": [("day", "active_users, day"), ("1d", "active_users, 1d")],
        "rolling7": [("7d", "active_users, 7d")],
        "rolling30": [("30d", "active_users, 30d")],
    }
    return [
        *(
            reference.compare(key, name, found=actives.daily(window), by=by)
            for name, readings in found.items()
            for window, by in readings
        ),
        reference.compare(
            key, "rolling28", found=of_28_days, by="active_users, all, of the 28 days' events alone"
        ),
    ]

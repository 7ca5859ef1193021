"""The music service's published figures beside selfserve's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from streams.core.definitions import Definitions
from streams.core.time import ALL, DAY_MS, HOUR_MS
from tests.realdata import sparkify
from tests.realdata.actives import (
    ACTIVE,
    Actives,
    compare_actives,
    compare_days,
    compare_months_of_30_days,
    compare_trailing,
    compare_weeks,
)
from tests.realdata.comparison import Comparison, Place, Reference
from tests.realdata.sparkify import ALL_PAGES, CORE_ONLY, HELP, page_events
from tests.realdata.sparkify_lives import EVERY_PAGE, compare_beginnings, compare_returns, compare_uses
from tests.realdata.values import Read, end_of, midnight, over_all, read_events

LISTENING = Definitions(active_events=tuple(CORE_ONLY))
PACIFIC = Definitions(active_events=tuple(ALL_PAGES), timezone="America/Los_Angeles")
LONG_DAY = date(2018, 11, 4)
"""When clocks went back there."""

ACTIVITY: Final = {"actives_all_pages": EVERY_PAGE, "actives_core_action(NextSong)": LISTENING}
ACTIVITY_PACIFIC: Final = "actives_America/Los_Angeles"

_CONTEXT = "describes the log"
_OTHER_DAY = "looks at another day than the KPIs do, which have 1, 7 and 30"
NOT_COMPARED: Final[dict[Place, str]] = {
    ("sha256",): _CONTEXT,
    ("range",): _CONTEXT,
    **{(key, "tz"): _CONTEXT for key in (*ACTIVITY, ACTIVITY_PACIFIC)},
    ("level_change_events",): "counts changes of plan in both directions, which no KPI does",
    ("users_first_free_last_paid",): "compares a customer's first plan with its last, which no KPI does",
    ("retention", "d3"): _OTHER_DAY,
    ("retention", "d14"): _OTHER_DAY,
}
"""Figures that no KPI has, by the place they begin with, and why."""


class Sparkify:
    """The log, read once."""

    def __init__(self, data: Path) -> None:
        self.reference = Reference(data / "sparkify" / "reference.json")
        self.rows, self.sha256 = sparkify.read_rows(data)

    def read(self, *, user: str = "userId", platform: str | None = None) -> Read:
        """The rows as selfserve reads them."""
        return read_events(page_events(self.rows, user=user, platform=platform))


def compare_rows(log: Sparkify) -> list[Comparison]:
    """What of the log is accepted."""
    read = log.read()
    refused = read.refused["no_customer"]
    reference = log.reference
    sessions = over_all(log.read(user="sessionId").events, "active_users", definitions=EVERY_PAGE)
    return [
        reference.compare("rows", found=len(read.events) + refused, by="events accepted, and refused"),
        reference.compare("rows_with_user", found=len(read.events), by="events accepted"),
        reference.compare(
            "anonymous_rows(userId empty)", found=refused, by="events refused with no_customer"
        ),
        reference.compare(
            "sessions",
            found=sessions.number(ACTIVE, window=ALL),
            by="active_users, all, each session a customer",
        ),
    ]


def compare_users(log: Sparkify) -> list[Comparison]:
    """How many different users there are, and on which pages and levels."""
    reference = log.reference
    values = over_all(
        log.read().events, "active_users", "adoption", "self_service_adoption", definitions=EVERY_PAGE
    )
    users = values.number(ACTIVE, window=ALL)
    pages = _by_platform(log, "page")
    levels = _by_platform(log, "level")
    upgraded = pages["Submit Upgrade"]
    eligible = values.number("kpi_adoption_denominator", window=ALL)
    shares = {page: n / eligible for page, n in pages.items()}
    page, level = "active_users, all, page as platform", "active_users, all, level as platform"
    return [
        reference.compare("users", found=users, by="active_users, all"),
        reference.compare("users", found=eligible, by="adoption, denominator, all"),
        reference.compare("users_per_page", found=pages, by=page),
        reference.compare("feature_adoption_rate", found=shares, by=f"{page} ÷ adoption, denominator, all"),
        reference.compare(
            "feature_adoption_rate",
            "NextSong",
            found=over_all(log.read().events, "adoption", definitions=LISTENING).number(
                "kpi_adoption_ratio", window=ALL
            ),
            by="adoption, all, listening alone as activity",
        ),
        reference.compare(
            "help_page_users(self-service proxy)",
            found=values.number("kpi_self_service_adoption_numerator", window=ALL),
            by="self_service_adoption, numerator, all",
        ),
        reference.compare(
            "feature_adoption_rate",
            HELP,
            found=values.number("kpi_self_service_adoption_ratio", window=ALL),
            by="self_service_adoption, all",
        ),
        reference.compare("users_ever_free", found=levels["free"], by=level),
        reference.compare("users_ever_paid", found=levels["paid"], by=level),
        reference.compare("submit_upgrade_users", found=upgraded, by=page),
        reference.compare("submit_downgrade_users", found=pages["Submit Downgrade"], by=page),
        reference.compare("cancellation_users", found=pages.get("Cancel", 0.0), by=f"{page} (no series)"),
        reference.compare(
            "free_to_paid_rate(submit_upgrade users/ever-free users)",
            found=upgraded / levels["free"],
            by=f"{page} ÷ {level}",
        ),
    ]


def _by_platform(log: Sparkify, column: str) -> dict[str, float]:
    values = over_all(log.read(platform=column).events, "active_users", definitions=EVERY_PAGE)
    return values.by("platform", ACTIVE, window=ALL)


def compare_activity(log: Sparkify) -> list[Comparison]:
    """Daily, weekly and monthly actives of all pages, and of listening alone."""
    found = []
    for key, definitions in ACTIVITY.items():
        actives = Actives(log.read(), definitions)
        found += [
            *compare_actives(log.reference, key, actives),
            compare_months_of_30_days(log.reference, key, actives),
            *compare_trailing(log.reference, key, actives),
            compare_weeks(log.reference, key, actives),
            *compare_days(log.reference, key, actives),
        ]
    return found


def compare_pacific(log: Sparkify) -> list[Comparison]:
    """Daily and monthly actives by the calendar of Los Angeles."""
    actives = Actives(log.read(), PACIFIC)
    by_day, trailing = actives.daily("day"), actives.daily("1d")
    assert [day for day in by_day if by_day[day] != trailing[day]] == [str(LONG_DAY)]
    start, end = midnight(LONG_DAY, PACIFIC.timezone), end_of(LONG_DAY, PACIFIC.timezone)
    in_time, too_early = (
        _customers(actives.log, end - DAY_MS, end),
        _customers(actives.log, start, end - DAY_MS),
    )
    only_early = len(too_early - in_time)
    assert (end - start, only_early) == (DAY_MS + HOUR_MS, 1)
    because = f"{LONG_DAY} had 25 hours; {only_early} of its {by_day[str(LONG_DAY)]:.0f} customers was there in the first only"
    return [
        *compare_actives(log.reference, ACTIVITY_PACIFIC, actives),
        compare_months_of_30_days(log.reference, ACTIVITY_PACIFIC, actives),
        *compare_trailing(log.reference, ACTIVITY_PACIFIC, actives, because=because),
    ]


def _customers(log: Read, start: int, end: int) -> set[str | None]:
    return {event.event.user_id for event in log.between(start, end)}


GROUPS: Final = (
    compare_rows,
    compare_users,
    compare_uses,
    compare_beginnings,
    compare_returns,
    compare_activity,
    compare_pacific,
)

"""The music service's figures of uses, signups, upgrades and returns beside selfserve's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streams.core.definitions import Definitions
from streams.core.time import ALL
from tests.realdata.comparison import Comparison
from tests.realdata.durations import compare_duration
from tests.realdata.sparkify import ALL_PAGES, CORE, levels, plays, signups, upgrades, uses
from tests.realdata.values import days_of, end_of, evaluated, over_all, read_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.realdata.sparkify import Row
    from tests.realdata.sparkify_figures import Sparkify

EVERY_PAGE: Final = Definitions(active_events=tuple(ALL_PAGES))
USES = "kpi_core_feature_usage_numerator"
COLUMNS: Final = {"page_counts": "page", "level_rows": "level", "status_rows": "status"}
AGES: Final = (1, 7)
"""Days after the first one at which the reference and a KPI look."""


def compare_uses(log: Sparkify) -> list[Comparison]:
    """How many rows there are of each page, level and status, on each day, and how many users use a page."""
    reference = log.reference
    by = "core_feature_usage, numerator"
    found = []
    for key, column in COLUMNS.items():
        read = read_events(uses(log.rows, column, user="sessionId"))
        counts = over_all(read.events, "core_feature_usage").by("feature", USES, window=ALL)
        remark = f"{column} as feature, each session a customer"
        found.append(reference.compare(key, found=counts, by=f"{by}, all, {remark}"))
        if column == "page":
            published = ("published", "Udacity DE project: NextSong rows")
            found.append(reference.compare(*published, found=counts[CORE], by=f"{by}, all, {remark}"))
    read = read_events(uses(log.rows, "page"))
    for key, label in (("actives_all_pages", "all"), ("actives_core_action(NextSong)", CORE)):
        days = days_of(read.events)
        values = evaluated(read.events, [end_of(day) for day in days], "core_feature_usage", windows=["1d"])
        counts = {str(day): values[end_of(day)].number(USES, window="1d", feature=label) for day in days}
        remark = "page as feature"
        found.append(reference.compare(key, "events_per_day", found=counts, by=f"{by}, 1d, {remark}"))
    values_ = over_all(read.events, "feature_adoption")
    for key, role in (("users_per_page", "numerator"), ("feature_adoption_rate", "ratio")):
        shares = values_.by("feature", f"kpi_feature_adoption_{role}", window=ALL)
        found.append(
            reference.compare(key, found=shares, by=f"feature_adoption, {role}, all, page as feature")
        )
    return found


def compare_beginnings(log: Sparkify) -> list[Comparison]:
    """From the registration to the first upgrade, from the first row to the first song, and who went from free to paid."""
    reference, rows = log.reference, log.rows
    upgraded = read_events([*signups(rows, at="registration"), *upgrades(rows)])
    played = read_events([*signups(rows), *plays(rows)])
    told = read_events(levels(rows))
    plans = over_all(told.events, "free_to_paid", "upgrade")
    by = "free_to_paid"
    return [
        *compare_duration(
            reference, "time_to_upgrade(first Submit Upgrade - registration)", upgraded, "time_to_upgrade"
        ),
        *compare_duration(
            reference, "time_to_first_play(first play - first event)", played, "time_to_first_value"
        ),
        reference.compare(
            "users_ever_free",
            found=plans.number("kpi_free_to_paid_denominator", window=ALL),
            by=f"{by}, denominator, all, level as plan told",
        ),
        reference.compare(
            "users_ever_paid",
            found=plans.number("kpi_upgrade_denominator", window=ALL),
            by="upgrade, denominator, all, level as plan told",
            because=f"spells are counted; {_paid_again(rows)} user left a paid level and came back to it",
        ),
        reference.compare(
            "submit_upgrade_users",
            found=plans.number("kpi_free_to_paid_numerator", window=ALL),
            by=f"{by}, numerator, all, level as plan told",
        ),
        reference.compare(
            "free_to_paid_rate(submit_upgrade users/ever-free users)",
            found=plans.number("kpi_free_to_paid_ratio", window=ALL),
            by=f"{by}, all, level as plan told",
        ),
    ]


def _paid_again(rows: Sequence[Row]) -> int:
    """How often a user came from another level back to a paid one that it had had before."""
    seen: dict[str, str] = {}
    paid: set[str] = set()
    again = 0
    for row in rows:
        user, level = str(row["userId"]), row["level"]
        if user and level == "paid":
            again += user in paid and seen[user] != level
            paid.add(user)
        seen[user] = level
    return again


def compare_returns(log: Sparkify) -> list[Comparison]:
    """How many users came back on a later day, and on or after it."""
    pages = log.read()
    events = [*pages.events, *read_events(signups(log.rows)).events]
    # A day is mature once the next one has begun.
    at = end_of(days_of(pages.events)[-1]) + 1
    kpis = [f"retention_d{age}" for age in AGES]
    values = evaluated(events, [at], *kpis, windows=[], definitions=EVERY_PAGE)[at]
    found = []
    for age in AGES:
        key, kpi = f"d{age}", f"retention_d{age}"
        numbers = {"eligible": (values.number(f"kpi_{kpi}_denominator"), f"{kpi}, denominator")}
        for mode in ("n_day", "unbounded"):
            n = values.number(f"kpi_{kpi}_numerator", mode=mode)
            numbers[mode] = n, f"{kpi}, numerator, {mode}"
            numbers[f"{mode}_rate"] = values.number(f"kpi_{kpi}_ratio", mode=mode), f"{kpi}, {mode}"
        for name, (number, by) in numbers.items():
            found.append(log.reference.compare("retention", key, name, found=number, by=by))
    return found

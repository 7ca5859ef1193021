"""KPIs over sessions and features."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.oracle.customer_kpis import customers_of
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.people import EPOCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Life
    from tests.oracle.settings import OracleSettings


def add_usage_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    eligible = [life for life in lives if life.ended is None and life.eligible]
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        usage_frequency_sessions(lives, window, begin, settings, figures)
        role_adoption(eligible, window, begin, settings, figures)
        feature_adoption(eligible, window, begin, figures)
        feature_activation(eligible, window, begin, figures)
    for days, window in ((7, "7d"), (30, "30d"), (365, "all")):
        usage_frequency_days(lives, window, days, at, settings, figures)


def role_adoption(
    eligible: Sequence[Life], window: str, begin: int, settings: OracleSettings, figures: Figures
) -> None:
    people = [({"role": label(life.latest("role"))}, life) for life in eligible]
    for labels, some in breakdowns(people, ("role",)):
        active = [
            life
            for life in some
            if any(e.type in settings.active_events and e.time >= begin for e in life.events)
        ]
        figures.ratio("role_adoption", len(active), len(some), labels | {"window": window})


def uses(life: Life) -> dict[str, list[int]]:
    """When each feature was used."""
    times: dict[str, list[int]] = {}
    for event in life.events:
        if event.type == "feature.used":
            times.setdefault(label(event.field("feature")), []).append(event.time)
    return times


def feature_adoption(eligible: Sequence[Life], window: str, begin: int, figures: Figures) -> None:
    used = [{f for f, times in uses(life).items() if max(times) >= begin} for life in eligible]
    plans = [label(life.latest("plan")) for life in eligible]
    everyone = {"window": window, "feature": "all", "plan": "all"}
    figures.ratio("feature_adoption", sum(map(bool, used)), len(eligible), everyone)
    for plan in sorted(set(plans)):
        mine = [some for some, whose in zip(used, plans, strict=True) if whose == plan]
        figures.ratio("feature_adoption", sum(map(bool, mine)), len(mine), everyone | {"plan": plan})
    for feature in sorted(set().union(*used)):
        n = sum(feature in some for some in used)
        figures.ratio("feature_adoption", n, len(eligible), everyone | {"feature": feature})


def feature_activation(eligible: Sequence[Life], window: str, begin: int, figures: Figures) -> None:
    begun = [{f for f, times in uses(life).items() if min(times) >= begin} for life in eligible]
    everyone = {"window": window, "feature": "all"}
    figures.ratio("feature_activation", sum(map(bool, begun)), len(eligible), everyone)
    for feature in sorted(set().union(*begun)):
        n = sum(feature in some for some in begun)
        figures.ratio("feature_activation", n, len(eligible), everyone | {"feature": feature})


def usage_frequency_days(
    lives: Sequence[Life], window: str, days: int, at: int, settings: OracleSettings, figures: Figures
) -> None:
    zone = ZoneInfo(settings.timezone)

    def day_of(time: int) -> date:
        return (EPOCH + timedelta(milliseconds=time)).astimezone(zone).date()

    first = day_of(at - 1) - timedelta(days=days - 1)
    rows = []
    for life in lives:
        active = {day_of(e.time) for e in life.events if e.type in settings.active_events}
        rows.append((label(life.latest("plan")), {day for day in active if day >= first}, life.ended is None))
    for plan in ("all", *sorted({plan for plan, active, _ in rows if active})):
        mine = [(active, here) for whose, active, here in rows if plan in ("all", whose)]
        customer_days = sum(len(active) for active, _ in mine)
        customers = sum(1 for active, here in mine if active and here)
        figures.quotient("usage_frequency_daily", customer_days, customers, {"window": window, "plan": plan})


def usage_frequency_sessions(
    lives: Sequence[Life], window: str, begin: int, settings: OracleSettings, figures: Figures
) -> None:
    # What a customer did stays counted when it is deleted; who is active is a question about those who are here.
    plans = [
        label(e.field("plan"))
        for life in lives
        for e in life.events
        if e.type == "session.started" and e.time >= begin
    ]
    active = [c.now["plan"] for c in customers_of(lives, settings) if not c.deleted and c.active_since(begin)]
    figures.quotient("usage_frequency_sessions", len(plans), len(active), {"window": window, "plan": "all"})
    for plan in sorted({*plans, *active}):
        labels = {"window": window, "plan": plan}
        figures.quotient("usage_frequency_sessions", plans.count(plan), active.count(plan), labels)

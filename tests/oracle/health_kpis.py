"""How accounts fare and who needs attention: health_score, interventions."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from tests.oracle.accounts import Account, accounts_of
from tests.oracle.figures import Figures, breakdowns
from tests.oracle.flow_kpis import gathered, left_after
from tests.oracle.people import EPOCH, NOT_ACTING
from tests.oracle.satisfaction_kpis import boxed
from tests.oracle.settings import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.people import Event, Life, Lives
    from tests.oracle.settings import OracleSettings


Item = TypeVar("Item", int, tuple[int, int])


def add_health_kpis(lives: Lives, at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    hour = at // HOUR * HOUR
    accounts = [a for a in accounts_of(lives, settings) if a.eligible and known_since(a.members) < hour]
    scored = [({"plan": a.plan}, health(a, hour, settings)) for a in accounts]
    for labels, scores in breakdowns(scored, ("plan",)):
        if scores:
            figures.put("kpi_health_score", sum(scores) / len(scores), labels)
    banded = [({"band": band_of(score)}, score) for _, score in scored]
    for labels, scores in breakdowns(banded, ("band",)):
        figures.put("kpi_health_score_accounts", len(scores), labels)

    called = [
        trigger
        for life in lives
        if life.eligible and known_since([life]) < hour
        for trigger in triggers(life, hour, settings)
    ]
    called += ["falling_health" for a in accounts if falls(a, hour, settings)]
    for labels, some in breakdowns([({"trigger": t}, t) for t in called], ("trigger",)):
        figures.put("kpi_interventions", len(some), labels)


def known_since(members: list[Life]) -> int:
    times = [e.time for life in members for e in life.events if e.type not in NOT_ACTING]
    return min(times, default=1 << 60) // MINUTE * MINUTE


def health(account: Account, hour: int, settings: OracleSettings) -> int:
    zone = ZoneInfo(settings.timezone)

    def day_of(time: int) -> int:
        return (EPOCH + timedelta(milliseconds=time)).astimezone(zone).date().toordinal()

    today = day_of(hour - MINUTE)
    events = [e for life in account.members for e in life.events]
    used = {day_of(e.time) for e in events if e.type in settings.active_events}
    used = {day for day in used if day <= today}
    contacts = remembered({e.time for e in events if is_contact(e)})
    contacts = [time for time in contacts if hour - 30 * DAY <= time < hour]
    answers = [
        points
        for time, points in remembered({(e.time, points_of(e)) for e in events if is_answer(e)})
        if hour - 90 * DAY <= time < hour
    ]
    parts = [
        (30, Fraction(max(0, 30 - (today - max(used))), 30) if used else Fraction(0)),
        (30, Fraction(min(12, sum(day > today - 30 for day in used)), 12)),
        (20, Fraction(max(0, 5 - len(contacts)), 5)),
    ]
    if answers:
        parts.append((20, Fraction(sum(answers), 100 * len(answers))))
    exact = 100 * sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
    return math.floor(exact + Fraction(1, 2))


def remembered(items: set[Item]) -> list[Item]:
    """The latest 32, in order."""
    return sorted(items)[-32:]


def is_answer(event: Event) -> bool:
    return (
        event.type == "survey.responded"
        and bool(event.data("complete"))
        and event.data("kind") in {"csat", "nps"}
    )


def is_contact(event: Event) -> bool:
    if event.type == "conversation.handed_off":
        return True
    if event.type != "conversation.started" or event.data("initiated_by") != "customer":
        return False
    partner = event.data("with")
    return partner == "agent" or (partner is None and event.field("channel") != "bot")


def points_of(event: Event) -> int:
    return boxed(event, 0, 10) * 10 if event.data("kind") == "nps" else (boxed(event, 1, 5) - 1) * 25


def band_of(score: int) -> str:
    return "good" if score >= 70 else "fair" if score >= 40 else "poor"


def falls(account: Account, hour: int, settings: OracleSettings) -> bool:
    earlier = hour - 7 * DAY
    return (
        known_since(account.members) < earlier
        and health(account, earlier, settings) - health(account, hour, settings) >= 20
    )


def triggers(life: Life, hour: int, settings: OracleSettings) -> Iterator[str]:
    passages = [
        (passage, left_after(kind, settings))
        for kind, key in (("onboarding", "flow_id"), ("journey", "flow"))
        for passage in gathered(life, kind, key)
    ]
    for passage, idle in passages:
        stood_still = hour - max(e.time for e in passage)
        if idle <= stood_still < idle + 30 * DAY and all(e.type != "flow.completed" for e in passage):
            yield "drop_off"
            break
    active = [e.time // MINUTE * MINUTE for e in life.events if e.type in settings.active_events]
    if active and 14 * DAY <= hour - max(active) < 90 * DAY:
        yield "inactivity"
    failed = remembered({e.time for e in life.events if e.type == "help.searched" and e.data("results") == 0})
    if sum(hour - DAY <= time < hour for time in failed) >= 3:
        yield "failed_searches"

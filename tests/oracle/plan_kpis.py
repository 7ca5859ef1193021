"""KPIs over free and paid plans: free_to_paid, upgrade, time_to_upgrade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.oracle.accounts import CHANGES
from tests.oracle.activation_kpis import durations
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.retention_kpis import TELLING, changes_of, told_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Life
    from tests.oracle.settings import OracleSettings


@dataclass
class Spell:
    """A time without a break on free plans, or on paid ones. `end` is None while it lasts."""

    paid: bool
    begin: int
    end: int | None
    became_paid: bool
    rises: list[int]

    def overlaps(self, begin: int, life: Life) -> bool:
        over = [t for t in (self.end, life.ended) if t is not None]
        return not over or min(over) >= begin


def add_plan_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    spells = [(life, spell) for life in lives for spell in spells_of(life, settings)]
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        inside = [(life, spell) for life, spell in spells if spell.overlaps(begin, life)]
        free = [({"segment": label(life.latest("segment"))}, s) for life, s in inside if not s.paid]
        for labels, some in breakdowns(free, ("segment",)):
            moved = sum(s.became_paid and s.end is not None and s.end >= begin for s in some)
            figures.ratio("free_to_paid", moved, len(some), labels | {"window": window})
        paid = [({"plan": label(life.latest("plan"))}, (life, s)) for life, s in inside if s.paid]
        for labels, who in breakdowns(paid, ("plan",)):
            risen = sum(life.ended is None and any(t >= begin for t in s.rises) for life, s in who)
            figures.ratio("upgrade", risen, len(who), labels | {"window": window})
    waits = []
    for life in lives:
        signups = [e.time for e in life.events if e.type == "user.signed_up"]
        first = [spell.begin for spell in spells_of(life, settings) if spell.paid]
        if signups and first:
            wait = max(0, min(first) - min(signups))
            waits.append((min(signups) + wait, {"plan": label(life.latest("plan"))}, wait))
    durations("time_to_upgrade", waits, ("plan",), at, figures)


def plan_from(life: Life, time: int, settings: OracleSettings) -> str | None:
    """The plan from `time` on; None before any was told, and once a paid one has ended."""
    told = [
        (e.time, label(plan))
        for e in life.events
        if e.type in TELLING and e.time <= time and (plan := told_by(e, "plan"))
    ]
    if not told:
        return None
    since, plan = max(told)
    if plan in settings.free_plans:
        return plan
    # The time at which the last subscription ended, if none began since.
    ended = None
    for moment in sorted({e.time for e in life.events if e.type in CHANGES and e.time <= time}):
        was = held(life, moment - 1)
        if was and not held(life, moment):
            ended = moment
        elif held(life, moment):
            ended = None
    return None if ended is not None and since <= ended else plan


def held(life: Life, time: int) -> bool:
    """Whether any subscription is active after all that happened up to `time`."""
    return any(
        before[-1].type != "subscription.cancelled"
        for changes in changes_of(life.events).values()
        if (before := [e for e in changes if e.time <= time])
    )


def spells_of(life: Life, settings: OracleSettings) -> list[Spell]:
    spells: list[Spell] = []
    before = None
    for time in sorted({e.time for e in life.events if e.type in TELLING}):
        plan = plan_from(life, time, settings)
        was, now = kind(before, settings), kind(plan, settings)
        if was != now:
            if was is not None:
                spells[-1].end = time
                spells[-1].became_paid = was == "free" and now == "paid"
            if now is not None:
                spells.append(Spell(now == "paid", time, None, False, []))
        elif now == "paid" and higher(plan, before, settings):
            spells[-1].rises.append(time)
        before = plan
    return spells


def kind(plan: str | None, settings: OracleSettings) -> str | None:
    if plan is None:
        return None
    return "free" if plan in settings.free_plans else "paid"


def higher(plan: str | None, before: str | None, settings: OracleSettings) -> bool:
    order = settings.plan_order
    return plan in order and before in order and order.index(plan) > order.index(before)

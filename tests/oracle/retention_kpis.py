"""KPIs over cohorts, customers kept, cancellations and renewals."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.oracle.accounts import CHANGES
from tests.oracle.figures import CUSTOMER_WINDOWS, EVENT_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.holders import PERIODS, holders_of
from tests.oracle.people import EPOCH, milliseconds
from tests.oracle.settings import MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.holders import Holder
    from tests.oracle.people import Event, Life, Lives
    from tests.oracle.settings import OracleSettings

TELLING = ("user.signed_up", "user.identified", *CHANGES, *PERIODS)


def add_retention_kpis(lives: Lives, at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    cohorts(lives, at, settings, figures)
    holders = holders_of(lives, settings)
    for window in CUSTOMER_WINDOWS:
        kept(holders, window, begin_of(window, at), figures)
    for window in EVENT_WINDOWS:
        cancellation_reasons(holders, window, begin_of(window, at), figures)
        renewal(holders, window, begin_of(window, at), at, settings, figures)


# --- what was told, and when ----------------------------------------------------------------------------------------


def told_by(event: Event, name: str) -> str | None:
    """The plan or segment that an account event tells."""
    carried = event.field(name)
    if carried is None and name == "plan" and event.type in CHANGES[:2]:
        carried = event.data("to") or None
    return carried


def value_at(life: Life | Holder, name: str, time: int) -> str:
    """Plan or segment just before `time`: the latest told by then, else the first told, else that of now."""
    told = [(e.time, value) for e in life.events if e.type in TELLING and (value := told_by(e, name))]
    if not told:
        return label(life.latest(name))
    by_then = [pair for pair in told if pair[0] < time]
    if by_then:
        return label(max(by_then)[1])
    first = min(told)[0]
    return label(max(value for when, value in told if when == first))


def changes_of(events: Sequence[Event]) -> dict[str, list[Event]]:
    """The changes of each subscription, in order."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.type in CHANGES:
            found[event.data("subscription_id")].append(event)
    for changes in found.values():
        changes.sort(key=lambda e: (e.time, CHANGES.index(e.type)))
    return found


def own_plan(holder: Holder, subscription: str, time: int) -> str:
    """The subscription's plan just before `time`, else the first that was told of it, else the holder's."""
    told = []
    for event in changes_of(holder.own).get(subscription, []):
        if event.type == "subscription.cancelled":
            plan = event.data("from")
        else:
            plan = event.data("to") or event.field("plan")
        if plan:
            told.append((event.time, CHANGES.index(event.type), plan))
    if not told:
        return value_at(holder, "plan", time)
    by_then = [item for item in told if item[0] < time]
    if by_then:
        return label(max(by_then)[2])
    first = min(told)[0]
    return label(max(item for item in told if item[0] == first)[2])


# --- cohorts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """A customer of a cohort: its day of signup, its plan then, its active days."""

    day: date
    plan: str
    active: set[date]

    def returned(self, age: int, mode: str) -> bool:
        wanted = self.day + timedelta(days=age)
        return wanted in self.active if mode == "n_day" else any(day >= wanted for day in self.active)


def cohorts(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    zone = ZoneInfo(settings.timezone)

    def day_of(time: int) -> date:
        return (EPOCH + timedelta(milliseconds=time)).astimezone(zone).date()

    members = []
    for life in lives:
        signups = [e.time for e in life.events if e.type == "user.signed_up"]
        if signups:
            active = {day_of(e.time) for e in life.events if e.type in settings.active_events}
            members.append(Member(day_of(min(signups)), value_at(life, "plan", min(signups) + 1), active))
    today = day_of(at - 1)
    for age in (1, 7, 30):
        # The day that decides is over, and the signup is no more than a year ago.
        mature = [
            m for m in members if m.day + timedelta(days=age) < today and m.day >= today - timedelta(days=365)
        ]
        groups: list[tuple[dict[str, str], list[Member]]] = []
        groups += breakdowns([({"plan": m.plan}, m) for m in mature], ("plan",))
        rows = [(labels | {"cohort": "all"}, some) for labels, some in groups]
        for name, first, last in named_cohorts(age, today - timedelta(days=age + 1)):
            some = [m for m in mature if first <= m.day <= last]
            if some:
                rows.append(({"cohort": name, "plan": "all"}, some))
        for labels, some in rows:
            figures.put(f"kpi_retention_d{age}_denominator", len(some), labels)
            for mode in ("n_day", "unbounded"):
                n = sum(m.returned(age, mode) for m in some)
                figures.put(f"kpi_retention_d{age}_numerator", n, labels | {"mode": mode})
                if some:
                    figures.put(f"kpi_retention_d{age}_ratio", n / len(some), labels | {"mode": mode})
            if labels["plan"] == "all":
                away = sum(not m.returned(age, "n_day") for m in some)
                figures.ratio(f"inactive_d{age}", away, len(some), {"cohort": labels["cohort"]})


def named_cohorts(age: int, last: date) -> list[tuple[str, date, date]]:
    """The twelve latest days, or weeks from Monday to Sunday, up to `last`: name, first and last day."""
    if age == 1:
        days = [last - timedelta(days=n) for n in range(12)]
        return [(day.isoformat(), day, day) for day in days]
    sundays = [
        last - timedelta(days=n) for n in range(7 * 12) if (last - timedelta(days=n)).isoweekday() == 7
    ]
    return [(sunday.strftime("%G-W%V"), sunday - timedelta(days=6), sunday) for sunday in sundays]


# --- customers kept -------------------------------------------------------------------------------------------------


def is_customer(holder: Holder, time: int) -> bool:
    """Whether it was a customer just before `time`, by all that is known now."""
    if holder.ended is not None and holder.ended < time:
        return False
    subscriptions = changes_of(holder.own)
    if subscriptions:
        return any(
            before[-1].type != "subscription.cancelled"
            for changes in subscriptions.values()
            if (before := [e for e in changes if e.time < time])
        )
    return holder.eligible_at(time)


def kept(holders: Sequence[Holder], window: str, begin: int, figures: Figures) -> None:
    start = [holder for holder in holders if is_customer(holder, begin)]
    rows = [({name: value_at(one, name, begin) for name in ("plan", "segment")}, one) for one in start]
    for labels, some in breakdowns(rows, ("plan", "segment")):
        stayed = sum(one.ended is None and is_customer(one, 1 << 60) for one in some)
        figures.ratio("customer_retention", stayed, len(some), labels | {"window": window})
        figures.ratio("churn", len(some) - stayed, len(some), labels | {"window": window})


# --- subscriptions --------------------------------------------------------------------------------------------------


def cancellation_reasons(holders: Sequence[Holder], window: str, begin: int, figures: Figures) -> None:
    reasons: list[str] = []
    for holder in holders:
        given: dict[tuple[str, int], list[str]] = defaultdict(list)
        for e in holder.own:
            if e.type == "subscription.cancelled" and e.time >= begin:
                given[e.data("subscription_id"), e.time].append(e.data("reason") or "")
        reasons += [max(several) for several in given.values()]
    labels = {"window": window, "reason": "all"}
    stated = [label(reason) for reason in reasons if reason]
    figures.ratio("cancellation_reasons", len(stated), len(reasons), labels)
    for reason, n in Counter(stated).items():
        figures.ratio("cancellation_reasons", n, len(reasons), labels | {"reason": reason})


def renewal(
    holders: Sequence[Holder], window: str, begin: int, at: int, settings: OracleSettings, figures: Figures
) -> None:
    decided = []
    for holder in holders:
        due: dict[tuple[str, int], int] = {}
        renewed: dict[tuple[str, int], int] = {}
        for e in holder.own:
            if e.type in PERIODS:
                period = e.data("subscription_id"), milliseconds(e.data("period_end"))
                seen = due if e.type == "subscription.renewal_due" else renewed
                seen.setdefault(period, e.time)
        for (subscription, end), seen_due in due.items():
            plan = own_plan(holder, subscription, seen_due + 1)
            deadline = end + settings.renewal_grace_ms
            rounded_up = -(-deadline // MINUTE) * MINUTE
            outcomes = []
            if holder.ended is None or rounded_up <= holder.ended:
                outcomes.append((rounded_up, 2, False))
            early = [
                e.time
                for e in changes_of(holder.own).get(subscription, [])
                if e.type == "subscription.cancelled" and seen_due <= e.time < deadline
            ]
            outcomes += [(time, 1, False) for time in early]
            if renewed.get((subscription, end), deadline) < deadline:
                outcomes.append((renewed[subscription, end], 0, True))
            # The first of them decides; what is still ahead decides nothing yet.
            if outcomes and begin <= min(outcomes)[0] < at:
                decided.append(({"plan": plan}, min(outcomes)[2]))
    for labels, some in breakdowns(decided, ("plan",)):
        figures.ratio("renewal", sum(some), len(some), labels | {"window": window})

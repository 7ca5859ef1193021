"""KPIs over customers: active_users, stickiness, adoption, self_service_adoption."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.oracle.conversations import agent_acts, conversations_of, wrote
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.issues import help_channel, is_help
from tests.oracle.people import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings


@dataclass(frozen=True)
class Customer:
    """What a customer did, and what it is now. Actions are (time, channel)."""

    now: dict[str, str]
    deleted: bool
    eligible: bool
    active: list[Event]
    actions: list[tuple[int, str]]

    def active_since(self, begin: int) -> bool:
        return any(e.time >= begin for e in self.active)

    def platforms(self, events: Iterable[Event]) -> set[str]:
        return {label(e.field("platform")) for e in events}

    def channels_since(self, begin: int) -> set[str]:
        return {channel for time, channel in self.actions if time >= begin}


def actions_of(life: Life, settings: OracleSettings) -> list[tuple[int, str]]:
    """The customer's self-service actions: (time, channel)."""
    actions = [
        (e.time, label(help_channel(e)))
        for e in life.events
        if is_help(e) and e.type in settings.self_service_actions
    ]
    if "conversation.message" in settings.self_service_actions:
        for conversation in conversations_of(life):
            if not conversation.with_bot:
                continue
            for event in conversation.events:
                if agent_acts(event):
                    break
                if wrote(event, "customer"):
                    actions.append((event.time, label(event.field("channel") or conversation.channel)))
    return actions


def customers_of(lives: Iterable[Life], settings: OracleSettings) -> list[Customer]:
    return [
        Customer(
            now={name: label(life.latest(name)) for name in ("plan", "segment", "role")},
            deleted=life.ended is not None,
            eligible=life.eligible,
            active=[e for e in life.events if e.type in settings.active_events],
            actions=actions_of(life, settings),
        )
        for life in lives
    ]


def add_customer_kpis(lives: Iterable[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the four KPIs over customers at `at` to the figures."""
    customers = customers_of(lives, settings)
    present = [c for c in customers if not c.deleted]
    active_users(customers, at, settings, figures)
    stickiness(present, at, figures)
    eligible = [c for c in present if c.eligible]
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        adoption(eligible, window, begin, figures)
        among = eligible
        if settings.self_service_adoption_among == "active":
            among = [c for c in eligible if c.active_since(begin)]
        self_service_adoption(among, window, begin, figures)


def active_users(customers: Sequence[Customer], at: int, settings: OracleSettings, figures: Figures) -> None:
    zone = ZoneInfo(settings.timezone)

    def day_of(time: int) -> date:
        return (EPOCH + timedelta(milliseconds=time)).astimezone(zone).date()

    today = day_of(at - 1)
    for window in (*CUSTOMER_WINDOWS, "day"):
        acted: list[tuple[Customer, list[Event]]] = []
        for customer in customers:
            if window == "day":
                # A day's count is closed by a deletion, not taken back.
                events = [e for e in customer.active if day_of(e.time) == today]
            elif customer.deleted:
                events = []
            else:
                events = [e for e in customer.active if e.time >= begin_of(window, at)]
            if events:
                acted.append((customer, events))

        for labels, some in breakdowns([(c.now, c) for c, _ in acted], ("plan", "segment", "role")):
            figures.put("kpi_active_users", len(some), labels | {"window": window, "platform": "all"})
        platforms = [c.platforms(events) for c, events in acted]
        for platform in sorted(set().union(*platforms)):
            labels = {"window": window, "plan": "all", "segment": "all", "role": "all", "platform": platform}
            figures.put("kpi_active_users", sum(platform in used for used in platforms), labels)


def stickiness(customers: Sequence[Customer], at: int, figures: Figures) -> None:
    monthly = [c for c in customers if c.active_since(begin_of("30d", at))]
    for labels, some in breakdowns([(c.now, c) for c in monthly], ("plan", "segment")):
        daily = [c for c in some if c.active_since(begin_of("1d", at))]
        figures.ratio("stickiness", len(daily), len(some), labels)


def adoption(eligible: Sequence[Customer], window: str, begin: int, figures: Figures) -> None:
    for labels, some in breakdowns([(c.now, c) for c in eligible], ("plan", "segment")):
        active = [c for c in some if c.active_since(begin)]
        figures.ratio("adoption", len(active), len(some), labels | {"window": window})


def self_service_adoption(among: Sequence[Customer], window: str, begin: int, figures: Figures) -> None:
    for labels, some in breakdowns([(c.now, c) for c in among], ("plan", "segment")):
        acting = [c for c in some if c.channels_since(begin)]
        figures.ratio(
            "self_service_adoption", len(acting), len(some), labels | {"window": window, "channel": "all"}
        )
    used = [c.channels_since(begin) for c in among]
    for channel in sorted(set().union(*used)):
        # No customer is eligible or active for one channel only: the denominator is that of all.
        labels = {"window": window, "channel": channel, "plan": "all", "segment": "all"}
        figures.ratio("self_service_adoption", sum(channel in c for c in used), len(among), labels)

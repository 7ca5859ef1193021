"""Accounts from the lives of their customers: who belongs to which, and what is said of the account itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.oracle.figures import label
from tests.oracle.people import NOT_ACTING, about_account
from tests.oracle.settings import MINUTE

if TYPE_CHECKING:
    from tests.oracle.people import Event, Life, Lives
    from tests.oracle.settings import OracleSettings

#: The kinds of a subscription's changes, in the order of one millisecond.
CHANGES = ("subscription.started", "subscription.changed", "subscription.cancelled")


@dataclass
class Account:
    """An account at the evaluation time: the lives of its customers that are not over, and its own events."""

    name: str | None
    """None: the one customer is its own account."""
    members: list[Life] = field(default_factory=list)
    own: list[Event] = field(default_factory=list)

    @property
    def plan(self) -> str:
        return label(self.latest("plan"))

    def latest(self, name: str) -> str | None:
        """Plan or segment of the member that told its present one last, by the minute; in one minute the greater name."""
        told = []
        for life in self.members:
            value = life.latest(name)
            if value is not None:
                time = max(e.time for e in life.events if e.field(name) is not None)
                told.append((time // MINUTE, label(value)))
        return max(told)[1] if told else None

    @property
    def eligible(self) -> bool:
        """Known, and not withdrawn by an event about the account."""
        if self.name is None:
            return self.members[0].eligible
        return self.eligible_at(1 << 60)

    def eligible_at(self, time: int) -> bool:
        """The same just before `time`, by the members that are there now."""
        known = any(e.type not in NOT_ACTING and e.time < time for life in self.members for e in life.events)
        changes = [
            (e.time, bool(e.data("eligible")))
            for e in self.own
            if e.type == "account.eligibility_changed" and e.time < time
        ]
        return known and (not changes or max(changes)[1])

    def active_since(self, begin: int, settings: OracleSettings) -> bool:
        return any(
            e.type in settings.active_events and e.time >= begin for life in self.members for e in life.events
        )


def account_of(life: Life) -> str | None:
    """The account that a customer named last; at the same millisecond the greater name."""
    named = [(e.time, name) for e in life.events if (name := e.field("account_id")) is not None]
    return max(named)[1] if named else None


def accounts_of(lives: Lives, settings: OracleSettings) -> list[Account]:
    """Every account with a customer that is still there."""
    named: dict[str, Account] = {}
    alone = []
    for life in lives:
        if life.ended is not None:
            continue
        name = None if settings.customer == "account" else account_of(life)
        if name is None:
            alone.append(Account(None, [life]))
        else:
            named.setdefault(name, Account(name)).members.append(life)
    own = defaultdict(list)
    for event in lives.about_accounts:
        own[about_account(event)].append(event)
    for name, account in named.items():
        account.own = own[name]
    return [*alone, *named.values()]


def payers_of(lives: Lives, settings: OracleSettings) -> list[tuple[str, list[Event], bool]]:
    """Who may hold subscriptions: plan, the changes of its subscriptions, and whether it is still there."""
    plans = {a.name: a.plan for a in accounts_of(lives, settings) if a.name is not None}
    payers = []
    by_account: dict[str, list[Event]] = defaultdict(list)
    if settings.customer == "user":
        for event in lives.about_accounts:
            if event.type in CHANGES:
                by_account[str(about_account(event))].append(event)
    for name, events in by_account.items():
        payers.append((plans.get(name, label(None)), events, True))
    for life in lives:
        events = [
            e
            for e in life.events
            if e.type in CHANGES and (settings.customer == "account" or about_account(e) is None)
        ]
        payers.append((label(life.latest("plan")), events, life.ended is None))
    return payers

"""Who may hold subscriptions: accounts, and customers as far as their subscriptions name no account."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.oracle.accounts import CHANGES, Account, account_of, accounts_of
from tests.oracle.people import NOT_ACTING, about_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.people import Event, Life, Lives
    from tests.oracle.settings import OracleSettings

PERIODS = ("subscription.renewal_due", "subscription.renewed")


@dataclass(frozen=True)
class Holder:
    """One who may hold subscriptions."""

    events: list[Event]
    """What tells its plan and segment, among others."""
    own: list[Event]
    """The events of its subscriptions."""
    ended: int | None
    latest: Callable[[str], str | None]
    """Its plan or segment of now."""
    eligible_at: Callable[[int], bool]
    """Whether it would be a customer without a subscription, just before a time, by all that is known now."""


def holders_of(lives: Lives, settings: OracleSettings) -> list[Holder]:
    """Every one."""
    by_account = settings.customer == "account"
    holders = []
    with_own_subscriptions = set()
    for life in lives:
        own = [
            e for e in life.events if e.type in CHANGES + PERIODS and (by_account or about_account(e) is None)
        ]
        account = None if by_account else account_of(life)
        if account is not None and life.ended is None and any(e.type in CHANGES for e in own):
            with_own_subscriptions.add(account)
        eligible_at = eligibility_of(life) if account is None else never
        holders.append(Holder(life.events, own, life.ended, life.latest, eligible_at))
    if by_account:
        return holders
    told = defaultdict(list)
    for event in lives.about_accounts:
        if event.type in CHANGES + PERIODS:
            told[str(about_account(event))].append(event)
    accounts = {a.name: a for a in accounts_of(lives, settings) if a.name is not None}
    for name in sorted(accounts.keys() | told.keys()):
        account_now = accounts.get(name, Account(name))
        eligible_at = never if name in with_own_subscriptions else account_now.eligible_at
        holders.append(Holder(told[name], told[name], None, account_now.latest, eligible_at))
    return holders


def never(time: int) -> bool:
    del time
    return False


def eligibility_of(life: Life) -> Callable[[int], bool]:
    def eligible_at(time: int) -> bool:
        known = any(e.type not in NOT_ACTING and e.time < time for e in life.events)
        eligibility = [change for change in life.eligibility if change[0] < time]
        return known and (not eligibility or max(eligibility)[1])

    return eligible_at

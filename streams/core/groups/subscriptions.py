"""The group of a customer's subscriptions and plans. What it contributes, each KPI says in a function of its own.

Several families of KPIs follow from the same facts, so they are one group: an event joins with them once, and the difference
is that of all contributions together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from streams.core.contribution import Delta
from streams.core.dimensions import UNKNOWN
from streams.core.group import Group
from streams.core.groups.cohorts import cohort
from streams.core.groups.renewals import cancellations, renewals
from streams.core.groups.upgrades import upgrades
from streams.core.measures import Contribution
from streams.core.membership import corrections
from streams.core.subscriptions import MAX_TOLD, Subscriptions
from streams.core.upsell import paying

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.dimensions import Dimensions
    from streams.core.join import Told
    from streams.core.rules import Rules

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_USER_IDENTIFIED: Final = e.UserIdentified


class SubscriptionGroup(Group[Subscriptions]):
    """Signups, plans told, subscriptions and their paid periods."""

    name: ClassVar[str] = "subscriptions"
    facts = Subscriptions
    types: ClassVar[tuple[type[Event], ...]] = (
        e.UserSignedUp,
        e.UserIdentified,
        e.SubscriptionStarted,
        e.SubscriptionChanged,
        e.SubscriptionCancelled,
        e.SubscriptionRenewalDue,
        e.SubscriptionRenewed,
    )
    measures: ClassVar[tuple[str, ...]] = (
        *("customers", "customers_kept", "cohorts", "cancellations", "cancellations_by_reason", "renewals"),
        *("accounts_paid", "accounts_upsold", "free_customers", "free_begun", "free_to_paid"),
        *("paid_customers", "paid_begun", "upgraded", "first_paid", "first_paid_ms"),
    )
    selective: ClassVar[bool] = True
    follows_profile: ClassVar[bool] = True
    follows_activity: ClassVar[bool] = True
    assessed: ClassVar[bool] = True

    def touches(self, event: Event) -> bool:
        """Whether an event says anything: many of those that name a user do not."""
        return type(event) is not _USER_IDENTIFIED or bool(event.plan or event.segment)

    def join(self, facts: Subscriptions, told: Told, dimensions: Dimensions) -> None:
        """Join an event."""
        facts.join(told.event, told.time, told.plan, told.segment, dimensions, told.account)

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join an event and return what that changes: nothing, if it only says once more what was last known of a user without subscriptions."""
        if type(told.event) is _USER_IDENTIFIED and c.groups is not None and self.place in c.opened_groups():
            facts = self.opened(c)
            if (
                not facts.changes
                and _repeats(facts.plans, told.time, told.plan)
                and _repeats(facts.segments, told.time, told.segment)
            ):
                self.join(facts, told, dimensions)
                return []
        return super().update(c, told, rules, dimensions)

    def merge(self, facts: Subscriptions, other: Subscriptions) -> None:
        """Join all facts of a visitor."""
        facts.merge(other)

    def contributions(self, facts: Subscriptions, c: Customer, rules: Rules) -> list[Contribution]:
        """Return all that follows. Subscriptions that name an account are the account's (`streams.core.account`)."""
        own = facts.own() if facts.changes else facts
        out = cohort(facts, c, rules) + corrections(own, c) + upgrades(facts, c, rules)
        if own.changes:
            out += cancellations(own, c.plan)
            out += paying(own.changes, c.plan or UNKNOWN)
        if own.periods:
            out += renewals(own, c.plan, self.definitions.renewal_grace_ms)
        return out

    def following(self, facts: Subscriptions, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what became of the signup."""
        return cohort(facts, c, rules)

    def values(self, facts: Subscriptions) -> Iterable[tuple[str, str]]:
        """Yield the values of plans, segments, currencies and reasons."""
        return facts.values()


def _repeats(known: list[tuple[int, str]], time: int, value: str) -> bool:
    """Whether a value told at a time leaves what is known at each time as it is: nothing, or the last one again."""
    if not value:
        return True
    if not known or len(known) >= MAX_TOLD:
        return False
    last, present = known[-1]
    return last <= time and present == value

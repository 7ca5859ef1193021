"""The group of a customer's subscriptions and plans. What it contributes, each KPI says in a function of its own.

Several families of KPIs follow from the same facts, so they are one group: an event joins with them once, and the difference
is that of all contributions together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from schemas import events as e
from streams.core.dimensions import UNKNOWN
from streams.core.group import Group
from streams.core.groups.cohorts import cohort
from streams.core.groups.renewals import cancellations, renewals
from streams.core.groups.upgrades import upgrades
from streams.core.measures import Contribution
from streams.core.membership import corrections
from streams.core.subscriptions import Subscriptions
from streams.core.upsell import paying

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.dimensions import Dimensions
    from streams.core.join import Told
    from streams.core.rules import Rules


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
        return not isinstance(event, e.UserIdentified) or bool(event.plan or event.segment)

    def join(self, facts: Subscriptions, told: Told, dimensions: Dimensions) -> None:
        """Join an event."""
        facts.join(told.event, told.time, told.plan, told.segment, dimensions, told.account)

    def merge(self, facts: Subscriptions, other: Subscriptions) -> None:
        """Join all facts of a visitor."""
        facts.merge(other)

    def contributions(self, facts: Subscriptions, c: Customer, rules: Rules) -> list[Contribution]:
        """Return all that follows. Subscriptions that name an account are the account's (`streams.core.account`)."""
        own = facts.own()
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

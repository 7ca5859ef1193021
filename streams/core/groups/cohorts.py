"""What became of a customer after its signup, by the local day: the cohort's measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streams.core.dimensions import UNKNOWN
from streams.core.measures import Contribution
from streams.core.subscriptions import Subscriptions
from streams.core.time import MINUTE_MS
from streams.core.told import told_at

if TYPE_CHECKING:
    from streams.core.customer import Customer
    from streams.core.rules import Rules

AGES: Final = (1, 7, 30)
"""Days after the signup's at which a cohort is looked at."""

ON: Final = "on"
LATER: Final = "later"
NEVER: Final = "never"
"""Active on that day; not on it, but after; neither."""


def cohort(facts: Subscriptions, c: Customer, rules: Rules) -> list[Contribution]:
    """Return the customer on its signup's day, under the plan that it had then."""
    if facts.signed_up < 0:
        return []
    day = rules.calendar.day_of(facts.signed_up // MINUTE_MS)
    plan = told_at(facts.plans, facts.signed_up, c.plan) or UNKNOWN
    return [("cohorts", (plan, *(_state(c, day + age) for age in AGES)), day, 1)]


def _state(c: Customer, day: int) -> str:
    bit = day - c.day0
    if bit < 0:
        return LATER if c.days else NEVER
    rest = c.days >> bit
    return ON if rest & 1 else LATER if rest else NEVER

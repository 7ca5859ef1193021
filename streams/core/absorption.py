"""What of a user's contributions a visitor's facts can move, when the two turn out to be one.

A visitor mostly brings little along, and a user has much: what the one cannot move contributes the same before and after, and is
not looked at.
"""

from __future__ import annotations

from typing import Any

from streams.core import person
from streams.core.customer import Customer
from streams.core.group import Group
from streams.core.issues import support_contributions
from streams.core.measures import Contribution
from streams.core.rules import Rules


class Reach:
    """What the facts of a visitor can move of a user with whose facts they are about to be joined."""

    __slots__ = ("groups", "itself", "support", "whole")

    def __init__(self, c: Customer, visitor: Customer, rules: Rules) -> None:
        status = visitor.status
        self.whole = c.excluded or (
            status is not None and (status.flagged[0] >= 0 or len(status.eligibility) > 0)
        )
        """Whether the customer counts, or since when it is eligible: then anything may move."""
        profile = (
            _differs(visitor.plan, c.plan)
            or _differs(visitor.segment, c.segment)
            or _differs(visitor.role, c.role)
            or _differs(visitor.account, c.account)
            or (visitor.known >= 0 > c.known)
        )
        since = 0 <= visitor.known < c.known
        active = visitor.last >= 0
        self.support = visitor.support is not None
        """Its conversations and help sessions."""
        self.itself = profile or since or active or self.support or visitor.self_service >= 0
        """What `person.itself` says."""
        brought = visitor.opened_groups()
        groups: list[Group[Any]] = [
            group
            for group in rules.groups
            if group.place in brought
            or (profile and group.follows_profile)
            or (since and group.follows_profile and not group.ignores_known)
            or (active and group.follows_activity)
            or (self.support and group.follows_contacts)
        ]
        self.groups = tuple(groups)
        """Its groups of facts."""

    def contributions(self, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what the customer contributes of all this."""
        if self.whole:
            return person.contributions(c, rules)
        out = person.itself(c, rules) if self.itself else []
        if self.support:
            out += support_contributions(c.opened(), rules.issues)
        return out + person.grouped(c, self.groups, rules)


def _differs(told: str, known: str) -> bool:
    return told not in ("", known)

"""What is known of an account. What joins with it and what follows from it is in `streams.core.account`."""

from __future__ import annotations

import msgspec

from streams.core.customer import NEVER
from streams.core.facts.wellbeing import Answer
from streams.core.subscriptions import Subscriptions


class Part(msgspec.Struct, array_like=True, gc=False):
    """What the customers of an account on one partition number come to, those excluded left out."""

    known: int = NEVER
    """The earliest minute in which one of them acted."""
    last: int = NEVER
    """The last minute with an active event of one of them."""
    plan_minute: int = NEVER
    """The minute in which one of them last told its present plan."""
    plan: str = ""
    """That plan; of several in one minute the greatest."""
    day0: int = 0
    days: int = 0
    """The local days with an active event, as bits counted from `day0`: the last `DAYS_TOLD`."""
    contacts: list[int] = []
    answers: list[Answer] = []
    """As of `streams.core.groups.wellbeing`."""
    segment_minute: int = NEVER
    segment: str = ""
    """The same of the segment as of the plan."""
    holds: bool = False
    """One of them has, or had, a subscription that names no account."""

    @property
    def empty(self) -> bool:
        """Whether there is nobody."""
        return self.known < 0 and self.last < 0 and not (self.plan or self.segment or self.holds)


class AccountFacts(msgspec.Struct, array_like=True, gc=False):
    """All facts of one account, as its home has them."""

    parts: dict[int, Part] = {}
    """By partition number."""
    eligibility: list[tuple[int, int]] = []
    """Changes of the account's eligibility in order: time, 1 if eligible."""
    own: Subscriptions = msgspec.field(default_factory=Subscriptions)
    """The account's subscriptions, and what their events told of its plan and segment."""

    @property
    def not_withdrawn(self) -> bool:
        """Whether the account, once it is known, is eligible now."""
        return not self.eligibility or self.eligibility[-1][1] == 1


class Row(msgspec.Struct, array_like=True, gc=False):
    """What one partition number has to say of an account."""

    account: str
    whole: bool
    """The part takes the place of all that the number said before; else it joins with that."""
    part: Part

"""What is known of an account: what its customers come to, and what was said of the account itself.

Customers of one account live on several partition numbers. Each number tells the account's home what those that live
there come to (`Part`); the home puts the parts together. Everything here joins, so it may be told again and in any order
among numbers. What a number takes back (a flag, a deletion, a customer that moved on) it tells by its whole part anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from streams.core.customer import NEVER, Customer
from streams.core.dimensions import UNKNOWN
from streams.core.facts.wellbeing import Answer, WellbeingFacts
from streams.core.groups.renewals import cancellations, renewals
from streams.core.groups.wellbeing import joined
from streams.core.measures import Contribution
from streams.core.membership import edges_since, join_eligibility, of_account
from streams.core.subscriptions import Subscriptions
from streams.core.time import MINUTE_MS
from streams.core.upsell import paying

if TYPE_CHECKING:
    from streams.core.assessment import Assessment

ROOM: Final = 8
"""How many times as much an account remembers of its subscriptions as a customer."""
DAYS_TOLD: Final = 62
"""Local days that are told of: more than any look back, and few enough for one integer of MessagePack."""


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

    def learns(self, other: Part) -> bool:
        """Whether another part may change how the account fares: by days, contacts, answers, or since when it is known; plans apart."""
        first = min(self.day0, other.day0) if self.days else other.day0
        days = self.days << self.day0 - first if self.days else 0
        return bool(
            (other.days << other.day0 - first if other.days else 0) & ~days
            or other.contacts
            or other.answers
            or (other.known >= 0 and not 0 <= self.known <= other.known)
        )

    def join(self, other: Part) -> None:
        """Put another part beside this one, in place."""
        if other.known >= 0 and not 0 <= self.known <= other.known:
            self.known = other.known
        self.last = max(self.last, other.last)
        self.plan_minute, self.plan = max((self.plan_minute, self.plan), (other.plan_minute, other.plan))
        self.segment_minute, self.segment = max(
            (self.segment_minute, self.segment), (other.segment_minute, other.segment)
        )
        self.holds |= other.holds
        self.join_days(other.day0, other.days)
        self.join_wellbeing(other.contacts, other.answers)

    def join_days(self, day0: int, days: int) -> None:
        """Join local days."""
        if not days:
            return
        if self.days:
            first = min(self.day0, day0)
            days = days << day0 - first | self.days << self.day0 - first
            day0 = first
        surplus = days.bit_length() - DAYS_TOLD
        if surplus > 0:
            days >>= surplus
            day0 += surplus
        low = (days & -days).bit_length() - 1
        self.day0, self.days = day0 + low, days >> low

    def join_wellbeing(self, contacts: list[int], answers: list[Answer]) -> None:
        """Join contacts and answers."""
        if contacts:
            self.contacts = joined(self.contacts, contacts)
        if answers:
            self.answers = joined(self.answers, answers)

    def join_customer(
        self, c: Customer, facts: WellbeingFacts | None, subscriptions: Subscriptions | None
    ) -> None:
        """Put a customer beside the others, in place. Facts that have not changed since the last time may be left out."""
        if subscriptions is not None and subscriptions.holds:
            self.holds = True
        self.join_days(c.day0, c.days)
        if facts is not None:
            self.join_wellbeing(facts.contacts, facts.answers)
        known, last = c.known, c.last
        if known >= 0 and not 0 <= self.known <= known:
            self.known = known
        self.last = max(self.last, last)
        if c.plan:
            minute = c.plan_time // MINUTE_MS
            if minute > self.plan_minute or (minute == self.plan_minute and c.plan > self.plan):
                self.plan_minute, self.plan = minute, c.plan
        if c.segment:
            told = c.segment_time // MINUTE_MS, c.segment
            self.segment_minute, self.segment = max((self.segment_minute, self.segment), told)


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

    def whole(self) -> Part:
        """Return all parts together."""
        whole = Part()
        for part in self.parts.values():
            whole.join(part)
        return whole

    def only_later(self, part: Part, number: int) -> tuple[str, int, int] | None:
        """Join what a number adds to its part if that is nothing but later activity under the plan and segment that everybody told.

        Returns that plan, and the account's last active minutes before and after; None, with nothing joined, if it is more.
        """
        known = self.parts.get(number)
        if known is None or not 0 <= known.known <= part.known or part.holds > known.holds:
            return None
        plan, segment, last = part.plan, part.segment, NEVER
        for other in self.parts.values():
            if other.plan != plan or other.segment != segment:
                return None
            last = max(last, other.last)
        if last < 0:
            return None
        known.join(part)
        return plan, last, max(last, part.last)

    def join_eligibility(self, time: int, eligible: bool) -> None:
        """Join a change of the account's eligibility."""
        join_eligibility(self.eligibility, (time, 1 if eligible else 0))

    def values(self) -> Iterator[tuple[str, str]]:
        """Yield the bounded values that the facts hold, as (dimension, value)."""
        for part in self.parts.values():
            yield "plan", part.plan
            yield "segment", part.segment
        yield from self.own.values()

    def contributions(self) -> list[Contribution]:
        """Return what the account contributes."""
        whole = self.whole()
        plan = whole.plan or UNKNOWN
        out: list[Contribution] = []
        if whole.last >= 0:
            eligible = whole.known >= 0 and self.not_withdrawn
            out.append(("account_active", (plan, "1" if eligible else "0"), whole.last, 1))
        edges = edges_since(whole.known, self.eligibility)
        out += [("account_eligible", (plan,), minute, edge) for minute, edge in edges]
        own = self.own
        if own.changes:
            out += paying(own.changes, plan) + cancellations(own, whole.plan)
        elif whole.holds:
            # Its customers hold subscriptions of their own, and count by these.
            edges = []
        out += of_account(own, (whole.plan, whole.segment), edges, eligible=self.not_withdrawn)
        return out + renewals(own, whole.plan)


class Account(msgspec.Struct, gc=False, eq=False):
    """An account at its home. Its facts lie packed while nobody joins anything."""

    id: str
    facts: bytes | AccountFacts
    dirty: bool = False
    unassessed: bool = True
    """It has to be assessed anew."""
    assessed: Assessment | None = None
    """What the hourly sweep found, as it stands in the panes."""

    def opened(self) -> AccountFacts:
        """Return the facts to be changed."""
        facts = self.facts
        if isinstance(facts, AccountFacts):
            return facts
        unpacked = self.facts = _decode_facts(facts)
        return unpacked

    def read(self) -> AccountFacts:
        """Return the facts to be looked at."""
        return self.facts if isinstance(self.facts, AccountFacts) else _decode_facts(self.facts)

    def close(self) -> bytes:
        """Pack the facts, and return them as a record's value."""
        if isinstance(self.facts, AccountFacts):
            self.facts = _encode(self.facts)
        return self.facts


class Row(msgspec.Struct, array_like=True, gc=False):
    """What one partition number has to say of an account."""

    account: str
    whole: bool
    """The part takes the place of all that the number said before; else it joins with that."""
    part: Part


def encode_rows(rows: Iterable[Row]) -> bytes:
    """Return rows as one message."""
    return _encode(list(rows))


def decode_rows(value: bytes) -> list[Row]:
    """Return the rows of a message. Raises msgspec.DecodeError if it is damaged."""
    return _decode_rows(value)


_encode = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(AccountFacts).decode
_decode_rows = msgspec.msgpack.Decoder(list[Row]).decode

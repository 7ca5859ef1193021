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
from streams.core.facts.account import AccountFacts, Part, Row
from streams.core.facts.wellbeing import Answer, WellbeingFacts
from streams.core.groups.wellbeing import joined
from streams.core.packed import trimmed
from streams.core.subscriptions import Subscriptions
from streams.core.summary import Summary, precedes, prevails, summary_of
from streams.core.time import MINUTE_MS

if TYPE_CHECKING:
    from streams.core.assessment import Assessment

ROOM: Final = 8
"""How many times as much an account remembers of its subscriptions as a customer."""
DAYS_TOLD: Final = 62
"""Local days that are told of: more than any look back, and few enough for one integer of MessagePack."""


class Account:
    """An account at its home. Its facts lie packed while nobody joins anything."""

    __slots__ = ("assessed", "assessed_until", "dirty", "facts", "id", "summary", "unassessed")

    def __init__(self, id: str, facts: bytes | AccountFacts) -> None:  # noqa: A002  (the facts' own name for it)
        self.id = id
        self.facts = facts
        self.summary: Summary | None = None
        """What the parts come to, once it was asked for; only while the facts are unpacked."""
        self.dirty = False
        self.unassessed = True
        """It has to be assessed anew."""
        self.assessed: Assessment | None = None
        """What the hourly sweep found, as it stands in the panes."""
        self.assessed_until = 0
        """The first minute at which it may find something else, whatever happens."""

    def opened(self) -> AccountFacts:
        """Return the facts to be changed."""
        facts = self.facts
        if isinstance(facts, AccountFacts):
            return facts
        unpacked = self.facts = _decode_facts(facts)
        return unpacked

    def read(self) -> AccountFacts:
        """Return the facts to be looked at."""
        facts = self.facts
        return facts if isinstance(facts, AccountFacts) else _decode_facts(facts)

    def summed(self, facts: AccountFacts) -> Summary:
        """Return what the parts of the opened facts come to."""
        summary = self.summary
        if summary is None:
            summary = self.summary = summary_of(facts)
        return summary

    def close(self) -> bytes:
        """Pack the facts, and return them as a record's value."""
        self.summary = None
        facts = self.facts
        if isinstance(facts, AccountFacts):
            facts = self.facts = trimmed(_encode(facts))
        return facts


# ---- what the customers on one partition number come to ---------------------------------------------------------------


def learns(part: Part, other: Part) -> bool:
    """Whether another part may change how the account fares: by days, contacts, answers, or since when it is known; plans apart."""
    if other.contacts or other.answers or precedes(other.known, part.known):
        return True
    days, other_days = part.days, other.days
    if not other_days or not days:
        return other_days != 0
    first = min(part.day0, other.day0)
    return bool(other_days << other.day0 - first & ~(days << part.day0 - first))


def join_parts(part: Part, other: Part) -> None:
    """Put another part beside this one, in place."""
    _join_known(part, other.known, other.last)
    _join_plan(part, other.plan_minute, other.plan)
    _join_segment(part, other.segment_minute, other.segment)
    if other.holds:
        part.holds = True
    _join_days(part, other.day0, other.days)
    _join_wellbeing(part, other.contacts, other.answers)


def first_part(
    c: Customer, facts: WellbeingFacts | None, subscriptions: Subscriptions | None, *, days: bool
) -> Part:
    """Return the part of one customer; without `days` as `join_later` makes it."""
    day0, bits = recent_days(c.day0, c.days) if days else (0, 0)
    return Part(
        c.known,
        c.last,
        c.plan_time // MINUTE_MS if c.plan else NEVER,
        c.plan,
        day0,
        bits,
        [] if facts is None else facts.contacts,
        [] if facts is None else facts.answers,
        c.segment_time // MINUTE_MS if c.segment else NEVER,
        c.segment,
        subscriptions is not None and subscriptions.holds,
    )


def join_customer(
    part: Part, c: Customer, facts: WellbeingFacts | None, subscriptions: Subscriptions | None
) -> None:
    """Put a customer beside the others, in place, with all that is known of it."""
    join_later(part, c)
    _join_days(part, c.day0, c.days)
    if subscriptions is not None and subscriptions.holds:
        part.holds = True
    if facts is not None:
        _join_wellbeing(part, facts.contacts, facts.answers)


def join_later(part: Part, c: Customer) -> None:
    """`join_customer` for one of whom nothing has changed since the last time that an assessment looks at."""
    _join_known(part, c.known, c.last)
    if c.plan:
        _join_plan(part, c.plan_time // MINUTE_MS, c.plan)
    if c.segment:
        _join_segment(part, c.segment_time // MINUTE_MS, c.segment)


def _join_known(part: Part, known: int, last: int) -> None:
    if precedes(known, part.known):
        part.known = known
    part.last = max(part.last, last)


def _join_plan(part: Part, minute: int, plan: str) -> None:
    if prevails(minute, plan, part.plan_minute, part.plan):
        part.plan_minute, part.plan = minute, plan


def _join_segment(part: Part, minute: int, segment: str) -> None:
    if prevails(minute, segment, part.segment_minute, part.segment):
        part.segment_minute, part.segment = minute, segment


def _join_days(part: Part, day0: int, days: int) -> None:
    if not days:
        return
    present = part.days
    if present:
        first = min(part.day0, day0)
        days = days << day0 - first | present << part.day0 - first
        day0 = first
    part.day0, part.days = recent_days(day0, days)


def recent_days(day0: int, days: int) -> tuple[int, int]:
    """Return the last `DAYS_TOLD` of a set of local days, as it is kept."""
    if not days:
        return 0, 0
    surplus = days.bit_length() - DAYS_TOLD
    if surplus > 0:
        days >>= surplus
        day0 += surplus
    low = (days & -days).bit_length() - 1
    return day0 + low, days >> low


def _join_wellbeing(part: Part, contacts: list[int], answers: list[Answer]) -> None:
    if contacts:
        part.contacts = joined(part.contacts, contacts)
    if answers:
        part.answers = joined(part.answers, answers)


# ---- what an account comes to ----------------------------------------------------------------------------------------


def whole_of(facts: AccountFacts) -> Part:
    """Return all parts together, to be looked at."""
    parts = list(facts.parts.values())
    if len(parts) == 1:
        return parts[0]
    whole = Part()
    for part in parts:
        join_parts(whole, part)
    return whole


def values_of(facts: AccountFacts) -> Iterator[tuple[str, str]]:
    """Yield the bounded values that the facts hold, as (dimension, value)."""
    for part in facts.parts.values():
        yield "plan", part.plan
        yield "segment", part.segment
    yield from facts.own.values()


# ---- what travels ----------------------------------------------------------------------------------------------------


def encode_rows(rows: Iterable[Row]) -> bytes:
    """Return rows as one message."""
    return _encode(list(rows))


def decode_rows(value: bytes) -> list[Row]:
    """Return the rows of a message. Raises msgspec.DecodeError if it is damaged."""
    return _decode_rows(value)


_encode: Final = msgspec.msgpack.Encoder().encode
_decode_facts: Final = msgspec.msgpack.Decoder(AccountFacts).decode
_decode_rows: Final = msgspec.msgpack.Decoder(list[Row]).decode

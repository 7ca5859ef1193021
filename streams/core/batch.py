"""The figures without the stream: events, in order of time, folded into facts, and facts mapped to contributions.

Shares the facts and the contributions with the worker, but neither panes nor differences nor checkpoints. So it tells
what the panes ought to hold. Nothing is late here, and repetitions are recognised however old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from schemas.envelope import envelope_of
from schemas.events import Event, UserIdentified, customer_of
from streams.core import person
from streams.core.account import join_customer
from streams.core.assessment import Assessor, whole_hour
from streams.core.customer import NOBODY, Customer
from streams.core.deduplication import identity_of, seed_of
from streams.core.definitions import Definitions
from streams.core.facts.account import AccountFacts, Part
from streams.core.join import claims, join, join_account, join_customers, tell
from streams.core.ledger import closed_at
from streams.core.measures import Cell, Contribution
from streams.core.rules import Rules
from streams.core.summary import account_contributions, summary_of
from streams.core.time import MINUTE_MS, reached, window_span


class Timed(NamedTuple):
    """An event with its time (ms) and the topic it belongs to."""

    time: int
    topic: str
    event: Event


def in_order(events: Iterable[Timed], *, by_account: bool = False) -> list[Timed]:
    """Events by time; at the same millisecond the claim of the smaller customer first, deletions last."""
    return sorted(events, key=lambda timed: order_of(timed, by_account=by_account))


def order_of(timed: Timed, *, by_account: bool) -> tuple[int, bool, str]:
    """What `in_order` sorts by; equal ones stay as they came."""
    event = timed.event
    claim = (customer_of(event, by_account=by_account) or "") if isinstance(event, UserIdentified) else ""
    return timed.time, event.__struct_config__.tag == "user.deleted", claim


def identity_in(timed: Timed) -> int:
    """The 8-byte hash that an event and its repetitions have in common."""
    return identity_of(timed.event.id, seed_of(timed.event.source or timed.topic))


class Batch:
    """Facts of all customers, as of the last event folded. Feed it in the order of `in_order`.

    With ``distinct`` nothing is repeated among the events, so nothing is remembered of each to recognise it by.
    """

    def __init__(self, definitions: Definitions, *, distinct: bool = False) -> None:
        self.rules = Rules(definitions)
        self.dimensions = self.rules.bounded_dimensions()
        self.customers: dict[str, Customer] = {}
        self._accounts: dict[str, AccountFacts] = {}
        self._users: dict[str, str] = {}
        self._seen: set[int] | None = None if distinct else set()
        self._closed: list[Contribution] = []
        self._deleted: dict[str, int] = {}
        self.duplicates = self.excluded = 0

    def fold(self, timed: Timed) -> None:
        """Join one event."""
        event, time = timed.event, timed.time
        if event.is_bot or event.is_test:
            self.excluded += 1
            return
        if self._seen is not None:
            identity = identity_in(timed)
            if identity in self._seen:
                self.duplicates += 1
                return
            self._seen.add(identity)
        rule = self.rules.by_struct[type(event)]
        name = customer_of(event, by_account=self.rules.by_account)
        if name is None:
            if not rule.groups:
                return
            name = NOBODY
        name = self._resolve(name)
        if time <= self._deleted.get(name, -1):
            return
        c = self.customers.get(name)
        if c is None:
            c = self.customers[name] = Customer(name)
        if rule.admin == "delete":
            self._closed += closed_at(person.contributions(c, self.rules), time // MINUTE_MS, self.rules)
            self._deleted[name] = time
            del self.customers[name]
            return
        told = tell(event, envelope_of(event), time, rule, self.rules, self.dimensions)
        join(c, told, self.rules, self.dimensions)
        account = self.rules.account_of(event)
        if account is not None:
            join_account(self._account(account), told, self.dimensions)
        if isinstance(event, UserIdentified) and event.anonymous_id and claims(event, name):
            self._claim(event.anonymous_id, name)

    def _account(self, name: str) -> AccountFacts:
        return self._accounts.setdefault(name, AccountFacts())

    def _resolve(self, name: str) -> str:
        hops = 0
        while name in self._users and hops <= len(self._users):
            name = self._users[name]
            hops += 1
        return name

    def _claim(self, visitor: str, user: str) -> None:
        if visitor in self._users or self._resolve(user) == visitor:
            return
        self._users[visitor] = user
        other = self.customers.pop(visitor, None)
        if other is not None:
            user = self._resolve(user)
            c = self.customers.get(user)
            if c is None:
                c = self.customers[user] = Customer(user)
            join_customers(c, other, self.rules)

    def contributions(self, at: int | None = None) -> Iterator[Contribution]:
        """All contributions of all customers, and what deleted ones left.

        With an evaluation time (ms) also how customers and accounts fare as of the last whole hour up to it.
        """
        rules = self.rules
        assessor = Assessor(rules, whole_hour(at)) if at is not None and rules.assesses else None
        yield from self._closed
        for account in self._accounts.values():
            account.parts.clear()
        for c in self.customers.values():
            yield from person.contributions(c, rules)
            if assessor is not None:
                yield from assessor.customer(c).contributions
            if rules.tells_accounts and c.account and not c.excluded:
                part = self._account(c.account).parts.setdefault(0, Part())
                join_customer(part, c, *rules.for_account(c))
        for account in self._accounts.values():
            yield from account_contributions(account, summary_of(account), self.rules.definitions)
            if assessor is not None:
                yield from assessor.account(account).contributions


class Sums:
    """Contributions added up, to be read at an evaluation time over any window."""

    def __init__(self, contributions: Iterable[Contribution], at: int, rules: Rules) -> None:
        self.at = at
        self._today = rules.calendar.day_of((at - 1) // MINUTE_MS)
        self._measures = rules.measures
        self._numbers: dict[str, dict[tuple[Cell, int], int]] = {name: {} for name in rules.measures}
        for measure, cell, minute, n in contributions:
            numbers = self._numbers[measure]
            numbers[cell, minute] = numbers.get((cell, minute), 0) + n

    def cells(self, measure: str, window: str) -> Mapping[Cell, int]:
        """The sum of each cell over a window that ends at the evaluation time (`docs/definitions.md`, "Time")."""
        kind = self._measures[measure].kind
        if kind in ("edge", "still"):
            return self._sum(measure, None, reached(self.at))
        if kind == "hourly":
            return self._sum(measure, None, reached(self.at + 1))
        if kind in ("day", "recent"):
            return self._sum(measure, self._today, self._today + 1)
        start, end = window_span(window, self.at)
        return self._sum(measure, start, None if kind == "last" else end)

    def cells_at_start(self, measure: str, window: str) -> Mapping[Cell, int]:
        """The level of each cell of an edge measure just before a window's first minute."""
        return self._sum(measure, None, window_span(window, self.at).start)

    @property
    def today(self) -> int:
        """The local day that holds the millisecond before the evaluation time."""
        return self._today

    def cells_of_days(self, measure: str, first: int, last: int) -> Mapping[Cell, int]:
        """The sum of each cell of a day measure over local days, both ends included."""
        return self._sum(measure, first, last + 1)

    def _sum(self, measure: str, start: int | None, end: int | None) -> dict[Cell, int]:
        out: dict[Cell, int] = {}
        for (cell, minute), n in self._numbers[measure].items():
            if (start is None or minute >= start) and (end is None or minute < end):
                out[cell] = out.get(cell, 0) + n
        return out

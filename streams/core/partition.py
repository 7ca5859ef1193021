"""One partition number: records in, facts and panes changed, changes out.

This is the worker's loop, and pure: it reads no clock and knows no Kafka. Everything it holds can be rebuilt from the
two changelogs, and everything it changes is handed out by `take_changes` in one piece. Each record has exactly one
result (`RESULTS`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

from schemas.decode import MAX_EVENT_BYTES, check, decode, refuse
from schemas.envelope import (
    ACCOUNT_ID,
    ID,
    IS_BOT,
    IS_TEST,
    PLAN,
    PLATFORM,
    ROLE,
    SEGMENT,
    SOURCE,
    TIME,
    USER_ID,
    Envelope,
    envelope_of,
)
from schemas.events import Event, customer_of, key_of
from schemas.instants import instant_ms
from schemas.interventions import Intervention
from schemas.reasons import Reason, Refusal
from schemas.topics import SOURCE_TOPICS
from streams.core import person
from streams.core.account import decode_rows, encode_rows
from streams.core.assessment import whole_hour
from streams.core.changelog import Loader, StateRecord, take_panes, take_state
from streams.core.coverage import Coverage
from streams.core.customer import ASSESS, CHANGED, JOINED, MOVED, NEVER, NOBODY, Customer, is_ordinary
from streams.core.deduplication import Deduplication, identity_of, is_in, seed_of
from streams.core.definitions import Definitions
from streams.core.facts.account import Row
from streams.core.join import Told, claims, platform_of, tell
from streams.core.ledger import Ledger
from streams.core.measures import Cell
from streams.core.panes import BASE, WHOLE, Panes
from streams.core.partitioner import PARTITIONERS
from streams.core.records import Clock, Meta
from streams.core.reports import Reports
from streams.core.rules import Rule, Rules, touched
from streams.core.sweep import Sweep
from streams.core.time import MINUTE_MS
from streams.core.transfer import decode_transfer, encode_transfer

PROCESSED: Final = "processed"
DUPLICATE: Final = "duplicate"
LATE_DROPPED: Final = "late_dropped"
EXCLUDED: Final = "excluded"
FORWARDED: Final = "forwarded"
DEAD_LETTER: Final = "dead_letter"
RESULTS: Final = (PROCESSED, DUPLICATE, LATE_DROPPED, EXCLUDED, FORWARDED, DEAD_LETTER)

EVENTS_TOPIC: Final = "selfserve.events"
"""The internal source: forwarded events, claims, and the facts of visitors that became users."""
CONSUMED: Final = (*(t.name for t in SOURCE_TOPICS), EVENTS_TOPIC)
"""The co-partitioned topics of a partition number."""
PRODUCT_TOPIC: Final = "product.events"
"""The topic with the shorter horizon of deduplication."""
MAX_SEEDS: Final = 10_000
"""Sources that are remembered by their hash seeds; a hostile stream may name any number."""
LATE_MS: Final = 5 * MINUTE_MS
"""How far behind the greatest event time of its topic's partition an event is called late."""
ROWS_AT_ONCE: Final = 500
"""Accounts in one message to another number: with ids of the greatest length it stays far below the limit of a record."""
MAX_HOPS: Final = 8
"""Forwards after which an event stays where it is: claims in a circle must not keep it travelling."""


class Record(Protocol):
    """A consumed record; aiokafka's own records are such."""

    @property
    def offset(self) -> int:
        """Its place in its partition."""

    @property
    def timestamp(self) -> int:
        """When it was written (ms)."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Its headers."""


class DeadLetter(NamedTuple):
    """A record that was refused, with the place it came from."""

    topic: str
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    reason: Reason
    message: str


class Forward(NamedTuple):
    """A message to another partition number, by way of `selfserve.events`.

    Its record is written with the time of writing, or the broker's retention would take old events away before they
    are read; an event's own record timestamp travels in the header `timestamp`.
    """

    number: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Changes(NamedTuple):
    """All that one checkpoint writes, but for META."""

    state: list[StateRecord]
    panes: list[StateRecord]
    dead_letters: list[DeadLetter]
    forwards: list[Forward]
    interventions: list[Intervention]


class Difference(NamedTuple):
    """A number that the panes hold and the facts do not stand for, or the other way round."""

    measure: str
    cell: Cell
    block: int
    slot: int
    panes: int
    facts: int

    def __str__(self) -> str:
        return f"{self.measure}{list(self.cell)} block {self.block} slot {self.slot}: panes {self.panes}, facts {self.facts}"


class PartitionState:
    """Everything one partition number knows."""

    def __init__(
        self,
        number: int,
        partitions: int,
        definitions: Definitions,
        *,
        clock: Clock = "wall",
        partitioner: str = "murmur2",
    ) -> None:
        self.number, self.partitions, self.definitions, self.clock = number, partitions, definitions, clock
        self._home = PARTITIONERS[partitioner]
        self.rules = Rules(definitions)
        self.ledger = Ledger(self.rules)
        self._memories = {
            topic: Deduplication(
                definitions.dedup_horizon_product_ms
                if topic == PRODUCT_TOPIC
                else definitions.dedup_horizon_ms
            )
            for topic in CONSUMED
        }
        self._seeds: dict[str, int] = {}
        self._loader: Loader | None = None
        self._sequence = 0
        self._coverage = Coverage(definitions)
        self._reports = Reports()
        self._sweep = Sweep(self.ledger)
        self._told_hour = NEVER
        """The greatest hour that the numbers have told each other of."""
        self._sweep_waits = False
        self._accounts_waiting = False
        self._dead_letters: list[DeadLetter] = []
        self._forwards: list[Forward] = []
        self.newest: dict[str, int] = {}
        """Greatest event time (ms) by topic."""
        self.newest_ms = 0
        self.since: int | None = None
        self.results: dict[str, dict[str, int]] = {t: dict.fromkeys(RESULTS, 0) for t in CONSUMED}
        """Records by topic and result, since the beginning of the log."""
        self.refused: dict[str, int] = {}
        self.excluded: dict[str, int] = {}
        self.late_events = self.late_counts = self.misplaced = 0

    @property
    def overflow(self) -> dict[str, int]:
        """Events by dimension whose value was beyond the bound, and likewise where joint values are bounded."""
        cells = {
            f"joint values of {panes.measure.name}": panes.overflow
            for panes in self.ledger.panes
            if panes.overflow
        }
        return self.ledger.dimensions.overflow | cells

    @property
    def waiting(self) -> bool:
        """Whether the last `take_changes` has left something for a later one."""
        return self._reports.waiting or self._sweep_waits

    @property
    def customers(self) -> int:
        """How many customers have facts here."""
        return len(self.ledger.customers)

    # ---- records in ------------------------------------------------------------------------------------------------

    def process(self, topic: str, records: Sequence[Record]) -> None:
        """Join one batch of one topic. An exception means a bug: this memory must then never be checkpointed.

        What is ordinary (a user, at home, nearly in order) is done here, with everything at hand; the rest is `_take`'s.
        """
        if topic == EVENTS_TOPIC:
            for record in records:
                self._internal(record)
            return
        results = self.results[topic]
        tolerance = self.definitions.future_tolerance_ms
        customers, by_struct = self.ledger.customers, self.rules.by_struct
        memory, seed = self._memories[topic], self._seed(topic)
        home, partitions, number = self._home, self.partitions, self.number
        by_account = self.rules.by_account
        newest, since = self.newest.get(topic, -1), self.since
        # Names of this function are found faster than those of the module.
        read, take_apart = decode, envelope_of
        at_hand = NEVER
        live, fresh, frozen = memory.bucket(max(newest, 0) // MINUTE_MS)
        processed = duplicates = 0
        for record in records:
            raw = record.value
            if raw is None or len(raw) > MAX_EVENT_BYTES:
                self._refuse(topic, record, refuse(raw))
                continue
            try:
                event = read(raw)
            except Exception as error:  # noqa: BLE001  (a bad record ends nothing but itself)
                self._refuse(topic, record, refuse(raw, error))
                continue
            envelope = take_apart(event)
            time = instant_ms(envelope[TIME])
            user: str = ((by_account and envelope[ACCOUNT_ID]) or envelope[USER_ID]) or ""
            c = customers.get(user)
            if c is not None:
                status = c.status
                ordinary = status is None or is_ordinary(status)
            else:
                ordinary = user != "" and home(user.encode(), partitions) == number
            if (
                not ordinary
                or time < newest - LATE_MS
                or not 0 <= time <= record.timestamp + tolerance
                or envelope[IS_BOT]
                or envelope[IS_TEST]
                or envelope[SOURCE]
            ):
                self._reach(topic, newest)
                self._unusual(topic, event, time, record)
                newest, since = self.newest.get(topic, -1), self.since
                continue
            newest = max(newest, time)
            minute = time // MINUTE_MS
            if minute != at_hand:
                at_hand = minute
                live, fresh, frozen = memory.bucket(minute)
            identity = identity_of(envelope[ID], seed)
            if identity in live or (frozen is not None and is_in(frozen, identity)):
                duplicates += 1
                continue
            live.add(identity)
            fresh.append(identity)
            if since is None or time < since:
                since = self.since = time
            rule = by_struct[type(event)]
            if c is None:
                c = customers[user] = Customer(user)
                if rule.fast and not (rule.groups and touched(rule.groups, event)):
                    self._newcomer(c, envelope, rule, time)
                    processed += 1
                    continue
            if rule.fast and self._fast(c, event, envelope, rule, time):
                processed += 1
            else:
                results[self._join(c, event, envelope, rule, time, raw)] += 1
        self._reach(topic, newest)
        results[PROCESSED] += processed
        results[DUPLICATE] += duplicates

    def _reach(self, topic: str, time: int) -> None:
        """The greatest event time of a topic is at least this."""
        if time > self.newest.get(topic, -1):
            self.newest[topic] = time
            self.newest_ms = max(self.newest_ms, time)

    def _unusual(self, topic: str, event: Event, time: int, record: Record) -> None:
        """A decoded event of a source topic that is not ordinary."""
        refusal = check(event)
        if refusal is None and time > record.timestamp + self.definitions.future_tolerance_ms:
            refusal = _future(time, record.timestamp)
        if refusal is not None:
            self._refuse(topic, record, refusal)
            return
        customer = customer_of(event, by_account=self.rules.by_account) or ""
        self.results[topic][self._take(topic, event, customer, time, record, 0)] += 1

    def _take(self, topic: str, event: Event, customer: str, time: int, record: Record, hops: int) -> str:
        """Join a valid event of a customer ("" for none); the result."""
        if event.is_bot or event.is_test:
            self._reach(topic, time)
            self._exclude("is_bot" if event.is_bot else "is_test")
            return EXCLUDED
        rule = self.rules.by_struct[type(event)]
        if not customer and rule.groups and hops < MAX_HOPS:
            home = self._home((key_of(event) or "").encode(), self.partitions)
            if home != self.number:
                self.misplaced += 1
                self._forward(home, "", topic, record, hops)
                return FORWARDED
        c = self.ledger.customers.get(customer)
        if c is None:
            if customer and hops < MAX_HOPS:
                home = self._home(customer.encode(), self.partitions)
                if home != self.number:
                    self.misplaced += 1
                    self._forward(home, customer, topic, record, hops)
                    return FORWARDED
        elif c.status is not None and c.status.alias is not None and hops < MAX_HOPS:
            # What the visitor did before it was claimed was counted here, and went to the user with its facts.
            if self._memories[topic].knows(self._identity(topic, event), time // MINUTE_MS):
                return DUPLICATE
            user = c.status.alias[1]
            self._forward(self._home(user.encode(), self.partitions), user, topic, record, hops)
            return FORWARDED
        self._reach(topic, time)
        behind = self.newest[topic] - time
        countable = self._recognises(topic, time)
        if countable and self._repeated(topic, event, time):
            return DUPLICATE
        if behind > LATE_MS:
            self.late_events += 1
            if self.clock == "wall" and behind > self.definitions.lateness_ms:
                return LATE_DROPPED
        if self.since is None or time < self.since:
            self.since = time
        if not customer:
            if not rule.groups:
                return PROCESSED
            customer = NOBODY
            c = self.ledger.customers.get(NOBODY)
        envelope = envelope_of(event)
        if c is None:
            c = Customer(customer)
            self.ledger.add(c)
            if rule.fast and not (rule.groups and touched(rule.groups, event)):
                self._newcomer(c, envelope, rule, time)
                return PROCESSED
        elif (
            rule.fast
            and (c.status is None or is_ordinary(c.status))
            and self._fast(c, event, envelope, rule, time)
        ):
            return PROCESSED
        return self._join(c, event, envelope, rule, time, record.value or b"", countable=countable)

    def _newcomer(self, c: Customer, envelope: Envelope, rule: Rule, time: int) -> None:
        """The short path of a customer's first event, if that is ordinary activity."""
        ledger, minute = self.ledger, time // MINUTE_MS
        dimensions = ledger.dimensions
        plan: str | None = envelope[PLAN]
        segment: str | None = envelope[SEGMENT]
        role: str | None = envelope[ROLE]
        account: str | None = envelope[ACCOUNT_ID]
        if plan:
            c.plan, c.plan_time = dimensions.fold("plan", plan), time
        if segment:
            c.segment, c.segment_time = dimensions.fold("segment", segment), time
        if role:
            c.role, c.role_time = dimensions.fold("role", role), time
        ledger.mark(c)
        c.dirty |= ASSESS
        if account and not self.rules.by_account:
            c.account, c.account_time = account, time
            c.dirty |= MOVED | JOINED
        platform = ""
        if rule.active:
            platform = platform_of(c, envelope[PLATFORM], dimensions)
        ledger.welcome(c, minute, platform)

    def _fast(self, c: Customer, event: Event, envelope: Envelope, rule: Rule, time: int) -> bool:
        """The short path of a customer's ordinary activity; False if it is not ordinary after all."""
        minute = time // MINUTE_MS
        plan: str | None = envelope[PLAN]
        segment: str | None = envelope[SEGMENT]
        role: str | None = envelope[ROLE]
        account: str | None = None if self.rules.by_account else envelope[ACCOUNT_ID]
        if (
            minute < c.known
            or c.known < 0
            or (plan and plan != c.plan)
            or (segment and segment != c.segment)
            or (role and role != c.role)
            or (account and account != c.account)
            or (rule.groups and touched(rule.groups, event))
        ):
            return False
        ledger = self.ledger
        if not c.dirty & CHANGED:
            c.dirty |= CHANGED
            ledger.dirty.append(c)
        if account and time > c.account_time:
            c.account_time = time
        if plan and time > c.plan_time:
            if minute != c.plan_time // MINUTE_MS:
                c.dirty |= MOVED
            c.plan_time = time
        if segment and time > c.segment_time:
            if minute != c.segment_time // MINUTE_MS:
                c.dirty |= MOVED
            c.segment_time = time
        if role and time > c.role_time:
            c.role_time = time
        if rule.active:
            platform: str | None = envelope[PLATFORM]
            if minute != c.last or c.platforms is not None or platform != c.platform:
                ledger.activity(c, minute, platform_of(c, platform, ledger.dimensions))
        return True

    def _join(
        self,
        c: Customer,
        event: Event,
        envelope: Envelope,
        rule: Rule,
        time: int,
        raw: bytes,
        *,
        countable: bool = True,
    ) -> str:
        status = c.status
        if status is not None and time <= status.deleted:
            self._exclude("deleted")
            return EXCLUDED
        if rule.admin == "delete":
            self.ledger.delete(c, time)
            return PROCESSED
        told = tell(event, envelope, time, rule, self.rules, self.ledger.dimensions, c, countable=countable)
        self.ledger.apply(c, told)
        if rule.about_account:
            account = self.rules.account_of(event)
            if account is not None:
                self._tell_account(account, told, raw)
        if rule.admin == "identify" and event.anonymous_id and claims(event, c.id):
            self._claim(event.anonymous_id, c.id, time)
        if status is not None and rule.admin is None and c.excluded:
            self._exclude(status.flagged[2] or "flagged")
            return EXCLUDED
        return PROCESSED

    def _recognises(self, topic: str, time: int) -> bool:
        """Whether a repetition of an event of this time would be recognised."""
        # Each topic has its own horizon, and its own time: another topic may be far ahead while a backlog is read.
        if time // MINUTE_MS < self.newest[topic] // MINUTE_MS - self._memories[topic].horizon:
            self.late_counts += 1
            return False
        return True

    def _repeated(self, topic: str, event: Event, time: int) -> bool:
        return self._memories[topic].seen(self._identity(topic, event), time // MINUTE_MS)

    def _identity(self, topic: str, event: Event) -> int:
        return identity_of(event.id, self._seed(event.source or topic))

    def _seed(self, source: str) -> int:
        seed = self._seeds.get(source)
        if seed is None:
            if len(self._seeds) > MAX_SEEDS:
                self._seeds.clear()
            seed = self._seeds[source] = seed_of(source)
        return seed

    # ---- what travels between partition numbers --------------------------------------------------------------------

    def _forward(self, home: int, customer: str, topic: str, record: Record, hops: int) -> None:
        headers = [
            ("kind", b"event"),
            ("topic", topic.encode()),
            ("customer", customer.encode()),
            ("hops", b"%d" % (hops + 1)),
            ("partition", b"%d" % self.number),
            ("offset", b"%d" % record.offset),
            ("timestamp", b"%d" % _written(record)),
        ]
        self._forwards.append(Forward(home, customer.encode(), record.value or b"", headers))

    def _claim(self, visitor: str, user: str, time: int) -> None:
        """Tell a visitor's home that the visitor is this user."""
        key = visitor.encode()
        headers = [("kind", b"claim"), ("customer", key), ("user", user.encode()), ("time", b"%d" % time)]
        self._forwards.append(Forward(self._home(key, self.partitions), key, b"", headers))

    def _internal(self, record: Record) -> None:
        """One record of `selfserve.events`."""
        headers = dict(record.headers)
        kind = headers.get("kind")
        results = self.results[EVENTS_TOPIC]
        if kind == b"claim":
            self._claimed(headers["customer"].decode(), headers["user"].decode(), int(headers["time"]))
            results[PROCESSED] += 1
        elif kind == b"accounts":
            self._join_rows(int(headers["number"]), decode_rows(record.value or b""))
            results[PROCESSED] += 1
        elif kind == b"hour":
            self._told_hour = max(self._told_hour, int(headers["hour"]))
            results[PROCESSED] += 1
        elif kind == b"account":
            results[self._account_event(headers["account"].decode(), record)] += 1
        elif kind == b"facts" and record.value is not None:
            self._absorb(headers["customer"].decode(), record, int(headers["hops"]))
            results[PROCESSED] += 1
        else:
            results[self._travelled(record, headers)] += 1

    def _travelled(self, record: Record, headers: dict[str, bytes]) -> str:
        """An event that another partition number forwarded, or that an ingress agent normalised."""
        raw = record.value
        if raw is None or len(raw) > MAX_EVENT_BYTES:
            return self._refuse_internal(record, refuse(raw))
        try:
            event = decode(raw)
        except Exception as error:  # noqa: BLE001  (a bad record ends nothing but itself)
            return self._refuse_internal(record, refuse(raw, error))
        refusal = check(event)
        time = instant_ms(event.time)
        written = _written(record)
        if refusal is None and time > written + self.definitions.future_tolerance_ms:
            refusal = _future(time, written)
        if refusal is not None:
            return self._refuse_internal(record, refusal)
        named = headers.get("customer")
        customer = (
            named.decode()
            if named is not None
            else customer_of(event, by_account=self.rules.by_account) or ""
        )
        topic = headers.get("topic", b"").decode()
        hops = int(headers.get("hops", b"0"))
        return self._take(
            topic if topic in self.results else EVENTS_TOPIC, event, customer, time, record, hops
        )

    def _claimed(self, visitor: str, user: str, time: int) -> None:
        c = self.ledger.customers.get(visitor)
        if c is None:
            c = Customer(visitor)
            self.ledger.add(c)
        if c.status is not None and time <= c.status.deleted:
            return
        if self.ledger.claim(c, time, user):
            self._send_facts(c, user, 0)
            self.ledger.release(c)

    def _send_facts(self, c: Customer, user: str, hops: int) -> None:
        key = user.encode()
        headers = [("kind", b"facts"), ("customer", key), ("hops", b"%d" % (hops + 1))]
        home = self._home(key, self.partitions)
        self._forwards += [Forward(home, key, value, headers) for value in encode_transfer(c)]

    def _absorb(self, user: str, record: Record, hops: int) -> None:
        visitor = decode_transfer(record.value or b"")
        c = self.ledger.customers.get(user)
        if c is None:
            c = Customer(user)
            self.ledger.add(c)
        status = c.status
        if status is not None and status.alias is not None and hops < MAX_HOPS:
            self._send_facts(visitor, status.alias[1], hops)
            return
        self.ledger.absorb(c, visitor)

    # ---- accounts --------------------------------------------------------------------------------------------------

    def _tell_account(self, account: str, told: Told, raw: bytes) -> None:
        """Bring an event that is about an account to the account's home."""
        key = account.encode()
        home = self._home(key, self.partitions)
        if home == self.number:
            self.ledger.join_account_event(account, told)
        else:
            headers = [("kind", b"account"), ("account", key)]
            self._forwards.append(Forward(home, key, raw, headers))

    def _account_event(self, account: str, record: Record) -> str:
        if not self.rules.tells_accounts:
            # Of another number, which asks for accounts already, or still.
            return PROCESSED
        raw = record.value
        if raw is None or len(raw) > MAX_EVENT_BYTES:
            return self._refuse_internal(record, refuse(raw))
        try:
            event = decode(raw)
        except Exception as error:  # noqa: BLE001  (a bad record ends nothing but itself)
            return self._refuse_internal(record, refuse(raw, error))
        rule = self.rules.by_struct[type(event)]
        time, rules = instant_ms(event.time), self.rules
        told = tell(event, envelope_of(event), time, rule, rules, self.ledger.dimensions)
        self.ledger.join_account_event(account, told)
        return PROCESSED

    def _assess(self, evaluated: int | None, *, settled: bool) -> list[Intervention]:
        """Sweep if a new hour has begun, else look at who changed; return what to announce.

        A number that is not `settled` has accounts here or elsewhere that lack something, and sweeps later.
        """
        if not self.rules.assesses:
            return [] if evaluated is None else self._sweep.end(whole_hour(evaluated))
        if self.clock == "wall":
            hour = NEVER if evaluated is None else whole_hour(evaluated)
        else:
            # The evaluation time is just after the newest event of any number: whoever gets to an hour tells the others.
            hour = NEVER if evaluated is None else whole_hour(evaluated + 1)
            if settled and hour > self._told_hour:
                self._told_hour = hour
                self._tell_hour(hour)
            hour = max(hour, self._told_hour)
        # An hour that is over never comes back, unless the clock is now another one.
        due = hour not in (NEVER, self.ledger.hour)
        self._sweep_waits = due and not settled
        if due and settled:
            return self._sweep.run(hour)
        self._sweep.refresh()
        return []

    def _tell_hour(self, hour: int) -> None:
        headers = [("kind", b"hour"), ("hour", b"%d" % hour)]
        others = (number for number in range(self.partitions) if number != self.number)
        self._forwards += [Forward(number, b"", b"", headers) for number in others]

    def _report(self, *, behind: bool) -> bool:
        """Tell the homes of accounts what has changed with their customers here; whether nothing waits."""
        homes: dict[int, list[Row]] = {}
        for row in self._reports.take(self.ledger, behind=behind):
            homes.setdefault(self._home(row.account.encode(), self.partitions), []).append(row)
        for home, told in homes.items():
            if home == self.number:
                self._join_rows(home, told)
                continue
            for i in range(0, len(told), ROWS_AT_ONCE):
                headers = [("kind", b"accounts"), ("number", b"%d" % self.number)]
                value = encode_rows(told[i : i + ROWS_AT_ONCE])
                self._forwards.append(Forward(home, told[i].account.encode(), value, headers))
        return self._reports.settled

    def _join_rows(self, number: int, rows: list[Row]) -> None:
        for row in rows:
            self.ledger.join_part(row.account, number, row.part, whole=row.whole)

    # ---- accounting ------------------------------------------------------------------------------------------------

    def _exclude(self, reason: str) -> None:
        self.excluded[reason] = self.excluded.get(reason, 0) + 1

    def _refuse(self, topic: str, record: Record, refusal: Refusal) -> None:
        self.results[topic][DEAD_LETTER] += 1
        self.refused[refusal.reason.value] = self.refused.get(refusal.reason.value, 0) + 1
        self._dead_letters.append(
            DeadLetter(
                topic,
                record.offset,
                record.timestamp,
                record.key,
                record.value,
                refusal.reason,
                refusal.message,
            )
        )

    def _refuse_internal(self, record: Record, refusal: Refusal) -> str:
        self._refuse(EVENTS_TOPIC, record, refusal)
        self.results[EVENTS_TOPIC][DEAD_LETTER] -= 1
        return DEAD_LETTER

    # ---- changes out -----------------------------------------------------------------------------------------------

    def take_changes(self, *, evaluated: int | None = None, behind: bool = False) -> Changes:
        """All that changed since the last call. Synchronous, so it is a snapshot.

        `evaluated` is this number's part in the evaluation time (ms), by which the hourly sweep goes; None: nothing can be
        said. `behind`: this number reads a backlog. The sweep, and what customers mean to their accounts, may then wait
        (`streams.core.reports`).
        """
        self._sequence += 1
        newest = self.newest_ms // MINUTE_MS
        ledger = self.ledger
        settled = self._report(behind=behind)
        interventions = self._assess(evaluated, settled=settled)
        day = self.rules.calendar.day_of(newest)
        ledger.panes.roll(newest, day)
        ledger.residue.roll(newest, day)
        # Only where lateness is enforced is it known that nothing will join with old facts any more.
        state = take_state(ledger, newest if self.clock == "wall" else None)
        if ledger.dirty:
            # Facts had to be given up: who fares otherwise now is assessed before the panes are written.
            self._sweep.refresh()
        first = self._sequence
        for topic, memory in self._memories.items():
            name = b"d%d." % CONSUMED.index(topic)
            fresh = memory.take_fresh(first)
            state += [(name + b"%d" % sequence, packed) for sequence, packed in fresh]
            self._sequence = max(self._sequence, first + len(fresh) - 1)
            gone = memory.expire(self.newest.get(topic, 0) // MINUTE_MS)
            state += [(name + b"%d" % sequence, None) for sequence in gone]
        dead_letters, self._dead_letters = self._dead_letters, []
        forwards, self._forwards = self._forwards, []
        state += self._sweep.take_records()
        return Changes(state, take_panes(ledger.panes), dead_letters, forwards, interventions)

    def meta_fields(self) -> dict[str, Any]:
        """The core's part of META: newest, results, refused, since, sequence, hours, whether accounts wait, from when on is counted."""
        return {
            "newest": dict(self.newest),
            "results": {topic: dict(counts) for topic, counts in self.results.items()},
            "refused": dict(self.refused),
            "since": self.since,
            "sequence": self._sequence,
            "accounts_waiting": self._reports.waiting or not self.rules.tells_accounts,
            "accounts_told": self._reports.told,
            "hour": self.ledger.hour,
            "hour_told": self._told_hour,
            **self._coverage.meta_fields(),
        }

    # ---- recovery --------------------------------------------------------------------------------------------------

    def load_state(self, key: bytes, value: bytes | None) -> None:
        """One record of `selfserve.state`, in order, but not META."""
        if key[:1] == b"i":
            self._sweep.load(key, value)
        elif key[:1] != b"d":
            self._loading().load_state(key, value)
        elif value is not None:
            topic, _, sequence = key[1:].partition(b".")
            self._memories[CONSUMED[int(topic)]].load(int(sequence), value)

    def load_panes(self, key: bytes, value: bytes | None) -> None:
        """One record of `selfserve.panes`, in order, but not META."""
        self._loading().load_panes(key, value)

    def load_meta(self, meta: Meta) -> None:
        """The last META."""
        self.newest = dict(meta.newest)
        self.newest_ms = max(self.newest.values(), default=0)
        for topic, counts in meta.results.items():
            self.results.setdefault(topic, dict.fromkeys(RESULTS, 0)).update(counts)
        self.refused = dict(meta.refused)
        self.since = meta.since
        self._sequence = meta.sequence
        self._accounts_waiting = meta.accounts_waiting
        self._reports.told = meta.accounts_told
        self.ledger.hour = meta.hour if self.rules.assesses else NEVER
        self._told_hour = meta.hour_told
        self._coverage.load(meta, self.newest_ms)

    def _loading(self) -> Loader:
        if self._loader is None:
            self._loader = Loader(self.ledger)
        return self._loader

    def loaded(self, *, recompute: bool = False) -> None:
        """All records were read. `recompute`: the panes were made with other definitions, make them anew from the facts."""
        self._loading().finish(self.newest_ms)
        self._loader = None
        if self._accounts_waiting and self.rules.tells_accounts:
            self._reports.everything(self.ledger)
        if recompute:
            self._recompute()

    def _recompute(self) -> None:
        old = self.ledger.panes
        fresh = self.ledger.recomputed()
        for panes in fresh:
            stored = old[panes.measure.name]
            panes.dirty = set(stored.blocks) | set(panes.blocks)
            panes.parts = stored.parts
        self.ledger.use(fresh)

    # ---- questions -------------------------------------------------------------------------------------------------

    def verify(self) -> list[Difference]:
        """Where panes and facts disagree: nowhere, if everything is right."""
        out: list[Difference] = []
        expected = self.ledger.recomputed()
        oldest_day = self.rules.calendar.day_of(self.newest_ms // MINUTE_MS)
        for measure in self.ledger.panes:
            held = _numbers(measure.measure.name, self.ledger.panes, oldest_day)
            stands = _numbers(measure.measure.name, expected, oldest_day)
            for key in held.keys() | stands.keys():
                if held.get(key, 0) != stands.get(key, 0):
                    cell, block, slot = key
                    out.append(
                        Difference(
                            measure.measure.name, cell, block, slot, held.get(key, 0), stands.get(key, 0)
                        )
                    )
        return sorted(out, key=lambda d: (d.measure, d.block, d.slot, [str(v) for v in d.cell]))

    def explain(self, customer: str) -> dict[str, Any] | None:
        """A customer's facts and contributions, ready for JSON; None if it has none here."""
        c = self.ledger.customers.get(customer)
        return None if c is None else person.explained(c, self.rules)


def _numbers(measure: str, panes: Panes, newest_day: int) -> dict[tuple[Cell, int, int], int]:
    if panes[measure].measure.kind == "hourly":
        # The facts say how things stand, and nothing of the hours before.
        sums: Counter[tuple[Cell, int, int]] = Counter()
        for cell, _, _, n in panes[measure].numbers():
            sums[cell, BASE, WHOLE] += n
        return sums
    return {
        (cell, block, slot): n
        for cell, block, slot, n in panes[measure].numbers()
        if not panes[measure].expired(block, newest_day)
    }


def _written(record: Record) -> int:
    """When a record was first written (ms): a forwarded one carries that along."""
    for name, value in record.headers:
        if name == "timestamp":
            return int(value)
    return record.timestamp


def _future(time: int, timestamp: int) -> Refusal:
    ahead = (time - timestamp) // 1000
    return Refusal(
        Reason.FUTURE,
        f"`time` is {ahead} s ahead of the record's own timestamp: check the producer's clock, its time zone and its unit",
    )

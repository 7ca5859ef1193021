"""A Kafka of lists: partition states with their logs, for tests of the core without a broker.

It can do what a real cluster can do to the core: deliver in batches of any size, checkpoint at any time, lose a worker's
memory, and read everything back from the changelogs. Delivery of `selfserve.events` is transactional, as in Kafka.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.interventions import Intervention
from schemas.types import EVENT_TYPES
from streams.core.definitions import Definitions
from streams.core.measures import Contribution
from streams.core.panes import BASE, WHOLE
from streams.core.partition import CONSUMED, EVENTS_TOPIC, PartitionState
from streams.core.partitioner import murmur2
from streams.core.records import Clock, Meta
from streams.core.time import BEGINNING, DAY_MS, HOUR_MINUTES

FAR = 1 << 45
"""A record timestamp after every event time, so that nothing lies in the future."""


REMEMBERING = Definitions(dedup_horizon_ms=1_000 * DAY_MS, dedup_horizon_product_ms=1_000 * DAY_MS)
"""Definitions under which plain counts, too, are the same in any order: no repetition is too old to be recognised."""


class Message(NamedTuple):
    """A record as the core sees it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass
class Part:
    """One partition number: its logs, its last META, and the state of whoever owns it now."""

    state: PartitionState
    logs: dict[str, list[Message]] = field(default_factory=lambda: {t: [] for t in CONSUMED})
    offsets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CONSUMED, 0))
    changelog: dict[bytes, bytes | None] = field(default_factory=dict)
    panes: dict[bytes, bytes | None] = field(default_factory=dict)
    dead_letters: list[Any] = field(default_factory=list)
    interventions: list[Intervention] = field(default_factory=list)
    meta: Meta | None = None


class Cluster:
    """Some partition numbers, processed by hand."""

    def __init__(
        self, partitions: int, definitions: Definitions | None = None, *, clock: Clock = "event"
    ) -> None:
        self.partitions, self.clock = partitions, clock
        self.definitions = definitions or REMEMBERING
        self.parts = [Part(self._fresh(n)) for n in range(partitions)]

    def _fresh(self, number: int) -> PartitionState:
        return PartitionState(number, self.partitions, self.definitions, clock=self.clock)

    def produce(self, events: Iterable[Mapping[str, Any]], *, rng: random.Random | None = None) -> None:
        """Append events to the source logs, each on its customer's home; with rng, sometimes elsewhere."""
        for event in events:
            customer = event.get("user_id") or event.get("anonymous_id") or event.get("account_id") or ""
            if self.definitions.by_account:
                customer = event.get("account_id") or customer
            number = murmur2(customer.encode(), self.partitions)
            if rng is not None and rng.random() < 0.1:
                number = rng.randrange(self.partitions)
            topic = event.get("topic") or EVENT_TYPES[event["type"]].topic
            self.append(number, topic, json.dumps(event).encode())

    def append(self, number: int, topic: str, value: bytes | None, timestamp: int = FAR) -> None:
        """Append one record."""
        log = self.parts[number].logs[topic]
        log.append(Message(len(log), timestamp, None, value))

    def run(self, rng: random.Random, *, crashes: bool = True, batch: int = 40) -> None:
        """Process everything in random batches, with checkpoints and losses of memory in between."""
        while pending := [
            (part, topic)
            for part in self.parts
            for topic in CONSUMED
            if part.offsets[topic] < len(part.logs[topic])
        ]:
            part, topic = rng.choice(pending)
            start = part.offsets[topic]
            records = part.logs[topic][start : start + rng.randint(1, batch)]
            part.state.process(topic, records)
            part.offsets[topic] = records[-1].offset + 1
            if rng.random() < 0.3 or len(pending) == 1:
                self.checkpoint(part, behind=rng.random() < 0.5)
            elif crashes and rng.random() < 0.1:
                self.recover(part)
        for part in self.parts:
            self.checkpoint(part)
        if any(part.offsets[EVENTS_TOPIC] < len(part.logs[EVENTS_TOPIC]) for part in self.parts):
            self.run(rng, crashes=crashes, batch=batch)

    def checkpoint(self, part: Part, *, behind: bool = False, evaluated: int | None = None) -> None:
        """Everything that changed moves at once. ``evaluated`` is for a wall clock that has gone on (ms)."""
        evaluated = evaluated or part.state.newest_ms or None
        changes = part.state.take_changes(evaluated=evaluated, behind=behind)
        for key, value in changes.state:
            part.changelog[key] = value
        for key, value in changes.panes:
            part.panes[key] = value
        part.dead_letters += changes.dead_letters
        part.interventions += changes.interventions
        for forward in changes.forwards:
            log = self.parts[forward.number].logs[EVENTS_TOPIC]
            log.append(Message(len(log), FAR, forward.key, forward.value, forward.headers))
        part.meta = Meta(
            number=part.state.number,
            offsets=dict(part.offsets),
            clock=self.clock,
            written=0,
            fingerprint=self.definitions.fingerprint(),
            timezone=self.definitions.timezone,
            **part.state.meta_fields(),
        )

    def recover(self, part: Part, definitions: Definitions | None = None) -> None:
        """The memory is lost; the next owner reads the changelogs back."""
        recompute = definitions is not None
        self.definitions = definitions or self.definitions
        part.state = self._fresh(part.state.number)
        for key, value in part.changelog.items():
            part.state.load_state(key, value)
        for key, value in part.panes.items():
            part.state.load_panes(key, value)
        if part.meta is not None:
            part.state.load_meta(part.meta)
        part.offsets = dict(part.meta.offsets) if part.meta else dict.fromkeys(CONSUMED, 0)
        part.state.loaded(recompute=recompute)

    def numbers(self) -> list[Contribution]:
        """All panes as contributions, each at the earliest minute that its slot stands for."""
        out: list[Contribution] = []
        for part in self.parts:
            for panes in part.state.ledger.panes:
                for cell, block, slot, n in panes.numbers():
                    minute = block if panes.is_day else block * HOUR_MINUTES + (0 if slot == WHOLE else slot)
                    out.append((panes.measure.name, cell, BEGINNING if block == BASE else minute, n))
        return out

    def newest(self) -> int:
        """The greatest event time of all (ms)."""
        return max((part.state.newest_ms for part in self.parts), default=0)

"""A line becomes a record for Kafka, or is refused for the reason that the worker would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from schemas.decode import read
from schemas.events import Event, event_time_ms, key_of
from schemas.reasons import Reason, Refusal
from schemas.types import TYPE_OF_STRUCT


class Record(NamedTuple):
    """What is sent. ``time_ms`` is the event time, in milliseconds since the epoch; ``topic`` has no prefix."""

    time_ms: int
    topic: str
    key: bytes | None
    value: bytes


@dataclass(frozen=True)
class Routing:
    """Where events go, and which would be refused there.

    ``topic`` is for all events; without it each type has its own. ``now_ms`` and ``future_tolerance_ms`` say how far
    ahead an event time may be, ``by_account`` whether the account of an event is its customer.
    """

    topic: str | None
    now_ms: int
    future_tolerance_ms: int
    by_account: bool = False

    def record(self, raw: bytes) -> Record | Refusal:
        """Return the record for one event, whose value are the bytes as they are."""
        event = read(raw)
        if isinstance(event, Refusal):
            return event
        record = self._record(event, raw)
        if record.time_ms > self.now_ms + self.future_tolerance_ms:
            ahead = (record.time_ms - self.now_ms) / 1_000
            return Refusal(Reason.FUTURE, f"`time` lies {ahead:,.0f} s ahead of now")
        return record

    def invalid(self, raw: bytes, time_ms: int) -> Record:
        """Return the record for a line that the worker will refuse; ``time_ms`` is its place if it has no time."""
        event = read(raw)
        if isinstance(event, Refusal):
            return Record(time_ms, self.topic or "product.events", None, raw)
        return self._record(event, raw)

    def _record(self, event: Event, raw: bytes) -> Record:
        key = key_of(event, by_account=self.by_account)
        topic = self.topic or TYPE_OF_STRUCT[type(event)].topic
        return Record(event_time_ms(event), topic, None if key is None else key.encode(), raw)

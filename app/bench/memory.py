"""How much memory a customer takes in a worker: the growth of a process that holds the state of many, divided by them.

Run as a process of its own (`app.bench.scripts`). Each customer has ten active days, a different one of five features
every other day, and one conversation. Everything that comes with them counts: the dictionary they are found in, the panes,
and the ids kept against duplicates.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec
import psutil

from app.bench.scripts import answer, options_of
from app.simulator.mix import BENCHMARK_START_MS
from schemas.types import EVENT_TYPES
from streams.core.definitions import Definitions
from streams.core.partition import PartitionState
from streams.core.time import MINUTE_MS

DAYS: Final = 10
FEATURES: Final = ("search", "export", "reports", "sharing", "alerts")
CONVERSATION_DAY: Final = 4
BATCH: Final = 5_000
BETWEEN_CHECKPOINTS: Final = 2
"""Batches. What a checkpoint hands out is soon gone, but its room stays with the process: so little at a time."""
_DAY_MS: Final = 24 * 60 * MINUTE_MS

_encode: Final = msgspec.json.Encoder().encode


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How many customers."""

    customers: int


class Growth(msgspec.Struct, frozen=True):
    """What they take."""

    customers: int
    grown_bytes: int
    """Resident memory at the end less that before the first of them."""


class Memory(msgspec.Struct, frozen=True):
    """What one customer takes."""

    customers: int
    bytes_per_customer: float
    """Everything, divided by the customers."""
    bytes_per_further_customer: float
    """By how much a larger number takes more than a smaller one: without what does not depend on their number."""


def memory_of(fewer: Growth, more: Growth) -> Memory:
    """Return the memory of one customer, from the growth of two processes that hold different numbers of them."""
    return Memory(
        more.customers,
        more.grown_bytes / more.customers,
        (more.grown_bytes - fewer.grown_bytes) / (more.customers - fewer.customers),
    )


class Consumed(NamedTuple):
    """A record as the state sees it."""

    topic: str
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def life(customer: int, at: float, day: int) -> Iterator[dict[str, Any]]:
    """Yield what a customer does on a day; ``at`` is when on it, as a share of the day."""
    time = BENCHMARK_START_MS + day * _DAY_MS + int(at * _DAY_MS)
    who = {
        "user_id": f"u{customer:07d}",
        "account_id": f"a{customer // 4:06d}",
        "plan": "pro" if customer % 3 else "free",
        "segment": "smb",
        "role": "end-user",
        "platform": "web" if customer % 2 else "ios",
    }

    def event(type_: str, later_ms: int = 0, **fields: Any) -> dict[str, Any]:
        return {
            "id": f"{type_}-{customer:x}-{day}-{later_ms}",
            "type": type_,
            "time": time + later_ms,
            **who,
            **fields,
        }

    feature = FEATURES[day % len(FEATURES)]
    yield event("feature.used", feature=feature, data={"core": day % 2 == 0})
    if day == CONVERSATION_DAY:
        talk: dict[str, Any] = {"conversation_id": f"c-{customer:x}", "channel": "chat"}
        yield event("conversation.started", data={"initiated_by": "customer", "with": "bot"}, **talk)
        yield event("conversation.message", 1_000, data={"actor": "customer", "public": True}, **talk)
        yield event("conversation.message", 2_000, data={"actor": "bot", "public": True}, **talk)
        yield event("conversation.resolved", 60_000, data={"by": "bot", "confirmed": True}, **talk)


def records(customers: int) -> Iterator[Consumed]:
    """Yield all records, in the order of the days, and on each day customer by customer."""
    offset = 0
    for day in range(DAYS):
        for customer in range(customers):
            for event in life(customer, customer / customers, day):
                topic = EVENT_TYPES[event["type"]].topic
                yield Consumed(topic, offset, event["time"], event["user_id"].encode(), _encode(event))
                offset += 1


def fill(state: PartitionState, customers: int) -> None:
    """Have a state process all records, with checkpoints in between as a worker would make them."""
    source = records(customers)
    batches = 0
    while batch := list(islice(source, BATCH)):
        for topic in sorted({record.topic for record in batch}):
            state.process(topic, [record for record in batch if record.topic == topic])
        batches += 1
        if batches % BETWEEN_CHECKPOINTS == 0:
            state.take_changes()
    state.take_changes()


def measure(customers: int) -> Growth:
    """Measure this process before and after."""
    process = psutil.Process()
    fill(PartitionState(0, 1, Definitions()), 100)
    gc.collect()
    gc.freeze()
    gc.disable()
    before = process.memory_info().rss
    state = PartitionState(0, 1, Definitions())
    fill(state, customers)
    gc.collect()
    after = process.memory_info().rss
    assert state.customers == customers
    return Growth(customers, after - before)


def main() -> None:
    """Run as a process."""
    answer(measure(options_of(Options).customers))


if __name__ == "__main__":
    main()

"""The yardstick: a loop of aiokafka's `getmany` and msgspec, with the worker's fetch settings and nothing else.

Run as a process of its own (`app.bench.scripts`). What this loop costs, every consumer in Python has to pay.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.bench.measures import Measure
from app.bench.scripts import answer, options_of
from schemas.decode import decode
from streams.consumer_thread import FETCH_WAIT_MS, MAX_BATCH_RECORDS, MAX_FETCH_BYTES

_POLL_MS = 500


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to read: all ``events`` records of ``topics`` (full names), and how far to decode them."""

    bootstrap_servers: str
    topics: list[str]
    partitions: int
    events: int
    decoding: Literal["typed", "minimal"]


class Minimal(msgspec.Struct, gc=False):
    """The least that a count by type, minute and customer needs, unchecked."""

    id: str
    type: str
    time: str
    user_id: str | None = None


DECODERS: dict[str, Callable[[bytes], Any]] = {
    "typed": decode,
    "minimal": msgspec.json.Decoder(Minimal).decode,
}


async def measure(options: Options) -> Measure:
    """Read and decode everything; from the moment the first records are there until the last one is decoded."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=options.bootstrap_servers,
        group_id=None,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=MAX_BATCH_RECORDS,
        max_partition_fetch_bytes=MAX_FETCH_BYTES,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    consumer.assign([TopicPartition(topic, n) for topic in options.topics for n in range(options.partitions)])
    await consumer.start()
    try:
        decode_value = DECODERS[options.decoding]
        seen = 0
        started = cpu_started = 0.0
        while seen < options.events:
            fetched = await consumer.getmany(timeout_ms=_POLL_MS)
            if not seen:
                started, cpu_started = time.perf_counter(), time.process_time()
            for records in fetched.values():
                for record in records:
                    decode_value(record.value)
                seen += len(records)
        return Measure(seen, time.perf_counter() - started, time.process_time() - cpu_started)
    finally:
        await consumer.stop()


def main() -> None:
    """Run as a process."""
    options = options_of(Options)
    gc.freeze()
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answer(runner.run(measure(options)))


if __name__ == "__main__":
    main()

"""The topics of the benchmark: the sources filled once, the worker's own ones made anew for every run."""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer
from kafka.admin import KafkaAdminClient

from app.bench.environment import PREFIX
from app.bench.errors import BenchmarkError
from app.kafka.topics import ensure_topics, verify_topics
from app.simulator.mix import benchmark_mix
from schemas.topics import INTERNAL_TOPICS, SOURCE_TOPICS
from streams.core.partitioner import murmur2

COMPRESSION: Final = "lz4"
BATCH_BYTES: Final = 128 * 1024
"""Of a record batch before compression: what a producer with a short linger makes of a busy topic."""
_GONE_WITHIN_S: Final = 30.0


class Filled(msgspec.Struct, frozen=True):
    """What lies in the source topics."""

    records: dict[str, int]
    """By topic, without prefix."""
    value_bytes: int
    """Of all values, before compression."""

    @property
    def total(self) -> int:
        """Records in all topics."""
        return sum(self.records.values())


def create_topics(bootstrap_servers: str, partitions: int) -> None:
    """Create every topic of the service that is missing. Raises ``BenchmarkError`` if that cannot be done."""
    problems = [
        problem
        for report in ensure_topics(bootstrap_servers, PREFIX, partitions)
        for problem in report.problems
    ]
    if problems:
        raise BenchmarkError("The topics could not be created:\n" + "\n".join(problems))


def renew_internal_topics(admin: KafkaAdminClient, bootstrap_servers: str, partitions: int) -> None:
    """Delete what workers have written, and create those topics again, empty."""
    admin.delete_topics([PREFIX + spec.name for spec in INTERNAL_TOPICS])
    deadline = time.monotonic() + _GONE_WITHIN_S
    while any(
        report.status != "missing"
        for report in verify_topics(bootstrap_servers, PREFIX, partitions, topics=INTERNAL_TOPICS)
    ):
        if time.monotonic() > deadline:
            raise BenchmarkError(f"Kafka did not delete the worker's topics within {_GONE_WITHIN_S:.0f} s.")
        time.sleep(0.05)
    create_topics(bootstrap_servers, partitions)


async def fill(bootstrap_servers: str, partitions: int, events: int) -> Filled:
    """Write the fixed mix into the source topics, each event to its key's partition, and return when all is there.

    Record timestamps are those of writing: the broker would delete records that are as old as the events.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        compression_type=COMPRESSION,
        max_batch_size=BATCH_BYTES,
    )
    await producer.start()
    try:
        filling = _Filling(producer, partitions)
        for event in benchmark_mix(events):
            await filling.add(event.topic, event.key, event.value)
        await filling.finish()
    finally:
        await producer.stop()
    return Filled(filling.records, filling.value_bytes)


class _Filling:
    """Record batches in the making, one for each partition."""

    def __init__(self, producer: AIOKafkaProducer, partitions: int) -> None:
        self.records = {spec.name: 0 for spec in SOURCE_TOPICS}
        self.value_bytes = 0
        self._producer = producer
        self._partitions = partitions
        self._batches: dict[tuple[str, int], Any] = {}
        self._homes: dict[bytes, int] = {}
        self._sent: list[Any] = []

    async def add(self, topic: str, key: bytes, value: bytes) -> None:
        home = self._homes.get(key)
        if home is None:
            home = self._homes[key] = murmur2(key, self._partitions)
        target = topic, home
        batch = self._batches.get(target)
        if batch is None or not self._append(batch, key, value):
            if batch is not None:
                await self._send(target)
            batch = self._batches[target] = self._producer.create_batch()
            self._append(batch, key, value)
        self.records[topic] += 1
        self.value_bytes += len(value)

    async def finish(self) -> None:
        for target in self._batches:
            await self._send(target)
        # An error of any batch is raised here.
        for sent in self._sent:
            await sent

    async def _send(self, target: tuple[str, int]) -> None:
        topic, partition = target
        batch = self._batches[target]
        batch.close()
        self._sent.append(await self._producer.send_batch(batch, PREFIX + topic, partition=partition))

    @staticmethod
    def _append(batch: Any, key: bytes, value: bytes) -> bool:
        return batch.append(timestamp=time.time_ns() // 1_000_000, key=key, value=value) is not None

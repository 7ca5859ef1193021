"""A checkpoint: one Kafka transaction of one partition number.

Changed facts, changed panes, dead letters, forwarded events and next source offsets move together or not at all. The
snapshot is taken without an `await` in between, so processing goes on while it is sent. META comes last, in both
changelogs. The group's offsets are written in the same transaction, for lag tools; the engine never reads them.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    KafkaError,
    ProducerFenced,
)

from schemas.interventions import encode_intervention
from streams.client_internals import fill_batch, keep_looking_for_coordinators, never_expire_batches
from streams.config import WorkerConfig
from streams.core.records import META_KEY, Meta, encode_meta
from streams.errors import CheckpointError, FencedError
from streams.evaluation_time import evaluated
from streams.metrics import EngineMetrics
from streams.names import DEAD_LETTERS, EVENTS, INTERVENTIONS, PANES, SOURCES, STATE, Names
from streams.partition_owner import PartitionOwner
from streams.state import Changes, DeadLetter, Pair

BATCH_BYTES: Final = 900_000
"""Size of a record batch before compression: below Kafka's default limit of 1 MiB whatever the compression does."""
COMPRESSION: Final = "zstd"
"""A fifth of the time that the client's lz4 takes, which is set to compress thoroughly, and a sixth less comes of it."""
REQUEST_TIMEOUT_MS: Final = 30_000
"""After this a request is sent again: a broker whose machine is gone does not even refuse."""

_FENCED = (ProducerFenced, InvalidProducerEpoch, InvalidProducerIdMapping, InvalidTxnState)

_Headers = Sequence[tuple[str, bytes]]
_Row = tuple[int, bytes | None, bytes | None, _Headers]
"""Timestamp (ms), key, value and headers of a record to write."""
AtEnd = Callable[[], Collection[str]]
"""Tells the topics (logical names) whose partition of a number stands at the end."""
_Target = tuple[str, int]
"""Topic and partition."""


def new_producer(config: WorkerConfig, names: Names, number: int) -> Any:
    """The producer of a partition number. Starting it fences whoever had the number before."""
    producer = AIOKafkaProducer(
        bootstrap_servers=config.bootstrap_servers,
        client_id=f"selfserve-worker-{number}",
        transactional_id=names.transactional_id(number),
        transaction_timeout_ms=config.transaction_timeout_ms,
        compression_type=COMPRESSION,
        max_batch_size=BATCH_BYTES,
        linger_ms=0,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        **config.client,
    )
    never_expire_batches(producer)
    keep_looking_for_coordinators(producer)
    return producer


class Checkpoints:
    """Writes the checkpoints of all numbers of one worker."""

    def __init__(self, config: WorkerConfig, names: Names, metrics: EngineMetrics) -> None:
        self._config = config
        self._names = names
        self._metrics = metrics
        self._fingerprint = config.definitions.fingerprint()

    async def write(self, owner: PartitionOwner, at_end: AtEnd) -> None:
        """Write a checkpoint. `at_end` is asked which topics stand at their end, at the moment of the snapshot.

        Raises FencedError or CheckpointError. The state has lost its marks then and must not be used any more.
        """
        started = time.perf_counter()
        try:
            records, meta = await self._transaction(owner, at_end)
        except _FENCED as error:
            raise self._fenced(owner.number) from error
        except KafkaError as error:
            if any(isinstance(cause, _FENCED) for cause in _causes(error)):
                raise self._fenced(owner.number) from error
            raise CheckpointError(
                f"The checkpoint of partition {owner.number} could not be written: {error!r}. Nothing of it counts; "
                "whoever owns the partition next goes on from the one before."
            ) from error
        owner.committed = meta.offsets
        owner.written_ms = meta.written
        owner.committed_at = time.monotonic()
        self._metrics.checkpoint_duration.observe(time.perf_counter() - started)
        self._metrics.checkpoint_records += records

    async def _transaction(self, owner: PartitionOwner, at_end: AtEnd) -> tuple[int, Meta]:
        producer = owner.producer
        await producer.begin_transaction()
        # From here to the built batches there is no await: this is the snapshot.
        now_ms = time.time_ns() // 1_000_000
        ended = at_end()
        self._evaluate(owner, ended, now_ms)
        changes = owner.state.take_changes(evaluated=owner.evaluated, behind=len(ended) < len(SOURCES))
        meta = self._meta(owner, now_ms)
        batches = self._batches(owner, changes, (META_KEY, encode_meta(meta)), now_ms)
        moved = {
            TopicPartition(self._names.topic(topic), owner.number): offset
            for topic, offset in meta.offsets.items()
            if owner.committed is None or owner.committed.get(topic) != offset
        }
        # The snapshot is complete; from here on the state may change.
        await asyncio.gather(*(_send(producer, target, built) for target, built in batches.items()))
        if moved:
            # Not at the same time: the broker refuses records for the moment in which the transaction is changed.
            await producer.send_offsets_to_transaction(moved, self._names.group)
        await producer.commit_transaction()
        return sum(batch.record_count() for built in batches.values() for batch in built), meta

    def _evaluate(self, owner: PartitionOwner, at_end: Collection[str], now_ms: int) -> None:
        owner.evaluated = evaluated(
            clock=self._config.clock,
            now_ms=now_ms,
            sources=SOURCES,
            newest=owner.state.newest,
            at_end=at_end,
            previous=owner.evaluated,
        )

    def _meta(self, owner: PartitionOwner, now_ms: int) -> Meta:
        return Meta(
            number=owner.number,
            offsets=dict(owner.offsets),
            clock=self._config.clock,
            evaluated=owner.evaluated,
            written=now_ms,
            fingerprint=self._fingerprint,
            timezone=self._config.definitions.timezone,
            **owner.state.meta_fields(),
        )

    def _batches(
        self, owner: PartitionOwner, changes: Changes, closing: Pair, now_ms: int
    ) -> dict[_Target, list[Any]]:
        producer, number, topic = owner.producer, owner.number, self._names.topic
        batches = {
            (topic(STATE), number): _pack_changelog(producer, changes.state, closing, now_ms),
            (topic(PANES), number): _pack_changelog(producer, changes.panes, closing, now_ms),
        }
        if changes.dead_letters:
            rows: list[_Row] = [
                (now_ms, letter.key, letter.value, _letter_headers(letter, number))
                for letter in changes.dead_letters
            ]
            target = (topic(DEAD_LETTERS), number % owner.dead_letter_partitions)
            batches[target] = _pack(producer, rows)
        if changes.interventions:
            rows = [
                (now_ms, i.subject_id.encode(), encode_intervention(i), ()) for i in changes.interventions
            ]
            batches[topic(INTERVENTIONS), number % owner.intervention_partitions] = _pack(producer, rows)
        homes: dict[int, list[_Row]] = defaultdict(list)
        for event in changes.forwards:
            homes[event.number].append((now_ms, event.key, event.value, event.headers))
        for home, rows in homes.items():
            batches[topic(EVENTS), home] = _pack(producer, rows)
        return batches

    def _fenced(self, number: int) -> FencedError:
        return FencedError(
            f"Another worker took partition {number} over (or a transaction of this worker was open for longer than "
            f"worker.transaction_timeout, {self._config.transaction_timeout_ms / 1000:g} s). Nothing is lost and "
            "nothing counts twice: this worker's unfinished checkpoint does not count. Start it again, and it takes "
            "its share. If this repeats, look for two workers with the same group that do not see each other, or for "
            f"a machine that pauses for longer than kafka.session_timeout, {self._config.session_timeout_ms / 1000:g} s."
        )


def _letter_headers(letter: DeadLetter, number: int) -> _Headers:
    return [
        ("reason", str(letter.reason).encode()),
        ("message", letter.message.encode()),
        ("topic", letter.topic.encode()),
        ("partition", str(number).encode()),
        ("offset", str(letter.offset).encode()),
        ("timestamp", str(letter.timestamp).encode()),
    ]


def _pack_changelog(producer: Any, pairs: Iterable[Pair], closing: Pair, now_ms: int) -> list[Any]:
    """Pack changelog records into record batches, in order, and `closing` behind them."""
    rows = [*pairs, closing]
    batches = []
    packed = 0
    while packed < len(rows):
        batch = producer.create_batch()
        batches.append(batch)
        packed = fill_batch(batch, rows, packed, now_ms)
    return batches


def _pack(producer: Any, rows: Iterable[_Row]) -> list[Any]:
    """Pack rows into record batches, in order."""
    batch = producer.create_batch()
    batches = [batch]
    for timestamp, key, value, headers in rows:
        row = {"timestamp": timestamp, "key": key, "value": value, "headers": list(headers)}
        if batch.append(**row) is None:
            batch = producer.create_batch()
            batches.append(batch)
            batch.append(**row)
    return batches


async def _send(producer: Any, target: _Target, batches: Iterable[Any]) -> None:
    """Send batches to one partition, each after the one before was acknowledged.

    The client sends one batch a partition at a time anyway, but would give up on the second after a time-out.
    """
    topic, partition = target
    for batch in batches:
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))


def _causes(error: BaseException) -> Iterable[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__

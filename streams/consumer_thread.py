"""The thread in which the Kafka client runs: pops records in batches, seeks, and says how the partitions stand.

Everything here runs on the thread's own event loop. What has to be one step, a seek with its epoch or a pop with its
positions, has no `await` in between.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    IllegalStateError,
    KafkaConnectionError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from streams.batches import Batch, End, Fetched, OffsetOutOfRange
from streams.client_internals import current_assignment
from streams.config import WorkerConfig

log = structlog.get_logger(__name__)

MAX_BATCH_RECORDS: Final = 5_000
"""Records that one look pops at most, over all partitions: what is processed between two turns of the event loop."""
MAX_FETCH_BYTES: Final = 1 << 20
"""Bytes that one fetch takes of a partition."""
FETCH_WAIT_MS: Final = 500
"""How long a broker holds a fetch that it has nothing for: well below the 5 s after which a fetch counts as failed."""
HEARTBEAT_MS: Final = 500
"""How soon a member hears that the group waits for it; a take-over takes about that long."""
REBALANCE_TIMEOUT_MS: Final = 30_000
"""How long the group waits for a member to hand over; in that time it writes its last checkpoints."""
NO_IDLE_LIMIT_MS: Final = 24 * 3_600_000
"""The client would leave the group when nobody fetches, as in a long recovery. Hanging is the watchdog's business."""
_LOOK_INTERVAL_S: Final = 0.1
_RETRY_S: Final = 0.5
_NO_EPOCH: Final = -1


class BatchThread(AIOKafkaConsumerThread):
    """Faust's consumer thread, for batches."""

    logger = logging.getLogger("faust.consumer")
    config: WorkerConfig

    def __init__(self, *args: Any, config: WorkerConfig, **kwargs: Any) -> None:
        self.config = config
        self.epoch = _NO_EPOCH
        self._positions: dict[TP, int] = {}
        self._looked_at = 0.0
        self._popping: asyncio.Future[Fetched] | None = None
        """The look that is under way, or was left behind."""
        # The standard event loop: with uvloop's, a worker that was stopped during a rebalance could end in a
        # segmentation fault. Here it would be worth 2 % of the throughput.
        super().__init__(*args, thread_loop=asyncio.new_event_loop(), **kwargs)

    async def on_start(self) -> None:
        """Connect. A broker that goes away in that moment is waited for, as it is later on."""
        while True:
            try:
                await super().on_start()
            except KafkaConnectionError as error:
                await self._ensure_consumer().stop()
                if self.should_stop:
                    raise
                log.warning("connecting is tried again", error=repr(error))
                await asyncio.sleep(_RETRY_S)
            else:
                return

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        config = self.config
        return AIOKafkaConsumer(
            client_id="selfserve-worker",
            group_id=config.group,
            group_instance_id=config.instance_id,
            bootstrap_servers=config.bootstrap_servers,
            # Keeps the same partition number of all topics together; Faust's choice would not.
            partition_assignment_strategy=[RangePartitionAssignor],
            isolation_level="read_committed",
            # Where to read on is always said by a seek. A position that Kafka does not have is an error.
            auto_offset_reset="none",
            enable_auto_commit=False,
            max_poll_records=MAX_BATCH_RECORDS,
            max_partition_fetch_bytes=MAX_FETCH_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=config.session_timeout_ms,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_poll_interval_ms=NO_IDLE_LIMIT_MS,
            **config.client,
        )

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave to the watchdog what Faust only logs."""

    async def fetch(self, timeout_s: float) -> Fetched:
        """Pop what is there, or wait up to `timeout_s` for something (called from the main loop).

        Who is cancelled meanwhile, as around a rebalance, leaves a look behind that goes on in the thread, and may pop after
        the next seek: what came of it is for the next caller.

        Raises OffsetOutOfRange, KafkaError for what the client cannot get over, ConsumerStoppedError at the end.
        """
        while True:
            popping = self._popping
            if popping is None:
                popping = self._popping = asyncio.ensure_future(self.call_thread(self._pop, timeout_s))
            try:
                fetched: Fetched = await asyncio.shield(popping)
            except asyncio.CancelledError:
                if popping.cancelled():
                    self._popping = None
                raise
            except BaseException:
                self._popping = None
                raise
            if self._popping is popping:
                self._popping = None
                return fetched

    async def seek_to(self, epoch: int, targets: Mapping[TP, int]) -> None:
        """Go to these positions and give everything that is popped from then on this epoch (called from the main loop)."""
        await self.call_thread(self._seek_to, epoch, targets)

    async def _seek_to(self, epoch: int, targets: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        self.epoch = epoch
        self._positions.clear()
        for tp, offset in targets.items():
            try:
                consumer.seek(TopicPartition(*tp), offset)
            except IllegalStateError:
                # Lost in the meantime; another rebalance and another seek follow.
                continue
            self._positions[tp] = offset

    async def _pop(self, timeout_s: float) -> Fetched:
        consumer = self._ensure_consumer()
        if not self.consumer.flow_active:
            return Fetched(self.epoch, (), None)
        try:
            popped = await consumer.getmany(timeout_ms=int(timeout_s * 1000))
        except NoOffsetForPartitionError:
            # What the client thought of a partition before the first seek.
            return Fetched(self.epoch, (), None)
        except OffsetOutOfRangeError as error:
            await self._check_out_of_range(consumer, error.args[0])
            return Fetched(self.epoch, (), None)
        assignment = current_assignment(consumer)
        batches = []
        for partition, records in popped.items():
            tp = TP(partition.topic, partition.partition)
            start = self._positions.get(tp)
            if start is not None:
                end = self._positions[tp] = assignment.state_value(partition).position
                batches.append(Batch(tp, self.epoch, start, end, records))
        return Fetched(self.epoch, batches, self._look(assignment))

    def _look(self, assignment: Any) -> Mapping[TP, End] | None:
        now = time.monotonic()
        if now - self._looked_at < _LOOK_INTERVAL_S:
            return None
        self._looked_at = now
        ends = {}
        for partition in assignment.tps:
            state = assignment.state_value(partition)
            if state.has_valid_position and state.lso is not None:
                ends[TP(partition.topic, partition.partition)] = End(
                    state.position, state.lso, state.timestamp
                )
        return ends

    async def _check_out_of_range(self, consumer: AIOKafkaConsumer, positions: Mapping[Any, int]) -> None:
        """Raise OffsetOutOfRange, unless the position is one that a seek has left behind."""
        for partition, position in positions.items():
            tp = TP(partition.topic, partition.partition)
            if self._positions.get(tp) is None:
                continue
            state = current_assignment(consumer).state_value(partition)
            if state is not None and state.has_valid_position and state.position == position:
                beginning = (await consumer.beginning_offsets([partition]))[partition]
                end = (await consumer.end_offsets([partition]))[partition]
                raise OffsetOutOfRange(tp, position, beginning, end)

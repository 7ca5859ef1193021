"""Taking a partition number over: fence its last owner, read its changelogs, find where to go on.

In this order: initialising the transactional producer settles an open transaction of the last owner and shuts it out,
so what is read afterwards is final. Nothing is published before the caller has made sure that the group still gives the
number to this worker.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import InvalidTransactionTimeout, KafkaConnectionError, KafkaError

from streams.changelog import check_pair, new_reader, read_changelogs
from streams.checkpoint import new_producer
from streams.config import WorkerConfig
from streams.core.records import Meta
from streams.errors import TransactionTimeoutError
from streams.metrics import EngineMetrics, StateCounters
from streams.names import DEAD_LETTERS, INTERVENTIONS, SOURCES, Names
from streams.partition_owner import PartitionOwner
from streams.source_offsets import Extent, next_offsets
from streams.state import StateFactory

log = structlog.get_logger(__name__)

PARALLEL: Final = 3
"""Numbers that are read at the same time: enough to hide the waiting, and a bound on the memory for fetched bytes."""
_RETRY_S: Final = 0.5
_CLOSE_TIMEOUT_S: Final = 5.0


class Recovery:
    """Takes numbers over for one worker."""

    def __init__(
        self,
        config: WorkerConfig,
        names: Names,
        new_state: StateFactory,
        metrics: EngineMetrics,
        alive: Callable[[], None],
    ) -> None:
        self._config = config
        self._names = names
        self._new_state = new_state
        self._metrics = metrics
        self._alive = alive
        self._gate = asyncio.Semaphore(PARALLEL)
        self._fingerprint = config.definitions.fingerprint()

    async def open(self, number: int) -> PartitionOwner:
        """Take a number over. May be cancelled at any time; nothing stays open then.

        Waits for brokers that are away. Raises WorkerError for what waiting does not cure.
        """
        async with self._gate:
            while True:
                try:
                    return await self._open(number)
                except InvalidTransactionTimeout as error:
                    raise TransactionTimeoutError(
                        f"The brokers refuse worker.transaction_timeout, {self._config.transaction_timeout_ms / 1000:g} s:"
                        " it is longer than their transaction.max.timeout.ms. Make the one shorter or the other longer."
                    ) from error
                except KafkaError as error:
                    if not (error.retriable or isinstance(error, KafkaConnectionError)):
                        raise
                    log.warning("recovery is tried again", partition=number, error=repr(error))
                    await asyncio.sleep(_RETRY_S)

    async def _open(self, number: int) -> PartitionOwner:
        started = time.perf_counter()
        producer = new_producer(self._config, self._names, number)
        reader = new_reader(self._config.bootstrap_servers, self._config.client)
        try:
            await producer.start()
            await reader.start()
            letters = await producer.partitions_for(self._names.topic(DEAD_LETTERS))
            interventions = await producer.partitions_for(self._names.topic(INTERVENTIONS))
            state = self._new_state(number)
            found = await read_changelogs(reader, self._names, number, state, self._count)
            whole = check_pair(found, self._names, number)
            meta = found.state
            if meta is not None:
                state.load_meta(meta)
            recompute = meta is not None and not (whole and meta.fingerprint == self._fingerprint)
            if recompute:
                # Minutes of work perhaps, and the health page has to answer meanwhile.
                await asyncio.to_thread(state.loaded, recompute=True)
            else:
                state.loaded()
            offsets, lost = next_offsets(
                number,
                meta,
                await self._extents(reader, number, meta),
                {topic: self._names.topic(topic) for topic in SOURCES},
                accept_gap=self._config.accept_gap,
            )
        except BaseException:
            await close_quietly(producer, number)
            raise
        finally:
            await reader.stop()
        for line in lost:
            log.warning("a gap was accepted", gap=line)
        log.info(
            "partition taken over",
            partition=number,
            records=found.records,
            customers=state.customers,
            recomputed=recompute,
            offsets=offsets,
            seconds=round(time.perf_counter() - started, 3),
        )
        same_clock = meta is not None and meta.clock == self._config.clock
        return PartitionOwner(
            number=number,
            state=state,
            producer=producer,
            dead_letter_partitions=len(letters),
            intervention_partitions=len(interventions),
            offsets=offsets,
            evaluated=meta.evaluated if meta is not None and same_clock else None,
            before=StateCounters.of(state),
            committed_at=time.monotonic(),
        )

    def _count(self, records: int) -> None:
        self._metrics.recovered_records += records
        self._alive()

    async def _extents(self, reader: Any, number: int, meta: Meta | None) -> dict[str, Extent]:
        partitions = {topic: TopicPartition(self._names.topic(topic), number) for topic in SOURCES}
        # Makes the topics known to the client at once, and fetches nothing of them.
        reader.assign(list(partitions.values()))
        reader.pause(*partitions.values())
        beginnings = await reader.beginning_offsets(list(partitions.values()))
        ends = await reader.end_offsets(list(partitions.values()))
        replay: dict[Any, int] = {}
        since = self._config.replay_from_ms
        if since is not None and meta is None:
            times = await reader.offsets_for_times(dict.fromkeys(partitions.values(), since))
            # No record that late: nothing is there to replay.
            replay = {tp: ends[tp] if found is None else found.offset for tp, found in times.items()}
        elif since is not None:
            log.warning("--replay-from is left out: the partition has a checkpoint", partition=number)
        return {topic: Extent(beginnings[tp], ends[tp], replay.get(tp)) for topic, tp in partitions.items()}


async def close_quietly(producer: Any, number: int) -> None:
    """Close a producer whose work is done or void; what goes wrong thereby is of no consequence."""
    try:
        await asyncio.wait_for(producer.stop(), _CLOSE_TIMEOUT_S)
    except (KafkaError, TimeoutError, OSError) as error:
        log.debug("a producer did not close", partition=number, error=repr(error))

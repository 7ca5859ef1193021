"""The partition numbers of one worker through their life: taken over, processed, checkpointed, given away.

Faust's public signals drive it: revoked (checkpoint, park), rebalance complete (take over, before Faust seeks and
resumes), before shutdown (last checkpoint). A parked number comes back without being read again, if its producer can
still write: then nobody had it in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import structlog
from faust.types import TP

from streams.assignment import check_partition_counts, owned_numbers
from streams.batches import Batch, End, Fetched, OffsetOutOfRange
from streams.checkpoint import Checkpoints
from streams.config import WorkerConfig
from streams.errors import EngineError, FencedError, ProcessingError
from streams.evaluation_time import FETCH_FRESH_MS, META_INTERVAL_MS
from streams.failure import Failure
from streams.metrics import EngineMetrics, StateCounters
from streams.names import SOURCES, Names
from streams.partition_owner import PartitionOwner
from streams.recovery import Recovery, close_quietly
from streams.source_offsets import gap, gap_error
from streams.state import StateFactory

log = structlog.get_logger(__name__)

_SHORTEST_PAUSE_S: Final = 0.01
MAX_REREADS: Final = 3
"""How often in a row the worker reads again what it has missed, before it gives up."""


class Owner:
    """All numbers of one worker. Everything happens on one event loop; nothing here is called from a thread.

    `epoch` counts the seeks: batches that the client popped before the last one are never applied.
    """

    def __init__(self, config: WorkerConfig, names: Names, new_state: StateFactory, failure: Failure) -> None:
        self._config = config
        self._names = names
        self._failure = failure
        self.metrics = EngineMetrics()
        self.owned: dict[int, PartitionOwner] = {}
        self.ready = False
        """Whether this worker has joined the group and taken over all that it was given."""
        self.ends: Mapping[TP, End] = {}
        self.last_progress = time.monotonic()
        """When a take-over last got on (monotonic seconds)."""
        self.last_batch = 0.0
        """When a batch was last processed (monotonic seconds)."""
        self.missed = False
        """Whether a batch got lost on its way here: nothing is applied until a seek has begun another epoch."""
        self._rereads = 0
        self._epoch = 0
        self._parked: dict[int, PartitionOwner] = {}
        self._handed_over: dict[TP, int] = {}
        self._opening: asyncio.Task[None] | None = None
        self._checkpoints = Checkpoints(config, names, self.metrics)
        self._recovery = Recovery(config, names, new_state, self.metrics, self._alive)

    # Processing

    def apply(self, batch: Batch) -> None:
        """Process a batch. Never suspends; after an error the state is not used again."""
        topic, number = batch.tp
        owner = self.owned.get(number)
        if owner is None or batch.epoch != self._epoch or self._failure:
            return
        logical = self._names.logical(topic)
        if batch.start != owner.offsets[logical]:
            self._misses(batch, owner.offsets[logical])
            return
        try:
            owner.state.process(logical, batch.records)
        except Exception as error:  # noqa: BLE001 - none of them may pass
            # First of all: half a batch is in this memory, and it must never be checkpointed.
            failed = ProcessingError(
                f"{topic}, partition {number}, offsets {batch.start} to {batch.end - 1} could not be processed: "
                f"{error!r}. This is a fault of the program. Nothing of this batch was counted."
            )
            failed.__cause__ = error
            self._failure.set(failed)
            return
        owner.offsets[logical] = batch.end
        self._rereads = 0
        self.last_batch = time.monotonic()

    def _misses(self, batch: Batch, offset: int) -> None:
        """A batch does not begin where the last one ended. A hole is read again, for what lies in it was popped and dropped on its way."""
        topic, number = batch.tp
        if batch.start > offset and self._rereads < MAX_REREADS:
            self._rereads += 1
            # Nothing popped until now is applied any more.
            self._epoch += 1
            self.missed = True
            log.warning(
                "batch missed, read again", topic=topic, partition=number, at=offset, found=batch.start
            )
            return
        self._failure.set(
            EngineError(
                f"{topic}, partition {number}: the batch at {batch.start} does not follow the last one, which ended at "
                f"{offset}. Nothing of it was counted; started again, the worker goes on from its last checkpoint."
            )
        )

    # What the transport asks and tells

    def begin_epoch(self) -> tuple[int, Mapping[TP, int]]:
        """Begin an epoch: from here on nothing popped earlier is applied, and this is where to read on."""
        self._epoch += 1
        self.missed = False
        self._handed_over.clear()
        self.ends = {}
        return self._epoch, {
            TP(self._names.topic(logical), number): offset
            for number, owner in self.owned.items()
            for logical, offset in owner.offsets.items()
        }

    def handed_over(self, fetched: Fetched) -> None:
        """Remember how far batches lie in the queue, and how the partitions stood when these were popped."""
        if fetched.epoch != self._epoch:
            return
        for batch in fetched.batches:
            self._handed_over[batch.tp] = batch.end
        if fetched.ends is not None:
            self.ends = fetched.ends

    def fetch_failed(self, error: BaseException) -> None:
        """End the worker: without records it is of no use."""
        if isinstance(error, OffsetOutOfRange):
            lost = gap(*error.tp, error.position, error.beginning, error.end)
            error = gap_error(
                [lost or f"{error.tp.topic}, partition {error.tp.partition}: offset {error.position}"]
            )
        self._failure.set(error)

    # How a number stands

    def at_end(self, owner: PartitionOwner) -> list[str]:
        """The topics of a number whose partition stands at the end: all fetched a moment ago, and processed."""
        now_ms = time.time_ns() // 1_000_000
        return [
            logical
            for logical, offset in owner.offsets.items()
            if self._at_end(TP(self._names.topic(logical), owner.number), offset, now_ms)
        ]

    def _at_end(self, tp: TP, offset: int, now_ms: int) -> bool:
        end = self.ends.get(tp)
        return (
            end is not None
            and end.position >= end.end
            and now_ms - end.fetched_ms <= FETCH_FRESH_MS
            and offset >= self._handed_over.get(tp, 0)
        )

    def lag(self, owner: PartitionOwner, logical: str) -> int | None:
        """Records that wait in a topic of a number; None before its first fetch."""
        tp = TP(self._names.topic(logical), owner.number)
        end = self.ends.get(tp)
        if end is None:
            return None
        offset = owner.offsets[logical]
        if end.position >= end.end and offset >= self._handed_over.get(tp, 0):
            return 0
        return max(0, end.end - offset)

    def stalled_since(self) -> float | None:
        """The moment since which nothing has moved that should (monotonic seconds); None if there is nothing to do.

        A number that stands at the end still writes META, so every owned number commits all the time. May be called
        from another thread.
        """
        if not self.ready:
            return self.last_progress
        return min((owner.committed_at for owner in list(self.owned.values())), default=None)

    def counters(self) -> StateCounters:
        """What all states of this worker have counted since its start, those included that it has given away."""
        total = StateCounters()
        total.add(self.metrics.retired)
        for owner in (*self.owned.values(), *self._parked.values()):
            total.add(StateCounters.of(owner.state))
            total.add(owner.before, -1)
        return total

    # Checkpoints

    async def checkpoint_forever(self) -> None:
        """Write checkpoints at the configured interval, until something fails."""
        interval = self._config.checkpoint_interval_ms / 1000
        while not self._failure:
            started = time.monotonic()
            await self._settle(owner for owner in self.owned.values() if self._is_due(owner))
            await self._settle((o for o in self.owned.values() if self._keep_alive_due(o)), unchanged=True)
            await asyncio.sleep(max(_SHORTEST_PAUSE_S, started + interval - time.monotonic()))

    async def _settle(self, owners: Iterable[PartitionOwner], *, unchanged: bool = False) -> None:
        """Wait for transactions that are under way, and checkpoint what has changed, or also what has not."""
        settling = [self._checkpoint(owner, unchanged=unchanged) for owner in owners]
        if settling:
            # A caller that is cancelled must not cut a transaction.
            await asyncio.shield(asyncio.gather(*settling))

    def _is_due(self, owner: PartitionOwner) -> bool:
        # In a rebalance the last checkpoint is that of `on_revoked`: one behind it would race with the next owner.
        return self.ready and owner.changed

    def _keep_alive_due(self, owner: PartitionOwner) -> bool:
        if not self.ready or time.monotonic() - owner.committed_at < META_INTERVAL_MS / 1000:
            return False
        return len(self.at_end(owner)) == len(SOURCES)

    async def _checkpoint(self, owner: PartitionOwner, *, unchanged: bool) -> None:
        async with owner.lock:
            if self._failure or not (owner.changed or unchanged):
                return
            try:
                await self._checkpoints.write(owner, lambda: self.at_end(owner))
            except Exception as error:  # noqa: BLE001 - whatever it was, the marks are gone: this memory is void
                self._failure.set(error)

    # Rebalances

    async def on_revoked(self, _app: Any, revoked: set[TP]) -> None:
        """Write the last checkpoint of everything that may go to others now, and park it."""
        self._epoch += 1
        self.ready = False
        self._alive()
        await self._stop_opening()
        leaving = {tp.partition for tp in revoked}
        owners = [owner for number, owner in self.owned.items() if number in leaving]
        await self._settle(owners)
        for owner in owners:
            self._parked[owner.number] = self.owned.pop(owner.number)

    async def on_rebalance_complete(self, app: Any) -> None:
        """Take over what was assigned, before Faust seeks and resumes. An error ends the worker."""
        if self._failure:
            return
        self.metrics.rebalances += 1
        self._alive()
        self._opening = asyncio.create_task(self._open_assigned(app))
        await asyncio.wait([self._opening])
        if not self._opening.cancelled() and (error := self._opening.exception()) is not None:
            self._failure.set(error)

    async def _open_assigned(self, app: Any) -> None:
        started = time.perf_counter()
        generation = app.consumer_generation_id
        assignment = app.consumer.assignment()
        check_partition_counts(
            {topic: app.consumer.topic_partitions(topic) for topic in self._names.sources},
            self._config.partitions,
        )
        numbers = owned_numbers(assignment, self._names.sources)
        gone = [self._parked.pop(number) for number in self._parked.keys() - numbers]
        await asyncio.gather(*(self._dismiss(owner) for owner in gone))
        missing = sorted(numbers - self.owned.keys())
        opened = [asyncio.create_task(self._open(number, app, generation)) for number in missing]
        try:
            await asyncio.gather(*opened)
        except BaseException:
            for task in opened:
                task.cancel()
            await asyncio.gather(*opened, return_exceptions=True)
            raise
        self.metrics.recovery_seconds = time.perf_counter() - started
        self.ready = True
        self._alive()
        log.info(
            "assigned",
            partitions=sorted(numbers),
            taken_over=missing,
            generation=generation,
            seconds=round(self.metrics.recovery_seconds, 3),
        )

    async def _open(self, number: int, app: Any, generation: int) -> None:
        owner = self._parked.pop(number, None)
        if owner is not None:
            try:
                ours = await self._still_ours(owner)
            except BaseException:
                await self._dismiss(owner)
                raise
            if not ours:
                await self._dismiss(owner)
                owner = None
        if owner is None:
            owner = await self._recovery.open(number)
        if app.consumer_generation_id != generation:
            # The group has gone on without us; whoever has the number now opens it, or has done so.
            await self._dismiss(owner)
            raise asyncio.CancelledError
        self.owned[number] = owner

    async def _still_ours(self, owner: PartitionOwner) -> bool:
        """Whether nobody has had a parked number in between: its producer would have been fenced."""
        async with owner.lock:
            try:
                await self._checkpoints.write(owner, tuple)
            except FencedError:
                return False
        return True

    async def _dismiss(self, owner: PartitionOwner) -> None:
        self.metrics.retired.add(StateCounters.of(owner.state))
        self.metrics.retired.add(owner.before, -1)
        await close_quietly(owner.producer, owner.number)

    async def _stop_opening(self) -> None:
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            await asyncio.wait([self._opening])

    def _alive(self) -> None:
        self.last_progress = time.monotonic()

    # The end

    async def on_shutdown(self, _app: Any) -> None:
        """Write the last checkpoint. Faust has stopped fetching by now, and the group still counts on us."""
        self._epoch += 1
        self.ready = False
        await self._stop_opening()
        owners = list(self.owned.values())
        await self._settle(owners)
        await asyncio.gather(
            *(close_quietly(owner.producer, owner.number) for owner in (*owners, *self._parked.values()))
        )
        if not self._failure:
            log.info("last checkpoints written", partitions=sorted(self.owned))

"""Delivers to ordinary Faust agents one event per partition and fetch, holding the raw records.

Faust's own delivery costs four tasks a message. Everything else stays Faust's: app, agents, group, rebalance.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiokafka.errors import ConsumerStoppedError
from faust.serializers.schemas import Schema
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT
from faust.types.tuples import ConsumerMessage

from streams.batches import Batch, Sink
from streams.config import WorkerConfig
from streams.consumer_thread import BatchThread

_FETCH_TIMEOUT_S: Final = 0.5


class BatchSchema(Schema):  # type: ignore[type-arg]
    """For topics whose values arrive as batches: there is nothing to decode."""

    def compile(self, app: AppT, **options: Any) -> Callable[..., Awaitable[Any]]:
        """Return what makes an event of a message."""
        create = app.create_event

        async def decode(message: Any, **_: Any) -> Any:
            return create(None, message.value, None, message)

        return decode


class BatchConsumer(driver.Consumer):
    """Faust's consumer, for batches."""

    logger = logging.getLogger("faust.consumer")
    transport: BatchTransport
    _thread: BatchThread

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon, config=self.transport.config)

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: a full queue blocks the delivery. Faust would sleep for a second when all queues are full."""

    async def perform_seek(self) -> None:
        """Go where each partition's state ends. Faust calls this after each rebalance, before it resumes."""
        epoch, targets = self.transport.sink.begin_epoch()
        await self._thread.seek_to(epoch, targets)

    async def _drain_messages(self, fetcher: Any) -> None:
        sink = self.transport.sink
        try:
            while not (self.should_stop or fetcher.should_stop):
                # Other tasks get their turn even when the next batch is there already.
                await asyncio.sleep(0)
                if self._flowing():
                    if sink.missed:
                        await self.perform_seek()
                    await self._deliver(sink)
                else:
                    await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.transport.app.should_stop:
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody else would hear of it
            sink.fetch_failed(error)

    async def _deliver(self, sink: Sink) -> None:
        fetched = await self._thread.fetch(_FETCH_TIMEOUT_S)
        if not self._flowing():
            # Popped around a rebalance. If the seek after it is already behind us, these records would be missing:
            # so seek once more.
            await self.perform_seek()
            return
        for batch in fetched.batches:
            if not self._flowing():
                return
            await self.wait_first(self.callback(self._message(batch)), self.suspend_flow.wait())
        sink.handed_over(fetched)

    def _flowing(self) -> bool:
        return self.flow_active

    def _message(self, batch: Batch) -> ConsumerMessage:
        tp = batch.tp
        last = batch.records[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            0,  # timestamp type
            None,  # headers
            None,
            batch,  # type: ignore[arg-type]
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with a consumer for batches. `config` and `sink` are set before the app starts."""

    Consumer = BatchConsumer
    config: WorkerConfig
    sink: Sink

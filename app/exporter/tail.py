"""Reads `selfserve.panes` from its beginning and on, checkpoint by checkpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, TopicAuthorizationFailedError

from app.errors import UserError
from app.exporter.checkpoints import Assembler
from app.exporter.closing import close
from app.exporter.live import Live

log = structlog.get_logger(__name__)

_POLL_MS: Final = 200
_RETRY_S: Final = 1.0
_FETCH_BYTES: Final = 1 << 20
_FORGETFUL_AFTER_MS: Final = 12 * 3_600_000
"""Kafka drops tombstones after a day; who has been away for half of it may miss some and reads everything again."""


class Tail:
    """One consumer of all partitions, without a group: every exporter reads everything.

    ``client`` are further arguments of aiokafka: those of encryption and authentication.
    """

    def __init__(
        self,
        live: Live,
        bootstrap_servers: str,
        topic: str,
        *,
        client: Mapping[str, Any] | None = None,
        forgetful_after_ms: int = _FORGETFUL_AFTER_MS,
    ) -> None:
        self._live = live
        self._forgetful_after_ms = forgetful_after_ms
        self._topic = topic
        self._partitions = [TopicPartition(topic, number) for number in range(live.partitions)]
        self._assemblers = [Assembler() for _ in self._partitions]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap_servers,
            client_id="selfserve-exporter",
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            # Falling back to the beginning by itself, the consumer would mix old blocks into newer panes unnoticed.
            auto_offset_reset="none",
            max_partition_fetch_bytes=_FETCH_BYTES,
            **(client or {}),
        )

    async def start(self) -> None:
        """Connect. Raises aiokafka's KafkaError."""
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        await self._rewind()

    async def stop(self) -> None:
        """Disconnect."""
        await close("consumer of the panes", self._consumer.stop())

    async def run(self, applied: Callable[[], None]) -> None:
        """Apply checkpoints for ever, and call ``applied`` after each round, with and without news.

        Raises `UserError` where reading is forbidden; every other refusal of the brokers is waited out.
        """
        while True:
            lag = self._live.lag_ms()
            try:
                await self._round()
            except OffsetOutOfRangeError:
                log.warning(
                    "the panes begin anew: the topic was made again or lost records", topic=self._topic
                )
                await self._begin_anew()
            except TopicAuthorizationFailedError as error:
                raise UserError(
                    f"Kafka does not let this client read the topic {self._topic}. Grant it Read and Describe."
                ) from error
            except KafkaError as error:
                log.warning("reading the panes failed; trying again", error=str(error) or repr(error))
                await asyncio.sleep(_RETRY_S)
            if lag is not None and lag > self._forgetful_after_ms and (self._live.lag_ms() or 0) < lag:
                log.warning("away for too long to have seen every deletion; reading all panes again")
                await self._begin_anew()
            self._live.advance()
            applied()

    async def _round(self) -> None:
        fetched = await self._consumer.getmany(timeout_ms=_POLL_MS)
        for partition, records in fetched.items():
            checkpoint = self._assemblers[partition.partition].take(records)
            if checkpoint is not None:
                self._live.apply(partition.partition, checkpoint)
            # One partition's share may take a while: requests are answered in between.
            await asyncio.sleep(0)
        for partition in self._partitions:
            end = self._consumer.last_stable_offset(partition)
            position = await self._consumer.position(partition)
            self._live.freshness.observe(
                partition.partition,
                at_end=end is not None and position >= end,
                fetched=self._consumer.last_poll_timestamp(partition),
            )

    async def _begin_anew(self) -> None:
        self._assemblers = [Assembler() for _ in self._partitions]
        self._live.reset()
        await self._rewind()

    async def _rewind(self) -> None:
        for partition, offset in (await self._beginnings()).items():
            self._consumer.seek(partition, offset)

    async def _beginnings(self) -> dict[TopicPartition, int]:
        while True:
            try:
                found: dict[TopicPartition, int] = await self._consumer.beginning_offsets(self._partitions)
            except KafkaError as error:
                log.warning("asking for the beginning of the panes failed; trying again", error=str(error))
                await asyncio.sleep(_RETRY_S)
            else:
                return found

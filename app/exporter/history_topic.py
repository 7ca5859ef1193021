"""The recorded history in Kafka: read back at the start, written as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from app.exporter.closing import close
from app.exporter.history import History, Key, Point, decode_record, encode_key, encode_point

log = structlog.get_logger(__name__)

_POLL_MS: Final = 500


class HistoryTopic:
    """`selfserve.history`. ``client`` are further arguments of aiokafka: those of encryption and authentication."""

    def __init__(
        self, bootstrap_servers: str, topic: str, partitions: int, client: Mapping[str, Any] | None = None
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._client = client or {}
        self._topic = topic
        self._partitions = partitions
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap_servers,
            client_id="selfserve-exporter",
            enable_idempotence=True,
            compression_type="zstd",
            linger_ms=20,
            **self._client,
        )

    async def start(self) -> None:
        """Connect for writing. Raises aiokafka's KafkaError."""
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await close("producer of the history", self._producer.stop())

    async def read_back(self, history: History) -> None:
        """File everything that the topic holds now. Raises aiokafka's KafkaError."""
        partitions = [TopicPartition(self._topic, number) for number in range(self._partitions)]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id="selfserve-exporter",
            group_id=None,
            enable_auto_commit=False,
            **self._client,
        )
        await consumer.start()
        try:
            consumer.assign(partitions)
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            for partition, offset in begins.items():
                consumer.seek(partition, offset)
            unread = {partition for partition in partitions if begins[partition] < ends[partition]}
            while unread:
                fetched = await consumer.getmany(*unread, timeout_ms=_POLL_MS)
                for records in fetched.values():
                    for record in records:
                        _file(history, record.key, record.value)
                    await asyncio.sleep(0)
                unread = {
                    partition for partition in unread if await consumer.position(partition) < ends[partition]
                }
        finally:
            await close("consumer of the history", consumer.stop())

    async def write(self, points: Iterable[tuple[Key, Point]], expired: Iterable[Key]) -> None:
        """Write points, and take expired ones away. What cannot be written is missing later, and logged now."""
        try:
            sent = [
                await self._producer.send(self._topic, key=encode_key(key), value=encode_point(point))
                for key, point in points
            ]
            sent += [
                await self._producer.send(self._topic, key=encode_key(key), value=None) for key in expired
            ]
            results = await asyncio.gather(*sent, return_exceptions=True)
        except KafkaError as error:
            log.warning("values could not be recorded", topic=self._topic, error=str(error) or repr(error))
            return
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            log.warning(
                "values could not be recorded",
                topic=self._topic,
                values=len(failures),
                error=repr(failures[0]),
            )


def _file(history: History, key: bytes | None, value: bytes | None) -> None:
    try:
        history.put(*decode_record(key or b"", value))
    except msgspec.DecodeError:
        # Another version may write other records here; a missing point of the past is no reason not to start.
        log.debug("left out a record of the history that cannot be read")

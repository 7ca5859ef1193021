"""The producer of events: kafka-python's, with errors that say what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code

from app.errors import UserError
from app.kafka.admin import admin_client
from app.kafka.connection import client_arguments
from app.settings import Settings
from streams.core.partitioner import PARTITIONERS

_OUTSTANDING: Final = 20_000  # records, a few megabytes: more would only move the waiting into memory
_CACHED_KEYS: Final = 200_000


class SendError(UserError):
    """Kafka did not take an event, or could not."""

    exit_code = 1


class EventProducer:
    """Sends events to topics, each to the partition of its key by the configured partitioner.

    ``topics`` are all that will be written to, without prefix; that they exist is checked at once. Kafka gets every
    event that was sent exactly once, however often a request has to be repeated, unless `flush` or `send` raise
    ``SendError``. Raises ``KafkaUnreachableError``, or ``SendError`` for a topic that does not exist.
    """

    def __init__(self, settings: Settings, topics: Iterable[str]) -> None:
        kafka = settings.kafka
        client = client_arguments(settings)
        self._prefix = kafka.topic_prefix
        self._counts = _partition_counts(settings, topics, client)
        self._partition_of = PARTITIONERS[kafka.partitioner]
        self._partitions: dict[tuple[str, bytes], int] = {}
        self._error: BaseException | None = None
        self._sent = 0
        # Reported by this class; the client repeats every attempt at length.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        self._producer = KafkaProducer(
            bootstrap_servers=kafka.bootstrap_servers.split(","),
            client_id="selfserve",
            acks="all",
            enable_idempotence=True,
            allow_auto_create_topics=False,
            # Compressed also on loopback: the client computes checksums in Python, and so of a tenth of the bytes.
            compression_type="gzip",
            batch_size=128 * 1024,
            linger_ms=20,
            **client,
        )

    def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Hand over one event; it is on its way within milliseconds. Blocks while too many are."""
        if self._error is not None:
            raise self._failure()
        try:
            future = self._producer.send(
                self._prefix + topic,
                value,
                key,
                partition=None if key is None else self._partition(topic, key),
            )
        except KafkaError as error:
            self._error = error
            raise self._failure() from error
        future.add_errback(self._note)
        self._sent += 1
        if self._sent % _OUTSTANDING == 0:
            self.flush()

    def flush(self) -> None:
        """Return when Kafka has everything."""
        try:
            self._producer.flush()
        except KafkaError as error:
            self._note(error)
        if self._error is not None:
            raise self._failure()

    def close(self) -> None:
        """Let go of the connections; what was not flushed is lost."""
        self._producer.close(timeout=0)

    def _partition(self, topic: str, key: bytes) -> int:
        found = self._partitions.get((topic, key))
        if found is None:
            if len(self._partitions) >= _CACHED_KEYS:
                self._partitions.clear()
            found = self._partitions[topic, key] = self._partition_of(key, self._counts[topic])
        return found

    def _note(self, error: BaseException) -> None:
        if self._error is None:
            self._error = error

    def _failure(self) -> SendError:
        return SendError(
            f"Kafka did not take an event: {self._error}\n"
            "Events before it may or may not have arrived. Sending all of them again is harmless: an event with the"
            " same id counts once."
        )


def _partition_counts(settings: Settings, topics: Iterable[str], client: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of partitions of each topic, by its name without prefix."""
    kafka = settings.kafka
    names = sorted(set(topics))
    counts: dict[str, int] = {}
    with admin_client(kafka.bootstrap_servers, client=client) as admin:
        found: list[dict[str, Any]] = admin.describe_topics([kafka.topic_prefix + name for name in names])
    missing = []
    for name, topic in zip(names, sorted(found, key=lambda t: str(t["name"])), strict=True):
        code = topic["error_code"]
        if code == UnknownTopicOrPartitionError.errno:
            missing.append(kafka.topic_prefix + name)
        elif code:
            raise SendError(f"Kafka does not describe the topic {topic['name']}: {for_code(code).__name__}")
        counts[name] = len(topic["partitions"])
    if missing:
        raise SendError(
            f"There is no topic {' and no topic '.join(missing)} at {kafka.bootstrap_servers}.\n"
            "Create the topics of the service with: selfserve topics"
        )
    return counts

"""One broker for the whole test run, names that no other test uses, and records in and out of it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from app.kafka.broker import EmbeddedKafka

EXTERNAL = "SELFSERVE_TEST_KAFKA"
"""Variable that names a running broker, ``host:port``, to be used in place of the embedded one."""

# Tests delete their topics; the files of the deleted ones should not wait a minute for that.
TEST_PROPERTIES = {"log.segment.delete.delay.ms": "1000"}


@dataclass(frozen=True)
class SharedKafka:
    """The broker that tests share. Nobody stops it; a test that needs to starts its own ``EmbeddedKafka``."""

    bootstrap_servers: str


@pytest.fixture(scope="session")
def kafka() -> Iterator[SharedKafka]:
    """Return the shared broker; it is started when the first test asks for it."""
    if external := os.environ.get(EXTERNAL):
        yield SharedKafka(external)
        return
    with EmbeddedKafka(properties=TEST_PROPERTIES) as broker:
        yield SharedKafka(broker.bootstrap_servers)


@pytest.fixture
def topic_prefix(kafka: SharedKafka) -> Iterator[str]:
    """Return a prefix for topics, groups and transactions; topics that begin with it are deleted afterwards."""
    prefix = f"test-{uuid.uuid4().hex[:12]}."
    yield prefix
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
        created = [name for name in admin.list_topics() if name.startswith(prefix)]
        if created:
            admin.delete_topics(created)


def produce(bootstrap_servers: str, topic: str, values: Iterable[bytes], *, partition: int = 0) -> None:
    """Write records to one partition and return when the broker has all of them."""
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers)
    try:
        sent = [producer.send(topic, value=value, partition=partition) for value in values]
        for future in sent:
            future.get(timeout=30)
    finally:
        producer.close()


def read(bootstrap_servers: str, topic: str, count: int, *, partition: int = 0) -> list[bytes]:
    """Return the values of the first ``count`` records of one partition; fewer when they do not come within 30 s."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    try:
        consumer.assign([TopicPartition(topic, partition)])
        values: list[bytes] = []
        deadline = time.monotonic() + 30
        while len(values) < count and time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=500).values():
                values += [record.value for record in records]
        return values
    finally:
        consumer.close()

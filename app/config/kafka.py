"""The section ``kafka``: where the brokers are, and as whom the service meets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.config.composites import Optional
from app.config.forms import BROKERS, NAME, TOPIC_PREFIX
from app.config.keys import key, section_of
from app.config.kinds import Choice, Duration, Integer
from schemas.topics import DEFAULT_PARTITIONS


@dataclass(frozen=True)
class KafkaSettings:
    """The brokers, the consumer group and the topics. Commands that need no Kafka ignore this section."""

    bootstrap_servers: str = key(
        "127.0.0.1:9092",
        BROKERS,
        "Brokers that are asked for the others.",
        environment="SELFSERVE_BOOTSTRAP_SERVERS",
    )
    group: str = key(
        "selfserve",
        NAME,
        "Consumer group of the workers. It is also part of their transactions' names, so two services that share"
        " brokers need two groups.",
        environment="SELFSERVE_GROUP",
    )
    topic_prefix: str = key(
        "",
        TOPIC_PREFIX,
        "Put before the name of every topic, to keep several installations or tests apart.",
        environment="SELFSERVE_TOPIC_PREFIX",
    )
    partitions: int = key(
        DEFAULT_PARTITIONS,
        Integer(1, 10_000),
        "Partitions of every co-partitioned topic, and so the greatest number of workers. Kafka cannot lower it, and"
        " raising it moves customers to other partitions.",
    )
    partitioner: Literal["murmur2", "crc32"] = key(
        "murmur2",
        Choice(("murmur2", "crc32")),
        "How producers choose a customer's partition: `murmur2` in Java and most other clients, `crc32` in those"
        " built on librdkafka, unless configured. With the wrong one every customer is forwarded once more.",
    )
    session_timeout_ms: int = key(
        10_000,
        Duration(6_000, 300_000),
        "How long Kafka waits for a sign of life before it gives a worker's partitions to another.",
    )
    instance_id: str | None = key(
        None,
        Optional(NAME),
        "Static name of this worker in its group, different for each: a worker that comes back under it within the"
        " session timeout gets its partitions back without a rebalance.",
        environment="SELFSERVE_INSTANCE_ID",
    )


KAFKA = section_of("kafka", KafkaSettings)

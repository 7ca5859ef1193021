"""What the worker has to know, as one value that the product fills in from its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from streams.core.definitions import Definitions
from streams.core.records import Clock

Partitioner = Literal["murmur2", "crc32"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """Settings of one worker process. Durations are milliseconds."""

    bootstrap_servers: str
    """Brokers, `host:port`, separated by commas."""
    group: str
    """Consumer group; also the beginning of every transactional id."""
    partitions: int
    """Partitions of each co-partitioned topic."""
    client: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of every aiokafka client: those of encryption and authentication."""
    topic_prefix: str = ""
    partitioner: Partitioner = "murmur2"
    session_timeout_ms: int = 10_000
    instance_id: str | None = None
    """Static name in the group, or None for a dynamic member."""
    clock: Clock = "wall"
    checkpoint_interval_ms: int = 1_000
    transaction_timeout_ms: int = 15_000
    watchdog_timeout_ms: int = 60_000
    replay_from_ms: int | None = None
    """Where a number without a checkpoint begins: at records from this time on (ms). None: at the earliest ones."""
    accept_gap: bool = False
    """Go on behind records that were lost before they were read, instead of stopping."""
    definitions: Definitions = field(default_factory=Definitions)

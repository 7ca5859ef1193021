"""The engine's configuration, from the settings of the product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.settings import Settings
from streams.config import WorkerConfig


def worker_config(
    settings: Settings,
    *,
    client: Mapping[str, Any] | None = None,
    replay_from_ms: int | None = None,
    accept_gap: bool = False,
) -> WorkerConfig:
    """Return what the engine has to know.

    `client` is how it meets the brokers (`app.kafka.connection`); `replay_from_ms` and `accept_gap` are said once, not
    configured.
    """
    kafka, worker = settings.kafka, settings.worker
    return WorkerConfig(
        bootstrap_servers=kafka.bootstrap_servers,
        client=client or {},
        group=kafka.group,
        partitions=kafka.partitions,
        topic_prefix=kafka.topic_prefix,
        partitioner=kafka.partitioner,
        session_timeout_ms=kafka.session_timeout_ms,
        instance_id=kafka.instance_id,
        clock=worker.clock,
        checkpoint_interval_ms=worker.checkpoint_interval_ms,
        transaction_timeout_ms=worker.transaction_timeout_ms,
        watchdog_timeout_ms=worker.watchdog_timeout_ms,
        definitions=settings.definitions,
        replay_from_ms=replay_from_ms,
        accept_gap=accept_gap,
    )

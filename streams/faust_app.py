"""The Faust app of a worker: one agent over all source topics, and nothing that Faust would write itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import faust
from faust.app.base import BootStrategy

from streams.config import WorkerConfig
from streams.names import Names
from streams.owner import Owner
from streams.transport import BatchSchema, BatchTransport

QUEUED_BATCHES: Final = 4
"""Batches that wait for the agent at most; more would only be memory."""


class ConsumingOnly(BootStrategy):
    """No producer and no web server of Faust's: checkpoints have their own producers, health its own port."""

    enable_kafka_producer = False
    enable_web = False


class WorkerApp(faust.App):
    """Faust's app without its data directory, which would hold tables."""

    logger = logging.getLogger("faust.app")
    BootStrategy = ConsumingOnly

    def _create_directories(self) -> None:
        """Create nothing."""


def build_app(config: WorkerConfig, names: Names, owner: Owner) -> WorkerApp:
    """The app whose agent hands every batch to `owner`, wired to it by Faust's public signals."""
    app = WorkerApp(
        config.group,
        broker=[f"kafka://{address.strip()}" for address in config.bootstrap_servers.split(",")],
        store="memory://",
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=config.partitions,
        table_standby_replicas=0,
        web_enabled=False,
        stream_buffer_maxsize=QUEUED_BATCHES,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        broker_session_timeout=config.session_timeout_ms / 1000,
        broker_request_timeout=max(90.0, config.session_timeout_ms / 1000),
    )
    transport = BatchTransport(app.conf.broker_consumer, app)
    transport.config = config
    transport.sink = owner
    app.transport = transport

    # Not acknowledged: Faust then never tracks or commits these topics.
    sources = app.topic(*names.sources, schema=BatchSchema(), acks=False)

    @app.agent(sources, name="events")
    async def events(stream: Any) -> None:
        apply = owner.apply
        async for batch in stream:
            apply(batch)
            await asyncio.sleep(0)

    app.on_partitions_revoked.connect(_handler(owner.on_revoked), weak=False)
    app.on_rebalance_complete.connect(_handler(owner.on_rebalance_complete), weak=False)
    app.on_before_shutdown.connect(_handler(owner.on_shutdown), weak=False)
    return app


def _handler(method: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """A method without what Faust's signals say about themselves."""

    async def handle(app: Any, *arguments: Any, **_: Any) -> None:
        await method(app, *arguments)

    return handle

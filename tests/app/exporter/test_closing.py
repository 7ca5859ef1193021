"""Nothing that a Kafka client does at its end keeps the process from ending in order."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from app.exporter.closing import close


def test_a_cancellation_that_escapes_the_client_is_not_ours() -> None:
    async def stop() -> None:
        raise asyncio.CancelledError

    async def scenario() -> str:
        await close("client", stop())
        return "went on"

    assert asyncio.run(scenario()) == "went on"


def test_patience_ends() -> None:
    async def scenario() -> bool:
        hanging = asyncio.ensure_future(asyncio.Event().wait())

        async def stop() -> None:
            await hanging

        await close("client", stop(), patience_s=0.01)
        await asyncio.sleep(0)
        return hanging.cancelled() or hanging.cancelling() > 0

    assert asyncio.run(scenario())


def test_errors_of_kafka_are_let_go_and_faults_are_not() -> None:
    async def stop(error: Exception) -> None:
        raise error

    asyncio.run(close("client", stop(KafkaConnectionError("away"))))
    with pytest.raises(TypeError, match="a bug"):
        asyncio.run(close("client", stop(TypeError("a bug"))))

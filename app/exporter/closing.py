"""Closing Kafka clients, whatever state the broker is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

import structlog
from aiokafka.errors import KafkaError

log = structlog.get_logger(__name__)

PATIENCE_S: Final = 5.0
"""How long the end of the process waits for a broker that may be away."""


async def close(what: str, closing: Awaitable[None], patience_s: float = PATIENCE_S) -> None:
    """Await ``closing`` for a while. Time running out, and errors of Kafka, are logged and not raised.

    aiokafka lets the cancellation of its own tasks escape when it is closed while it waits for a broker.
    """
    task = asyncio.ensure_future(closing)
    done, _ = await asyncio.wait({task}, timeout=patience_s)
    if not done:
        task.cancel()
        log.warning("closing took too long and was given up", what=what, seconds=patience_s)
        return
    if task.cancelled():
        return
    error = task.exception()
    if isinstance(error, KafkaError):
        log.warning("closing failed", what=what, error=str(error) or repr(error))
    elif error is not None:
        raise error

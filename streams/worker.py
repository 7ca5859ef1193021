"""Runs a worker from start to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import structlog
import uvloop

from streams.config import WorkerConfig
from streams.core.partition import PartitionState
from streams.errors import EngineError, WorkerError
from streams.failure import Failure
from streams.fast_records import use_fast_records
from streams.faust_app import WorkerApp, build_app
from streams.garbage import collect_when_idle
from streams.names import CHANGELOGS, Names
from streams.owner import Owner
from streams.state import StateFactory
from streams.watchdog import Watchdog

log = structlog.get_logger(__name__)

Companion = Callable[[Owner, Failure], AbstractAsyncContextManager[Any]]
"""Something that runs beside the worker from before it meets Kafka until its end, such as a health page."""

_STOP_TIMEOUT_S: Final = 30.0
_FAILED_STOP_TIMEOUT_S: Final = 8.0
_LAST_RESORT_S: Final = 15.0
_HARD_EXIT_CODE: Final = 1


def run_worker(
    config: WorkerConfig, *, new_state: StateFactory | None = None, companion: Companion | None = None
) -> None:
    """Run a worker until SIGTERM or SIGINT, which it answers with its last checkpoints.

    `new_state` makes the state of a partition number, by default the real one. Raises WorkerError if the worker cannot
    go on. Must be called in the main thread of a process that does nothing else.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(config, new_state or real_states(config), companion))


def real_states(config: WorkerConfig) -> Callable[[int], PartitionState]:
    """Make empty states as the settings say."""

    def new_state(number: int) -> PartitionState:
        return PartitionState(
            number,
            config.partitions,
            config.definitions,
            clock=config.clock,
            partitioner=config.partitioner,
        )

    return new_state


async def _run(config: WorkerConfig, new_state: StateFactory, companion: Companion | None) -> None:
    names = Names(prefix=config.topic_prefix, group=config.group)
    use_fast_records([*names.sources, *(names.topic(name) for name in CHANGELOGS)])
    failure = Failure()
    owner = Owner(config, names, new_state, failure)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    watchdog = Watchdog(
        limit_s=config.watchdog_timeout_ms / 1000,
        bootstrap_servers=config.bootstrap_servers,
        stalled_since=owner.stalled_since,
    )
    async with contextlib.AsyncExitStack() as stack:
        if companion is not None:
            await stack.enter_async_context(companion(owner, failure))
        app = build_app(config, names, owner)
        tasks = [
            asyncio.create_task(_start(app, failure)),
            asyncio.create_task(owner.checkpoint_forever()),
            asyncio.create_task(collect_when_idle(owner)),
        ]
        watchdog.start()
        log.info(
            "worker started",
            group=config.group,
            bootstrap_servers=config.bootstrap_servers,
            clock=config.clock,
        )
        await _first(stop.wait(), failure.wait())
        watchdog.stop()
        await _stop(app, failed=bool(failure))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failure.error is not None:
        raise failure.error
    log.info("worker stopped")


async def _start(app: WorkerApp, failure: Failure) -> None:
    """Start the app and hear of its end."""
    try:
        await app.start()
        await app.wait_until_stopped()
    except Exception as error:  # noqa: BLE001 - reported to whoever waits
        failure.set(error)
        return
    if app.crashed:
        failure.set(app.crash_reason or EngineError("Faust ended without a reason."))


async def _stop(app: WorkerApp, *, failed: bool) -> None:
    """Stop the app: last checkpoints, then leave the group. Whatever hangs on the way does not keep the process."""
    timeout = _FAILED_STOP_TIMEOUT_S if failed else _STOP_TIMEOUT_S
    last_resort = threading.Timer(timeout + _LAST_RESORT_S, os._exit, (_HARD_EXIT_CODE,))
    last_resort.daemon = True
    last_resort.start()
    try:
        await asyncio.wait_for(app.stop(), timeout)
    except TimeoutError:
        log.warning("the app did not stop in time", seconds=timeout)
    except Exception as error:
        if not failed:
            raise WorkerError(f"The worker did not stop in order: {error!r}.") from error


async def _first(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

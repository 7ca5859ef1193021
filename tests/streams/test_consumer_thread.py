"""Looks into the client's buffer, seen from the main loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from streams import consumer_thread
from streams.batches import Fetched
from streams.consumer_thread import BatchThread


class Thread(BatchThread):
    """Its thread answers when the test says so, whoever waits for it."""

    def __init__(self) -> None:
        self._popping = None
        self.looks: list[asyncio.Future[Any]] = []

    async def call_thread(self, fun: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        self.looks.append(asyncio.get_running_loop().create_future())
        return await self.looks[-1]


def answer(epoch: int) -> Fetched:
    return Fetched(epoch, (), None)


async def waiting(thread: Thread) -> asyncio.Task[Fetched]:
    task = asyncio.create_task(thread.fetch(0.5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def cancel(task: asyncio.Task[Fetched]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_each_call_looks_once() -> None:
    async def scenario() -> None:
        thread = Thread()
        for epoch in (1, 2):
            task = await waiting(thread)
            thread.looks[-1].set_result(answer(epoch))
            assert (await task).epoch == epoch
        assert len(thread.looks) == 2

    asyncio.run(scenario())


def test_what_a_cancelled_look_finds_is_for_the_next_caller() -> None:
    async def scenario() -> None:
        thread = Thread()
        await cancel(await waiting(thread))
        task = await waiting(thread)
        assert len(thread.looks) == 1
        thread.looks[0].set_result(answer(7))
        assert (await task).epoch == 7

    asyncio.run(scenario())


def test_what_was_found_in_the_moment_of_the_cancellation_too() -> None:
    async def scenario() -> None:
        thread = Thread()
        task = await waiting(thread)
        thread.looks[0].set_result(answer(7))
        await cancel(task)
        assert (await thread.fetch(0.5)).epoch == 7
        assert len(thread.looks) == 1

    asyncio.run(scenario())


def test_nothing_is_handed_out_twice() -> None:
    async def scenario() -> None:
        thread = Thread()
        one, other = await waiting(thread), await waiting(thread)
        thread.looks[0].set_result(answer(1))
        assert (await one).epoch == 1
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        thread.looks[1].set_result(answer(2))
        assert (await other).epoch == 2

    asyncio.run(scenario())


class Client:
    """A consumer whose broker is away or not."""

    def __init__(self, *, away: bool) -> None:
        self.away = away
        self.stopped = False

    async def start(self) -> None:
        if self.away:
            raise KafkaConnectionError("Unable to bootstrap")

    async def stop(self) -> None:
        self.stopped = True


def test_a_broker_that_is_away_at_the_start_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_thread, "_RETRY_S", 0.0)
    clients = [Client(away=True), Client(away=True), Client(away=False)]
    left = iter(clients)

    class Starting(Thread):
        should_stop = False
        thread_loop = None  # type: ignore[assignment]

        def _create_consumer(self, loop: Any) -> Any:
            del loop
            return next(left)

    thread = Starting()
    asyncio.run(thread.on_start())
    assert thread._consumer is clients[2]
    assert [client.stopped for client in clients] == [True, True, False]


def test_an_error_is_told_once() -> None:
    async def scenario() -> None:
        thread = Thread()
        task = await waiting(thread)
        thread.looks[0].set_exception(RuntimeError("gone"))
        with pytest.raises(RuntimeError, match="gone"):
            await task
        task = await waiting(thread)
        thread.looks[1].set_result(answer(1))
        assert (await task).epoch == 1

    asyncio.run(scenario())

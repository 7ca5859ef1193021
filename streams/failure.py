"""The first thing that went wrong in a worker. Nothing is checkpointed after it, and the process ends."""

from __future__ import annotations

import asyncio

from streams.errors import EngineError, WorkerError


class Failure:
    """Remembers the first error; whoever runs the worker waits for it."""

    def __init__(self) -> None:
        self.error: WorkerError | None = None
        self._happened = asyncio.Event()

    def set(self, error: BaseException) -> None:
        """Report an error. Only the first one counts: what follows is mostly its consequence."""
        if self.error is not None:
            return
        if isinstance(error, WorkerError):
            self.error = error
        else:
            self.error = EngineError(f"The Kafka client or Faust gave up: {error!r}.")
            self.error.__cause__ = error
        self._happened.set()

    async def wait(self) -> WorkerError:
        """Wait for an error."""
        await self._happened.wait()
        assert self.error is not None
        return self.error

    def __bool__(self) -> bool:
        return self.error is not None

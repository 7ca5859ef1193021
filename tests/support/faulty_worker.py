"""A worker with a deliberate fault, for tests: ``python -m tests.support.faulty_worker worker …``.

The fault is named by the environment variable `FAULT`, and put in from outside: the engine knows nothing of it.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import msgspec

from streams.checkpoint import Checkpoints, new_producer
from streams.core.partition import PartitionState

FAULT = "SELFSERVE_TEST_FAULT"
MARK = b"a fault of the program"
"""A record with these bytes in it makes `bug` raise and `hang` hang."""


def in_transaction(act: Callable[[], None]) -> None:
    """Have `act` called between the last record of a transaction and its commit."""

    def faulty_producer(*arguments: Any) -> Any:
        producer = new_producer(*arguments)
        commit = producer.commit_transaction

        async def faulty_commit() -> None:
            act()
            await commit()

        producer.commit_transaction = faulty_commit
        return producer

    mock.patch("streams.recovery.new_producer", faulty_producer).start()


def kill_in_transaction() -> None:
    """Die, in one of the next transactions, with everything sent and nothing committed."""
    survived = iter(range(random.SystemRandom().randint(3, 40)))

    def act() -> None:
        if next(survived, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    in_transaction(act)


def stop_in_transaction() -> None:
    """Stand still once in the fourth transaction, until somebody sends SIGCONT."""
    transactions = iter(range(4))

    def act() -> None:
        if next(transactions, -1) == 3:
            os.kill(os.getpid(), signal.SIGSTOP)

    in_transaction(act)


def offset_behind() -> None:
    """Write the offsets of the checkpoint before into each META: the next owner processes some records twice."""
    make_meta = Checkpoints._meta

    def faulty_meta(self: Checkpoints, owner: Any, *arguments: Any) -> Any:
        meta = make_meta(self, owner, *arguments)
        return meta if owner.committed is None else msgspec.structs.replace(meta, offsets=owner.committed)

    # What this owner last wrote is what it must not write again, or the offsets would never move.
    write = Checkpoints.write

    async def faulty_write(self: Checkpoints, owner: Any, at_end: Any) -> None:
        offsets = dict(owner.offsets)
        await write(self, owner, at_end)
        owner.committed = offsets

    mock.patch.multiple(Checkpoints, _meta=faulty_meta, write=faulty_write).start()


def bug() -> None:
    """Raise in the middle of a batch that holds a marked record."""
    process = PartitionState.process

    def faulty_process(self: PartitionState, topic: str, records: Any) -> None:
        for i, record in enumerate(records):
            if record.value is not None and MARK in record.value:
                process(self, topic, records[:i])
                raise RuntimeError("a fault put in by a test")
        process(self, topic, records)

    mock.patch.object(PartitionState, "process", faulty_process).start()


def hang() -> None:
    """Never come back from a batch that holds a marked record."""
    process = PartitionState.process

    def faulty_process(self: PartitionState, topic: str, records: Any) -> None:
        if any(record.value is not None and MARK in record.value for record in records):
            threading.Event().wait()
        process(self, topic, records)

    mock.patch.object(PartitionState, "process", faulty_process).start()


FAULTS: dict[str, Callable[[], None]] = {
    "kill-in-transaction": kill_in_transaction,
    "stop-in-transaction": stop_in_transaction,
    "offset-behind": offset_behind,
    "bug": bug,
    "hang": hang,
}


if __name__ == "__main__":
    FAULTS[os.environ[FAULT]]()
    from app.cli import main

    main(prog_name="selfserve")

"""Stock Faust: one agent that counts events by type in tumbling windows of five minutes, as its manual shows it.

Run as a process of its own (`app.bench.scripts`), with Faust's own delivery, event loop and settings: only where Kafka
is, the number of partitions and the store (memory, the fastest) are said.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

import faust
import msgspec

from app.bench.measures import Measure
from app.bench.scripts import answer, options_of

WINDOW = timedelta(minutes=5)
KEPT = timedelta(hours=1)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to read: the first ``events`` records of ``topic`` (full name), as the group ``group``."""

    bootstrap_servers: str
    group: str
    topic: str
    partitions: int
    events: int


def build(options: Options) -> faust.App:
    """Return the app; its agent hands over the measure after the last event and ends the process."""
    app = faust.App(
        options.group,
        broker=f"kafka://{options.bootstrap_servers}",
        store="memory://",
        topic_partitions=options.partitions,
        web_enabled=False,
    )
    counts: Any = app.Table("counts", default=int).tumbling(WINDOW, expires=KEPT)
    events = app.topic(options.topic, value_serializer="json")

    @app.agent(events)
    async def count(stream: Any) -> None:
        seen = 0
        started = cpu_started = 0.0
        async for event in stream:
            if not seen:
                started, cpu_started = time.perf_counter(), time.process_time()
            counts[event["type"]] += 1
            seen += 1
            if seen == options.events:
                answer(Measure(seen, time.perf_counter() - started, time.process_time() - cpu_started))
                # Leaving the group in order is not part of the measure, and takes seconds.
                os._exit(0)

    return app


def main() -> None:
    """Run as a process."""
    # Quiet, and with its own standard output, because that is where the answer goes.
    worker = faust.Worker(build(options_of(Options)), loglevel="WARNING", quiet=True, redirect_stdouts=False)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()

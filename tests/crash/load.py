"""The producer process: sends the events of a file at a rate, whatever the brokers do meanwhile.

``python -m tests.crash.load BOOTSTRAP PREFIX PARTITIONS RATE SEED FILE``
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from schemas.types import EVENT_TYPES
from streams.client_internals import never_expire_batches
from streams.core.partitioner import murmur2

ASTRAY = 0.02
"""Share of the events that do not go to their customer's home."""
REPEATED = 0.02
"""Share of the events that are sent once more, a moment later."""
REFUSED = 0.002
"""Records without sense among the events."""


async def main(
    bootstrap_servers: str, prefix: str, partitions: int, rate: float, seed: int, lines: list[bytes]
) -> None:
    """Send everything, or what SIGTERM leaves time for; all of it has arrived then."""
    rng = random.Random(seed)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers, linger_ms=5, enable_idempotence=True, request_timeout_ms=120_000
    )
    # An outage of the brokers is part of the exercise.
    never_expire_batches(producer)
    await producer.start()
    again: list[tuple[str, bytes, bytes, int]] = []
    sent: list[asyncio.Future[Any]] = []
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    started = time.monotonic()
    for i, line in enumerate(lines):
        if stop.is_set():
            break
        event = json.loads(line)
        customer = event.get("user_id") or event.get("anonymous_id") or event.get("account_id") or ""
        key = customer.encode()
        number = rng.randrange(partitions) if rng.random() < ASTRAY else murmur2(key, partitions)
        topic = event.get("topic") or EVENT_TYPES[event["type"]].topic
        row = (prefix + topic, line, key, number)
        rows = [row]
        if rng.random() < REPEATED:
            again.append(row)
        if again and rng.random() < 2 * REPEATED:
            rows.append(again.pop(rng.randrange(len(again))))
        if rng.random() < REFUSED:
            rows.append((prefix + topic, b"{", key, number))
        for name, value, of, partition in rows:
            sent.append(await producer.send(name, value=value, key=of, partition=partition))
        ahead = started + i / rate - time.monotonic()
        if ahead > 0.01:
            await asyncio.sleep(ahead)
    await asyncio.gather(*sent)
    await producer.stop()


if __name__ == "__main__":
    bootstrap, topic_prefix, count, per_second, seeded, path = sys.argv[1:]
    asyncio.run(
        main(
            bootstrap,
            topic_prefix,
            int(count),
            float(per_second),
            int(seeded),
            Path(path).read_bytes().splitlines(),
        )
    )

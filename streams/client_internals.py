"""What the engine uses of aiokafka without being invited to; a contract test names it, so that an upgrade fails there."""

# ruff: noqa: SLF001 - the purpose of this module

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from aiokafka.errors import CoordinatorNotAvailableError, KafkaError


def current_assignment(consumer: Any) -> Any:
    """The assignment of a consumer, with position, last stable offset and last answer of each partition (`state_value`).

    The public way to the position may wait, and here it must be read in one step with the records.
    """
    return consumer._subscription.subscription.assignment


def never_expire_batches(producer: Any) -> None:
    """Have a producer keep batches for which no broker leads the partition at the moment, however long that takes.

    By default it gives up on them after the time-out of one request. How long an outage may last is the watchdog's
    decision.
    """
    producer._message_accumulator._batch_ttl = float("inf")


def fill_batch(batch: Any, rows: Sequence[tuple[bytes, bytes | None]], start: int, timestamp: int) -> int:
    """Append keys and values to an empty record batch from the row `start` on, and return the row at which it was full.

    Of the public way each record takes three times as long. An empty batch takes a record of any size.
    """
    append = batch._builder.append
    taken = 0
    for key, value in islice(rows, start, None):
        if append(taken, timestamp, key, value, _NO_HEADERS) is None:
            batch.close()
            break
        taken += 1
    batch._relative_offset = taken
    return start + taken


_NO_HEADERS: list[tuple[str, bytes]] = []


def keep_looking_for_coordinators(producer: Any) -> None:
    """Have a transactional producer ask again where its coordinators are when the broker that it asks goes away meanwhile.

    By default a connection that is lost in that moment ends the producer for good, as nothing else that passes does.
    """
    client = producer.client
    lookup = client.coordinator_lookup

    async def coordinator_lookup(kind: int, key: str) -> int:
        try:
            node: int = await lookup(kind, key)
        except KafkaError as error:
            if error.retriable:
                raise CoordinatorNotAvailableError(repr(error)) from error
            raise
        return node

    client.coordinator_lookup = coordinator_lookup

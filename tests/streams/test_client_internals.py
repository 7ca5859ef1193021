"""What a producer of the engine survives that aiokafka's own does not, and that its batches are those of the public way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.client import CoordinationType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
    UnknownError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from streams.client_internals import fill_batch, keep_looking_for_coordinators

BROKER = 7


async def found(*answers: Any) -> int:
    """Where a producer finds its group's coordinator, when its lookups meet these answers one after the other."""
    left = list(answers)

    async def lookup(_kind: int, _key: str) -> int:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    async def ready(_node: int, *, group: Any) -> bool:
        del group
        return True

    async def refresh() -> None:
        """There is no cluster whose metadata could change."""

    producer = AIOKafkaProducer(bootstrap_servers="nowhere:1", transactional_id="t", retry_backoff_ms=1)
    client = producer.client
    client.coordinator_lookup, client.ready, client.force_metadata_update = lookup, ready, refresh
    keep_looking_for_coordinators(producer)
    try:
        node: int = await producer._sender._find_coordinator(CoordinationType.GROUP, "g")
    finally:
        await client.close()
        producer._closed = True
    assert not left
    return node


def test_a_broker_that_goes_away_while_it_is_asked_is_not_the_end() -> None:
    gone = KafkaConnectionError("Connection closed")
    assert asyncio.run(found(gone, NodeNotReadyError(), gone, BROKER)) == BROKER


def test_a_refusal_is() -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        asyncio.run(found(GroupAuthorizationFailedError("g"), BROKER))
    with pytest.raises(KafkaError, match="UnknownError"):
        asyncio.run(found(UnknownError(), BROKER))


def batch() -> Any:
    return BatchBuilder(400, 0, is_transactional=1)


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.none() | st.binary(max_size=600)), min_size=1)
)
def test_filled_batches_are_those_that_are_appended_to(rows: list[tuple[bytes, bytes | None]]) -> None:
    expected = [batch()]
    for key, value in rows:
        if expected[-1].append(timestamp=5, key=key, value=value) is None:
            expected.append(batch())
            assert expected[-1].append(timestamp=5, key=key, value=value) is not None
    filled, taken = [], 0
    while taken < len(rows):
        filled.append(batch())
        taken = fill_batch(filled[-1], rows, taken, 5)
    assert [one.record_count() for one in filled] == [one.record_count() for one in expected]
    assert [one._build() for one in filled] == [one._build() for one in expected]

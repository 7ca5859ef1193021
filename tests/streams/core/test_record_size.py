"""No producer makes a record that is too large: facts are given up before, and what they counted stays; panes are stored in parts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.types import EVENT_TYPES
from streams.core import record_size, transfer
from streams.core.batch import Sums
from streams.core.dimensions import OF_A_RECORD
from streams.core.measures import MEASURES, Cell
from streams.core.partition import EVENTS_TOPIC
from streams.core.partitioner import murmur2
from streams.core.time import ALL
from tests.oracle.generate import random_events
from tests.support.cluster import REMEMBERING, Cluster, Part
from tests.support.figures import folded
from tests.support.longest import Longest, name

LIMIT = 4 * 1024 * 1024
"""`max.message.bytes` of the changelogs, and of the topic by which facts travel."""
SMALL = 40_000
"""A bound that a little reaches."""


def sizes(part: Part, kinds: bytes) -> list[int]:
    """The sizes of the records of some kinds."""
    return [len(key) + len(value) for key, value in part.changelog.items() if value and key[:1] in kinds]


def process(part: Part) -> None:
    """Process everything at once, without a checkpoint."""
    for topic, log in part.logs.items():
        part.state.process(topic, log[part.offsets[topic] :])
        part.offsets[topic] = len(log)


def produce(part: Part, cluster: Cluster, events: Iterable[Mapping[str, Any]]) -> None:
    for event in events:
        raw = json.dumps(event, ensure_ascii=False).encode()
        cluster.append(part.state.number, EVENT_TYPES[event["type"]].topic, raw)


def counted(sums: Sums) -> dict[str, dict[Cell, int]]:
    """What was ever counted, by measures of events."""
    kept = [name for name, measure in MEASURES.items() if measure.kind == "event"]
    return {name: {cell: n for cell, n in sums.cells(name, ALL).items() if n} for name in kept}


def test_the_longest_names_in_the_most_events_stay_far_below_the_limit() -> None:
    cluster = Cluster(1)
    part = cluster.parts[0]
    story = Longest({"user_id": name("z", 0)})
    produce(part, cluster, story.flows())
    produce(part, cluster, story.sessions())
    process(part)
    cluster.checkpoint(part)
    largest = max(sizes(part, b"ashvgAr"))
    assert record_size.MAX_FACTS_BYTES / 4 < largest < LIMIT / 3
    assert part.state.overflow[OF_A_RECORD] == 2
    assert part.state.verify() == []


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_size, "MAX_FACTS_BYTES", SMALL)
    monkeypatch.setattr(transfer, "MAX_MESSAGE_BYTES", SMALL)


@pytest.mark.usefixtures("_small")
def test_what_was_given_up_stays_counted() -> None:
    cluster = Cluster(1, replace(REMEMBERING, timezone="Asia/Kathmandu"))
    part = cluster.parts[0]
    events = list(Longest({"user_id": name("z", 0), "account_id": name("t", 0)}, 0.06).everything())
    produce(part, cluster, events)
    process(part)
    cluster.checkpoint(part)
    # By one name, or a row of the residue, at most.
    assert max(sizes(part, b"hgAr")) < SMALL + 8_000
    assert part.state.overflow[OF_A_RECORD] >= 8
    assert any(len(key) > 1 and key[:1] == b"r" for key in part.changelog)
    assert part.state.verify() == []
    before = sorted(map(str, cluster.numbers()))
    cluster.recover(part)
    assert part.state.verify() == []
    assert sorted(map(str, cluster.numbers())) == before

    at = cluster.newest() + 1
    batch = folded(events, at, cluster.definitions)
    everything = counted(Sums(batch.contributions(at), at, batch.rules))
    assert counted(Sums(cluster.numbers(), at, part.state.rules)) == everything
    assert sum(map(len, everything.values())) > 400


@pytest.mark.parametrize("seed", range(6))
def test_panes_stand_for_the_facts_whatever_is_given_up(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(record_size, "MAX_FACTS_BYTES", rng.choice((60, 200, 600)))
    monkeypatch.setattr(record_size, "MAX_CONVERSATIONS", rng.choice((1, 4)))
    monkeypatch.setattr(transfer, "MAX_MESSAGE_BYTES", rng.choice((100, 500)))
    monkeypatch.setattr("streams.core.panes.CELLS_IN_RECORD", rng.choice((1, 3)))
    events = random_events(rng, 900, deletions=seed % 2 == 1)
    cluster = Cluster(2)
    given_up = 0
    for start in range(0, len(events), 300):
        cluster.produce(events[start : start + 300], rng=rng)
        cluster.run(rng)
        for part in cluster.parts:
            assert part.state.verify() == []
            given_up += part.state.overflow[OF_A_RECORD]
            before = sorted(map(str, cluster.numbers()))
            cluster.recover(part)
            assert part.state.verify() == []
            assert sorted(map(str, cluster.numbers())) == before
            assert max(len(c.opened().conversations) for c in part.state.ledger.customers.values()) <= 4
    assert given_up


@pytest.mark.usefixtures("_small")
def test_facts_travel_in_several_messages_and_arrive_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, user = name("z", 0), name("z", 1)
    home = murmur2(user.encode(), 2)
    away = 1 - home
    while murmur2(visitor.encode(), 2) != away:
        visitor = name("z", ord(visitor[1]) - 0x20000 + 2)
    events = list(Longest({"anonymous_id": visitor}, 0.03).everything())
    claim = {"id": "claim", "type": "user.identified", "time": events[-1]["time"] + 1, "data": {}}
    claim |= {"user_id": user, "anonymous_id": visitor}

    def arrived(message_bytes: int) -> tuple[Any, list[int]]:
        monkeypatch.setattr(transfer, "MAX_MESSAGE_BYTES", message_bytes)
        monkeypatch.setattr(record_size, "MAX_FACTS_BYTES", LIMIT)
        cluster = Cluster(2)
        produce(cluster.parts[away], cluster, events)
        produce(cluster.parts[home], cluster, [claim])
        cluster.run(random.Random(1), crashes=False)
        messages = [
            len(message.value or b"")
            for message in cluster.parts[home].logs[EVENTS_TOPIC]
            if dict(message.headers)["kind"] == b"facts"
        ]
        assert [part.state.verify() for part in cluster.parts] == [[], []]
        return cluster.parts[home].state.explain(user), messages

    at_once, (whole,) = arrived(LIMIT)
    in_pieces, pieces = arrived(SMALL)
    assert at_once == in_pieces
    assert len(pieces) > 10
    assert max(pieces) < whole / 2

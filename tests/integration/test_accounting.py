"""Every record has one result, whatever its bytes; every refusal is kept with its reason."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.decode import MAX_EVENT_BYTES
from schemas.reasons import Reason
from schemas.topics import SOURCE_TOPICS
from tests.support.kafka import SharedKafka
from tests.support.payloads import payloads
from tests.support.workers import Service

pytestmark = pytest.mark.kafka

DEAD_LETTERS = "selfserve.dead-letters"
FAR_FUTURE = 4_000_000_000_000


@pytest.fixture
def service(kafka: SharedKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Service]:
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path) as service:
        yield service


def event(**fields: Any) -> bytes:
    complete = {"id": "1", "type": "page.viewed", "time": 1_741_000_000_000, "user_id": "u", **fields}
    return json.dumps({k: v for k, v in complete.items() if v is not None}).encode()


REFUSED = {
    Reason.NOT_JSON: b'{"id": ',
    Reason.SCHEMA: event(id=None),
    Reason.UNKNOWN_TYPE: event(type="page.veiwed"),
    Reason.NO_CUSTOMER: event(user_id=None),
    Reason.TIME_INVALID: event(time="2026-03-14T09:26:53"),
    Reason.FUTURE: event(time=FAR_FUTURE),
    Reason.OVERSIZED: event(filler="x" * MAX_EVENT_BYTES),
}


def test_every_reason_is_given_here_but_the_one_for_foreign_formats() -> None:
    """A record is `unmapped` only where a foreign format is declared for its topic."""
    assert REFUSED.keys() == set(Reason) - {Reason.UNMAPPED}


def test_each_reason_leads_to_a_dead_letter_that_says_so(service: Service) -> None:
    worker = service.start()
    for raw in REFUSED.values():
        service.produce_raw("product.events", 1, raw)
    service.wait_processed()
    letters = {dict(r.headers)["reason"].decode(): r for r in service.records(DEAD_LETTERS)[1]}
    assert letters.keys() == {reason.value for reason in REFUSED}
    for offset, (reason, raw) in enumerate(REFUSED.items()):
        headers = dict(letters[reason.value].headers)
        assert letters[reason.value].value == raw
        assert (headers["topic"], headers["partition"], headers["offset"]) == (
            b"product.events",
            b"1",
            b"%d" % offset,
        )
        assert headers["message"]
        assert worker.metric("selfserve_dead_letters_total", reason=reason.value) == 1


def test_a_hundred_thousand_damaged_records_crash_nothing_and_are_all_accounted_for(service: Service) -> None:
    rng = random.Random(20260322)
    records: Counter[str] = Counter()
    values: dict[str, list[bytes]] = {topic.name: [] for topic in SOURCE_TOPICS}
    for raw in payloads(100_000, rng):
        values[rng.choice(SOURCE_TOPICS).name].append(raw)
    worker = service.start()
    for topic, raws in values.items():
        for number in range(service.partitions):
            service.produce_raw(topic, number, *raws[number :: service.partitions])
        records[topic] = len(raws)
    service.wait_processed(within_s=120)
    assert not worker.ended()
    metas = [meta for meta in service.metas().values() if meta is not None]
    for topic, n in records.items():
        assert sum(sum(meta.results[topic].values()) for meta in metas) == n
    refused = sum(meta.results[topic]["dead_letter"] for meta in metas for topic in meta.results)
    assert refused == sum(sum(meta.refused.values()) for meta in metas)
    assert refused == sum(len(letters) for letters in service.records(DEAD_LETTERS).values())
    assert refused > 50_000
    assert sum(meta.results[topic]["processed"] for meta in metas for topic in meta.results) > 1_000
    verified = service.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr

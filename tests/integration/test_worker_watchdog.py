"""What a worker survives, and what it must not survive."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kafka.broker import EmbeddedKafka
from tests.oracle.generate import random_events
from tests.support.accounting import differences, expected, found, newest, one_claim_each
from tests.support.faulty_worker import FAULT, MARK
from tests.support.kafka import SharedKafka
from tests.support.processes import eventually
from tests.support.workers import Service

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LIMIT_S = 8
SETTINGS = {"worker": {"watchdog_timeout": f"{LIMIT_S}s"}}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    with EmbeddedKafka(tmp_path / "kafka") as broker:
        yield broker


def test_an_outage_of_the_brokers_is_survived_however_long_the_watchdogs_patience(
    broker: EmbeddedKafka, tmp_path: Path
) -> None:
    events = one_claim_each(random_events(random.Random(1), 800))
    half = len(events) // 2
    with Service(broker.bootstrap_servers, "outage.", tmp_path, settings=SETTINGS) as service:
        worker = service.start()
        service.produce(events[:half])
        service.wait_processed()
        broker.kill()
        # Time is the point: longer than the watchdog's limit.
        time.sleep(LIMIT_S + 4)
        assert not worker.ended(), worker.text()
        broker.start()
        service.produce(events[half:])
        service.wait_processed()
        assert len(worker.text().splitlines()) < 100
        assert worker.stop() == 0
        kept = service.kept()
        at = newest(kept) + 1
        assert differences(expected(events, at), found(kept, at)) == []


def test_a_worker_that_hangs_is_ended_by_its_watchdog_and_loses_nothing(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    marked = {
        "id": "x",
        "type": "page.viewed",
        "time": 1_767_225_600_000,
        "user_id": "u",
        "plan": MARK.decode(),
    }
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path, 2, SETTINGS) as service:
        hanging = service.start(program=("-m", "tests.support.faulty_worker"), **{FAULT: "hang"})
        hanging.wait_ready()
        service.produce([marked])
        assert hanging.wait() == 70
        assert "No partition has moved" in hanging.text()
        # Where it hung.
        assert "faulty_process" in hanging.text()
        successor = service.start()
        service.wait_processed()
        eventually(lambda: successor.metric("selfserve_customers") == 1, "the event is counted")


def test_a_transaction_timeout_beyond_what_the_brokers_allow_ends_the_worker(tmp_path: Path) -> None:
    properties = {"transaction.max.timeout.ms": "10000"}
    with (
        EmbeddedKafka(tmp_path / "kafka", properties=properties) as strict,
        Service(strict.bootstrap_servers, "strict.", tmp_path, 1) as service,
    ):
        refused = service.start()
        assert refused.wait() == 2
        assert "The brokers refuse worker.transaction_timeout, 15 s" in refused.text()
        assert "Traceback" not in refused.text()

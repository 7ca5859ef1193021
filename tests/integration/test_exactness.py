"""The main job: what is scraped equals what batch evaluation and the naive oracle say, to the last sample."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app.instants import format_instant
from schemas.resources import INTERVENTION, json_schema
from tests.oracle import compute
from tests.oracle.generate import random_events
from tests.support.accounting import one_claim_each
from tests.support.exporters import Exporter, Exporters
from tests.support.figures import differing
from tests.support.kafka import SharedKafka
from tests.support.processes import environment, eventually
from tests.support.workers import Service

pytestmark = pytest.mark.kafka

COMPILED = os.environ.get("SELFSERVE_TEST_CORE") == "compiled"
SENT = 200_000 if COMPILED else 50_000
"""At least so many events: most with the core that production runs, which is also faster."""
BAD = (
    b"",
    b"{",
    b"[]",
    b'{"id":"x"}',
    b'{"id":"1","type":"page.veiwed","time":1,"user_id":"u"}',
    b"\xff\xfe",
)
EXPORTED = {"5m", "30m", "1h", "6h", "1d", "7d", "30d", "day"}


def arrival(rng: random.Random, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The order in which events arrive: mostly a little late, one in a hundred a lot, some twice."""
    last = len(events)
    delayed = [
        (i + (rng.randrange(last) if rng.random() < 0.01 else rng.randrange(200)), i) for i in range(last)
    ]
    again = [(rng.randrange(last), rng.randrange(last)) for _ in range(last // 100)]
    return [events[i] for _, i in sorted(delayed + again)]


def evaluate(file: Path, at: int) -> dict[Any, float]:
    """`selfserve evaluate` as its user runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "evaluate", str(file), "--at", format_instant(at)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    lines = map(json.loads, done.stdout.splitlines())
    return {(line["metric"], tuple(sorted(line["labels"].items()))): line["value"] for line in lines}


def drained(exporter: Exporter, records: int) -> None:
    """Wait until the exporter accounts for every record (what travels between partitions comes on top)."""
    eventually(
        lambda: (
            exporter.metric("selfserve_accounted_records")
            - exporter.metric("selfserve_accounted_records", topic="selfserve.events")
            == records
        ),
        "every record is accounted for",
        within_s=400,
    )


def check_announcements(service: Service) -> None:
    """What was announced fits its schema, has an id of its own, and is opened and cleared in turn."""
    records = [r for partition in service.records("selfserve.interventions").values() for r in partition]
    announced = [json.loads(record.value) for record in records]
    assert announced
    assert len({one["id"] for one in announced}) == len(announced)
    standing: set[tuple[str, str, str]] = set()
    for record, one in zip(records, announced, strict=True):
        jsonschema.validate(one, json_schema(INTERVENTION))
        assert record.key == one["subject_id"].encode()
        key = (one["subject"], one["subject_id"], one["trigger"])
        assert (one["type"] == "intervention.cleared") == (key in standing)
        standing ^= {key}


def test_scraped_values_equal_evaluate_and_the_oracle(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    rng = random.Random(42)
    # A quarter is left out again.
    events = one_claim_each(random_events(rng, SENT * 7 // 5))
    assert any(e["type"] == "conversation.reopened" for e in events)
    sent = arrival(rng, events)
    assert len(sent) >= SENT
    file = tmp_path / "events.ndjson"
    with file.open("wb") as out:
        for event in sent:
            out.write(json.dumps(event).encode() + b"\n")
        out.writelines(bad + b"\n" for bad in BAD)
    at = max(int(e["time"]) for e in events) + 1

    exporters = None
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path) as service:
        try:
            exporters = Exporters(service.config)
            first, second = exporters.start(), exporters.start()
            service.start("--clock", "event")
            service.start("--clock", "event")
            service.produce(sent, rng=rng, astray=0.02)
            for bad in BAD:
                service.produce_raw("support.events", rng.randrange(4), bad)
            records = len(sent) + len(BAD)
            drained(first, records)
            service.wait_processed(120)
            expected = evaluate(file, at)

            def exported() -> bool:
                return first.metric("selfserve_evaluation_timestamp_seconds") * 1000 == at

            eventually(exported, "the evaluation time is just after the last event")
            eventually(lambda: first.figures() == second.figures(), "both exporters publish the same")
            eventually(
                lambda: not differing(expected, first.figures()), "scraped equals evaluated", within_s=120
            )
            oracle = {
                (metric, labels): value
                for (metric, labels), value in compute(events, at).items()
                if dict(labels).get("window", "1d") in EXPORTED
            }
            assert not differing(oracle, first.figures())
            assert first.metric("selfserve_accounted_records", result="dead_letter") == len(BAD)
            assert first.metric("selfserve_accounted_records", result="duplicate") > 0
            assert first.metric("selfserve_accounted_records", result="forwarded") > 0
            check_announcements(service)
            verified = service.run("verify")
            assert verified.returncode == 0, verified.stdout + verified.stderr
        finally:
            if exporters is not None:
                exporters.stop()

"""``selfserve send`` and ``selfserve simulate`` into a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from kafka import KafkaConsumer, TopicPartition

from app.config.kafka import KafkaSettings
from app.kafka.topics import ensure_topics
from app.sending.producer import EventProducer, SendError
from app.settings import Settings
from schemas.decode import read
from schemas.events import Event, event_time_ms
from schemas.topics import SOURCE_TOPICS
from streams.core.partitioner import PARTITIONERS
from tests.support.kafka import SharedKafka
from tests.support.processes import environment, eventually

pytestmark = pytest.mark.kafka

PARTITIONS = 3
TOPICS = [spec.name for spec in SOURCE_TOPICS]


class Found(NamedTuple):
    topic: str
    partition: int
    timestamp: int
    key: bytes | None
    value: bytes


@pytest.fixture
def prefix(kafka: SharedKafka, topic_prefix: str) -> str:
    ensure_topics(kafka.bootstrap_servers, topic_prefix, PARTITIONS, topics=SOURCE_TOPICS)
    return topic_prefix


def settings(kafka: SharedKafka, prefix: str, partitioner: str = "murmur2") -> Settings:
    section = KafkaSettings(
        bootstrap_servers=kafka.bootstrap_servers,
        topic_prefix=prefix,
        partitioner="crc32" if partitioner == "crc32" else "murmur2",
    )
    return Settings(kafka=section)


def everything(kafka: SharedKafka, prefix: str) -> list[Found]:
    """Return all records of the source topics, those of a partition in their order."""
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    try:
        places = [TopicPartition(prefix + topic, n) for topic in TOPICS for n in range(PARTITIONS)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found: list[Found] = []
        deadline = time.monotonic() + 30
        while any(consumer.position(place) < ends[place] for place in places):
            assert time.monotonic() < deadline, "the topics could not be read to their end"
            for place, records in consumer.poll(timeout_ms=200).items():
                found += [
                    Found(place.topic.removeprefix(prefix), place.partition, r.timestamp, r.key, r.value)
                    for r in records
                ]
        return found
    finally:
        consumer.close()


def run(kafka: SharedKafka, prefix: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(SELFSERVE_BOOTSTRAP_SERVERS=kafka.bootstrap_servers, SELFSERVE_TOPIC_PREFIX=prefix),
    )


def event(n: int, user: str, time_ms: int, type_: str = "page.viewed") -> bytes:
    return json.dumps({"id": str(n), "type": type_, "time": time_ms, "user_id": user}).encode()


def test_a_file_arrives_whole_each_event_with_its_customer_on_the_topic_of_its_type(
    kafka: SharedKafka, prefix: str, tmp_path: Path
) -> None:
    types = ["page.viewed", "help.solved", "visit.started"]
    lines = [event(n, f"u{n % 50}", 1_700_000_000_000 + n, types[n % 3]) for n in range(3_000)]
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(lines))
    result = run(kafka, prefix, "send", str(file))
    assert (result.returncode, result.stderr.count("Error")) == (0, 0), result.stderr
    assert result.stdout == "sent: 3,000 (account.events 1,000, product.events 1,000, support.events 1,000)\n"
    found = everything(kafka, prefix)
    assert sorted(record.value for record in found) == sorted(lines)
    for record in found:
        decoded = read(record.value)
        assert isinstance(decoded, Event)
        assert decoded.user_id is not None
        assert record.key == decoded.user_id.encode()
        assert record.partition == PARTITIONERS["murmur2"](record.key, PARTITIONS)


def test_sorting_puts_each_partition_in_the_order_of_event_times(
    kafka: SharedKafka, prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(
        b"\n".join(event(n, f"u{n % 7}", 1_700_000_000_000 + n * 37 % 1_009) for n in range(1_000))
    )
    assert run(kafka, prefix, "send", "--sort", str(file)).returncode == 0
    times: dict[int, list[int]] = {}
    for record in everything(kafka, prefix):
        times.setdefault(record.partition, []).append(json.loads(record.value)["time"])
    assert sum(map(len, times.values())) == 1_000
    assert all(found == sorted(found) for found in times.values())


def test_refused_lines_stay_away_unless_they_are_kept(
    kafka: SharedKafka, prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(event(1, "u", 1_700_000_000_000) + b"\nnonsense\n")
    refused = run(kafka, prefix, "send", str(file))
    assert refused.returncode == 1
    assert f"{file}:2: not_json" in refused.stderr
    assert len(everything(kafka, prefix)) == 1
    kept = run(kafka, prefix, "send", "--keep-invalid", str(file))
    assert kept.returncode == 0
    assert "refused, yet sent: 1 (not_json 1)" in kept.stdout
    found = everything(kafka, prefix)
    assert len(found) == 3
    assert [(r.topic, r.key) for r in found if r.value == b"nonsense"] == [("product.events", None)]


def test_a_topic_that_does_not_exist_is_named_at_once(
    kafka: SharedKafka, prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(event(1, "u", 1_700_000_000_000))
    result = run(kafka, prefix, "send", "--topic", "nowhere", str(file))
    assert result.returncode == 1
    assert f"There is no topic {prefix}nowhere" in result.stderr
    assert "selfserve topics" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_configured_partitioner_decides(kafka: SharedKafka, prefix: str) -> None:
    with closing(EventProducer(settings(kafka, prefix, "crc32"), TOPICS)) as producer:
        for n in range(60):
            producer.send("product.events", b"u%d" % n, b"%d" % n)
        producer.flush()
    found = everything(kafka, prefix)
    assert len(found) == 60
    assert all(r.key is not None and r.partition == PARTITIONERS["crc32"](r.key, PARTITIONS) for r in found)


def test_a_record_that_kafka_does_not_take_is_an_error(kafka: SharedKafka, prefix: str) -> None:
    with closing(EventProducer(settings(kafka, prefix), TOPICS)) as producer:
        with pytest.raises(SendError, match="Kafka did not take an event"):
            producer.send("product.events", b"u", b"x" * 3_000_000)
        # It is not forgotten: what follows would pass for complete.
        with pytest.raises(SendError):
            producer.flush()


def test_simulated_customers_arrive_at_their_pace(kafka: SharedKafka, prefix: str) -> None:
    result = run(kafka, prefix, "simulate", "--rate", "200", "--customers", "500", "--duration", "3")
    assert result.returncode == 0, result.stderr
    found = everything(kafka, prefix)
    assert result.stdout == f"sent {len(found):,} events\n"
    assert len({r.value for r in found}) == pytest.approx(600, rel=0.1)
    for record in found:
        decoded = read(record.value)
        assert isinstance(decoded, Event)
        # Nothing is sent before it happens.
        assert record.timestamp >= event_time_ms(decoded)


def test_a_start_in_the_past_sends_the_history_first(kafka: SharedKafka, prefix: str) -> None:
    start = int((time.time() - 86_400) * 1_000)
    arguments = ["--rate", "0.05", "--customers", "500", "--start", str(start), "--duration", "23h"]
    result = run(kafka, prefix, "simulate", *arguments)
    assert result.returncode == 0, result.stderr
    assert len({r.value for r in everything(kafka, prefix)}) == pytest.approx(0.05 * 23 * 3_600, rel=0.1)


def test_ctrl_c_stops_a_simulation_in_order(kafka: SharedKafka, prefix: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "app", "simulate", "--rate", "300", "--customers", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(SELFSERVE_BOOTSTRAP_SERVERS=kafka.bootstrap_servers, SELFSERVE_TOPIC_PREFIX=prefix),
    ) as process:
        try:
            eventually(lambda: len(everything(kafka, prefix)) > 100, "events arrive")
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert output == f"sent {len(everything(kafka, prefix)):,} events\n"

"""Topics against a real broker: created, verified, and every difference told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from kafka.admin import ConfigResource, KafkaAdminClient

from app.kafka.admin import KafkaUnreachableError
from app.kafka.topics import TopicReport, ensure_topics, verify_topics
from schemas.topics import ALL_TOPICS
from tests.support.kafka import SharedKafka, produce
from tests.support.processes import environment, eventually

pytestmark = pytest.mark.kafka


@pytest.fixture
def admin(kafka: SharedKafka) -> Iterator[KafkaAdminClient]:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as client:
        yield client


def by_name(reports: list[TopicReport], prefix: str) -> dict[str, TopicReport]:
    return {report.name.removeprefix(prefix): report for report in reports}


def test_missing_topics_are_created_with_their_settings_and_then_found_right(
    kafka: SharedKafka, topic_prefix: str, admin: KafkaAdminClient
) -> None:
    created = ensure_topics(kafka.bootstrap_servers, topic_prefix, 2)
    assert [(report.name, report.status, report.partitions) for report in created] == [
        (topic_prefix + spec.name, "created", 2) for spec in ALL_TOPICS
    ]
    again = ensure_topics(kafka.bootstrap_servers, topic_prefix, 2)
    assert {(report.status, report.problems, report.remarks) for report in again} == {("ok", (), ())}
    name = f"{topic_prefix}selfserve.state"
    found = admin.describe_configs([ConfigResource("topic", name)])["topic"][name]
    assert found["cleanup.policy"]["value"] == "compact"
    assert found["delete.retention.ms"]["value"] == "86400000"


def test_created_topics_take_records_at_once(kafka: SharedKafka, topic_prefix: str) -> None:
    ensure_topics(kafka.bootstrap_servers, topic_prefix, 2)
    for spec in ALL_TOPICS[:4]:
        produce(kafka.bootstrap_servers, topic_prefix + spec.name, [b"{}"], partition=1)


def test_verifying_creates_nothing(kafka: SharedKafka, topic_prefix: str, admin: KafkaAdminClient) -> None:
    reports = verify_topics(kafka.bootstrap_servers, topic_prefix, 2)
    assert {report.status for report in reports} == {"missing"}
    assert "selfserve topics" in reports[0].problems[0]
    assert not [name for name in admin.list_topics() if name.startswith(topic_prefix)]


def test_overrides_are_created_and_not_remarked_upon(kafka: SharedKafka, topic_prefix: str) -> None:
    overrides = {"product.events": {"retention.ms": "60000"}}
    ensure_topics(kafka.bootstrap_servers, topic_prefix, 1, overrides=overrides)
    with_them = by_name(
        verify_topics(kafka.bootstrap_servers, topic_prefix, 1, overrides=overrides), topic_prefix
    )
    assert with_them["product.events"].remarks == ()
    without = by_name(verify_topics(kafka.bootstrap_servers, topic_prefix, 1), topic_prefix)
    assert without["product.events"].status == "ok"
    assert "retention.ms is 60000" in without["product.events"].remarks[0]


def test_unequal_partition_counts_name_every_topic_and_nothing_is_created(
    kafka: SharedKafka, topic_prefix: str, admin: KafkaAdminClient
) -> None:
    counts = {"product.events": 2, "support.events": 3, "account.events": 2}
    existing = {topic_prefix + name: {"num_partitions": count} for name, count in counts.items()}
    admin.create_topics(existing, wait_for_metadata=True)
    reports = by_name(ensure_topics(kafka.bootstrap_servers, topic_prefix, 2), topic_prefix)
    assert reports["support.events"].status == "differs"
    for name, count in counts.items():
        assert f"{topic_prefix}{name} {count}" in reports["support.events"].problems[0]
    assert reports["product.events"].status == "ok"
    assert reports["feedback.events"].status == "missing"


def test_a_wrong_policy_is_reported(kafka: SharedKafka, topic_prefix: str, admin: KafkaAdminClient) -> None:
    name = f"{topic_prefix}selfserve.panes"
    wrong = {name: {"num_partitions": 1, "configs": {"cleanup.policy": "delete"}}}
    admin.create_topics(wrong, wait_for_metadata=True)
    report = by_name(ensure_topics(kafka.bootstrap_servers, topic_prefix, 1), topic_prefix)["selfserve.panes"]
    assert (report.status, report.good) == ("differs", False)
    assert "cleanup.policy is delete and must be compact" in report.problems[0]


def test_processes_that_create_the_topics_at_the_same_time_all_succeed(
    kafka: SharedKafka, topic_prefix: str
) -> None:
    results: list[list[TopicReport]] = []

    def create() -> None:
        results.append(ensure_topics(kafka.bootstrap_servers, topic_prefix, 1))

    threads = [threading.Thread(target=create) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 3
    assert all(report.good for reports in results for report in reports)
    created = [report.name for reports in results for report in reports if report.status == "created"]
    assert sorted(created) == sorted(topic_prefix + spec.name for spec in ALL_TOPICS)


def test_an_unreachable_kafka_names_each_address_and_what_to_do() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(KafkaUnreachableError) as caught:
            verify_topics(f"127.0.0.1:{port},nowhere", "", 1)
    assert f"127.0.0.1:{port}: connection refused" in str(caught.value)
    assert "nowhere: not an address of the form host:port" in str(caught.value)
    assert "selfserve kafka" in str(caught.value)


def run_topics(kafka: SharedKafka, prefix: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "topics", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(SELFSERVE_BOOTSTRAP_SERVERS=kafka.bootstrap_servers, SELFSERVE_TOPIC_PREFIX=prefix),
    )


def test_the_command_reports_each_topic_and_its_exit_code_tells(
    kafka: SharedKafka, topic_prefix: str, admin: KafkaAdminClient
) -> None:
    missing = run_topics(kafka, topic_prefix, "--check")
    assert missing.returncode == 1
    assert f"error: {topic_prefix}product.events does not exist" in missing.stderr
    created = run_topics(kafka, topic_prefix)
    assert created.returncode == 0
    assert "error:" not in created.stderr
    assert created.stdout.count("created     12 partitions") == len(ALL_TOPICS)
    support = f"{topic_prefix}support.events"
    admin.create_partitions({support: 13})
    eventually(lambda: len(admin.describe_topics([support])[0]["partitions"]) == 13, "the partition is there")
    differs = run_topics(kafka, topic_prefix)
    assert differs.returncode == 1
    assert f"error: {topic_prefix}support.events has 13 partitions" in differs.stderr


def test_the_command_says_when_kafka_is_not_there() -> None:
    nowhere = SharedKafka("127.0.0.1:1")
    result = run_topics(nowhere, f"test-{os.getpid()}.")
    assert result.returncode == 1
    assert "Kafka cannot be reached at 127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.stderr

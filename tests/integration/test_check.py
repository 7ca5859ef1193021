"""`selfserve check` against a real broker and a real worker."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient

from app.kafka.broker import EmbeddedKafka
from tests.support.kafka import SharedKafka
from tests.support.processes import environment
from tests.support.workers import Service

pytestmark = pytest.mark.kafka


@pytest.fixture
def service(kafka: SharedKafka, topic_prefix: str, tmp_path: Path) -> Service:
    made = Service(kafka.bootstrap_servers, topic_prefix, tmp_path, settings={"exporter": {"port": 0}})
    made.configure()
    return made


def findings(service: Service, *arguments: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run the command; return its exit code and the findings by subject."""
    done = service.run("check", "--json", *arguments)
    by_subject: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        by_subject.setdefault(finding["subject"], []).append(finding)
    assert json.loads(done.stdout)["ok"] is (done.returncode == 0)
    return done.returncode, by_subject


def test_before_anything_was_done_it_says_what_to_do_and_changes_nothing(
    kafka: SharedKafka, service: Service
) -> None:
    code, found = findings(service)

    assert code == 1
    assert [finding["status"] for finding in found["kafka"] + found["clock"]] == ["ok", "ok"]
    assert found["clock"][0]["text"] == "agrees with that of Kafka's controller"
    assert found["topics"][0]["text"] == "none of the 10 topics exists"
    assert "has never had a member" in found["group"][0]["text"]
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
        assert not [name for name in admin.list_topics() if name.startswith(service.prefix)]
        assert service.prefix + "group" not in [group["group_id"] for group in admin.list_groups()]


def test_with_a_worker_all_is_well(service: Service) -> None:
    with service:
        worker = service.start()
        worker.wait_ready()
        service.produce(
            {
                "id": str(n),
                "source": "test",
                "type": "session.started",
                "time": "2026-01-05T08:00:00Z",
                "user_id": f"u{n}",
            }
            for n in range(20)
        )
        service.wait_processed()
        url = worker.url
        assert url is not None
        service.configure(worker={"port": int(url.rstrip("/").rpartition(":")[2])})

        done = service.run("check")

        assert done.returncode == 0, done.stdout
        assert done.stdout.endswith("\nAll is well.\n")
        assert "is answered by version" in done.stdout
        assert "127.0.0.1 owns 4 of 4" in done.stdout
        assert "OK    lag        everything is processed" in done.stdout
        assert f"({service.config}:" in done.stdout
        assert service.run("check", "--alive").stdout == "alive\n"


def test_records_wait_while_no_worker_runs(service: Service) -> None:
    with service:
        service.produce_raw("product.events", 1, b"{}", b"{}")
        service.produce_raw("support.events", 0, b"{}")
        code, found = findings(service)

    assert code == 0
    assert found["lag"][0]["text"] == "3 records wait, and no worker is there to process them"
    assert f"{service.prefix}product.events 2" in found["lag"][0]["details"]


def test_partitions_that_differ_from_the_settings_are_one_failure(service: Service) -> None:
    with service:
        service.configure(kafka={"partitions": 5})
        code, found = findings(service)

    assert code == 1
    assert [finding["status"] for finding in found["topics"]] == ["fail", "ok"]
    assert "has 4 partitions, and kafka.partitions is 5" in found["topics"][0]["text"]
    assert "lag" not in found


def test_a_broker_that_names_itself_wrongly_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    properties = {
        "listeners": f"OUTSIDE://127.0.0.1:{port}",
        "advertised.listeners": "OUTSIDE://nowhere.invalid:9999",
        "listener.security.protocol.map": "OUTSIDE:PLAINTEXT",
        "transaction.max.timeout.ms": "10000",
    }
    with EmbeddedKafka(properties=properties) as broker:
        service = Service(broker.bootstrap_servers, "x-", tmp_path)
        service.configure()
        _, right = findings(service)
        code, wrong = findings(service, "--bootstrap-servers", f"127.0.0.1:{port}")

    assert code == 1
    assert "calls itself nowhere.invalid:9999" in wrong["kafka"][0]["text"]
    assert "advertised.listeners" in wrong["kafka"][0]["remedy"]
    assert "topics" not in wrong
    assert "worker.transaction_timeout is 15s" in right["kafka"][1]["text"]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "check", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(**variables),
    )


def test_without_kafka_it_names_every_address() -> None:
    done = run("--bootstrap-servers", "127.0.0.1:1", SELFSERVE_GROUP=f"nobody-{os.getpid()}")

    assert done.returncode == 1
    assert "FAIL  kafka      Kafka cannot be reached at 127.0.0.1:1\n" in done.stdout
    assert "127.0.0.1:1: connection refused" in done.stdout
    assert "kafka.group = nobody-" in done.stdout
    assert done.stderr == ""


def test_wrong_settings_are_findings_too(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("worker:\n  port: eighty\nkafka:\n  grupp: x\n")
    done = run("--json", "--config", str(file))

    assert done.returncode == 1
    found = json.loads(done.stdout)["findings"]
    assert [finding["status"] for finding in found] == ["fail", "fail"]
    assert found[0]["text"].startswith(f"{file}:4: kafka.grupp: unknown key; did you mean group?")
    assert f"{file}:2: worker.port: found 'eighty'" in found[1]["text"]

"""Ports, settings and lines of the demonstration."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.config.exporter import ExporterSettings
from app.config.kafka import KafkaSettings
from app.demo.figures import Exporter, summary
from app.demo.surroundings import (
    check_access,
    check_port,
    child_environment,
    free_port,
    working_directory,
    write_settings,
)
from app.errors import UserError
from app.settings import Settings, load_settings


@pytest.fixture
def taken() -> Any:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_taken_port_of_the_live_page_is_an_error_that_names_the_option(taken: int) -> None:
    with pytest.raises(UserError, match=rf"(?s)Port {taken} on 127\.0\.0\.1 .*in use.*--port"):
        check_port(ExporterSettings(port=taken))
    check_port(ExporterSettings(port=0))


def test_a_taken_port_of_the_worker_is_replaced_by_a_free_one(taken: int) -> None:
    assert free_port("127.0.0.1", taken) not in (0, taken)
    free = free_port("127.0.0.1", 0)
    assert free_port("127.0.0.1", free) == free


def test_the_processes_settings_are_the_users_with_the_demonstrations_partitions(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("kafka:\n  group: mine\nworker:\n  checkpoint_interval: 2s\n")
    settings = load_settings(file)
    folder = tmp_path / "demo"
    folder.mkdir()
    written = write_settings(settings, replace(settings.kafka, partitions=4), folder)
    found = load_settings(written)
    assert (found.kafka.partitions, found.worker.checkpoint_interval_ms) == (4, 2_000)


def test_without_a_file_the_settings_are_the_defaults(tmp_path: Path) -> None:
    settings = load_settings()
    found = load_settings(write_settings(settings, KafkaSettings(partitions=4), tmp_path))
    assert found.kafka.partitions == 4
    assert (found.worker, found.exporter) == (settings.worker, settings.exporter)


def test_the_processes_find_the_demonstrations_kafka_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SELFSERVE_BOOTSTRAP_SERVERS", "production:9092")
    monkeypatch.setenv("SELFSERVE_TOPIC_PREFIX", "real.")
    mine = KafkaSettings(bootstrap_servers="127.0.0.1:1234", group="demo", instance_id="demo-worker")
    found = load_settings(environ=child_environment(mine)).kafka
    assert (found.bootstrap_servers, found.topic_prefix, found.group) == ("127.0.0.1:1234", "", "demo")


def test_logs_stay_when_it_fails_and_go_when_it_ends_or_is_stopped() -> None:
    with working_directory() as ended:
        assert ended.is_dir()
    assert not ended.exists()
    with pytest.raises(KeyboardInterrupt), working_directory() as stopped:
        raise KeyboardInterrupt
    assert not stopped.exists()
    with pytest.raises(UserError), working_directory() as failed:
        raise UserError("no")
    assert failed.is_dir()
    failed.rmdir()


def kpi(id_: str, *values: tuple[str, float | None, dict[str, str]]) -> dict[str, Any]:
    return {"id": id_, "values": [{"labels": {"window": w, **labels}, "value": v} for w, v, labels in values]}


def test_the_line_has_the_overall_values_only() -> None:
    overview = {
        "kpis": [
            kpi(
                "self_service_resolution",
                ("7d", 0.7589, {"resolution": "all", "channel": "all"}),
                ("7d", 0.6, {"resolution": "confirmed", "channel": "all"}),
                ("1h", None, {"resolution": "all", "channel": "all"}),
            ),
            kpi("active_users", ("1d", 1_234.0, {"plan": "all"}), ("1d", 5.0, {"plan": "pro"})),
            kpi("something_new", ("1d", 1.0, {})),
        ]
    }
    assert summary(overview) == "resolution 75.9% (7d), active users 1,234 (1d)"


def test_without_figures_there_is_no_line() -> None:
    assert summary({"kpis": []}) is None
    nobody = Exporter(f"http://127.0.0.1:{free_port('127.0.0.1', 0)}/")
    assert nobody.line() is None
    assert nobody.evaluation_ms() is None
    assert not nobody.answers()


def test_the_embedded_kafka_is_met_without_what_the_settings_say_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SELFSERVE_KAFKA_PASSWORD", "swordfish")
    file = tmp_path / "mine.yaml"
    file.write_text(
        "kafka:\n  security_protocol: SASL_SSL\n  sasl_mechanism: PLAIN\n  user: me\n  ca_file: ca.pem\n  group: a\n"
    )
    settings = load_settings(file, environ=os.environ)
    folder = tmp_path / "demo"
    folder.mkdir()

    own, theirs = KafkaSettings(group="demo"), settings.kafka
    found = load_settings(write_settings(settings, own, folder), environ=child_environment(own)).kafka
    kept = load_settings(write_settings(settings, theirs, folder), environ=child_environment(theirs)).kafka

    assert (found.security_protocol, found.user, found.password) == ("PLAINTEXT", None, None)
    assert (kept.security_protocol, kept.user, kept.password) == ("SASL_SSL", "me", "swordfish")


@pytest.mark.parametrize("section", ["exporter", "worker"])
@pytest.mark.parametrize("key", ["certificate_file", "users_file"])
def test_it_does_not_open_what_the_settings_protect(tmp_path: Path, section: str, key: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{section}:\n  {key}: a\n")

    check_access(Settings())
    with pytest.raises(UserError, match=rf"{section}\.{key}"):
        check_access(load_settings(file))

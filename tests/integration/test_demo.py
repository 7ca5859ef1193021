"""``selfserve demo`` from start to end: figures move, survive a killed worker, and everything stops."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.demo.figures import accounted_records
from tests.support.kafka import SharedKafka
from tests.support.processes import alive, environment, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ACTIVE = 'kpi_active_users{window="1h",plan="all",segment="all",role="all",platform="all"}'


class Demo:
    """A running demonstration and what it has said."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "demo", "--port", "0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env=environment(),
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def wait_for(self, pattern: str, *, within_s: float = 120.0) -> str:
        """Return the first group of the pattern once it has been said."""

        def found() -> bool:
            assert self.process.poll() is None or re.search(pattern, self.said), self.said
            return re.search(pattern, self.said) is not None

        eventually(found, f"the demonstration says {pattern!r}", within_s=within_s)
        match = re.search(pattern, self.said)
        assert match is not None
        return match.group(1) if match.groups() else match.group()

    def wait(self) -> int:
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
        self.process.kill()
        self.process.wait()
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def demonstrations(tmp_path: Path) -> Iterator[list[Demo]]:
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.end()


def scrape(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        text: str = response.read().decode()
        return text


def sample(url: str, series: str) -> float | None:
    """Return a sample, its labels in any order; ``None`` while it is not there."""
    name, _, labels = series.partition("{")
    wanted = set(labels.rstrip("}").split(","))
    for line in scrape(url).splitlines():
        found = re.fullmatch(rf"{name}\{{(.*)\}} (\S+)", line)
        if found and set(found.group(1).split(",")) == wanted:
            return float(found.group(2))
    return None


def test_figures_move_go_on_after_a_killed_worker_and_ctrl_c_ends_everything(
    demonstrations: list[Demo], tmp_path: Path
) -> None:
    demo = Demo("--rate", "50", cwd=tmp_path)
    demonstrations.append(demo)
    metrics = demo.wait_for(r"metrics +(http\S+)")
    worker = int(demo.wait_for(r"process (\d+);"))
    logs = Path(demo.wait_for(r"logs +(\S+)"))
    assert accounted_records(scrape(metrics)) > 100_000, (
        "the whole history was loaded before the figures were said to be live"
    )
    resolution = demo.wait_for(r"resolution (\d+\.\d)% \(7d\)")
    assert 70 < float(resolution) < 80

    before = sample(metrics, ACTIVE)
    assert before is not None
    eventually(lambda: (sample(metrics, ACTIVE) or 0) > before, "active users grow")

    os.kill(worker, signal.SIGKILL)
    demo.wait_for(r"The worker ended \(killed by SIGKILL\)\. Started again as process \d+")
    killed_at = sample(metrics, ACTIVE)
    assert killed_at is not None
    eventually(lambda: (sample(metrics, ACTIVE) or 0) > killed_at + 5, "the figures go on", within_s=60)

    everybody = [process.pid for process in psutil.Process(demo.process.pid).children(recursive=True)]
    assert len(everybody) >= 3
    demo.process.send_signal(signal.SIGINT)
    assert demo.wait() == 0, demo.said
    assert demo.said.endswith("Stopping …\nStopped.\n")
    assert not [pid for pid in everybody if alive(pid)]
    assert not logs.exists()


def test_it_ends_by_itself_after_its_duration(demonstrations: list[Demo], tmp_path: Path) -> None:
    demo = Demo("--no-simulate", "--duration", "1", cwd=tmp_path)
    demonstrations.append(demo)
    eventually(lambda: demo.process.poll() is not None, "the demonstration ends", within_s=120)
    assert demo.wait() == 0, demo.said
    assert "The figures are live" not in demo.said
    assert demo.said.endswith("Stopped.\n")


def test_it_ends_with_an_error_when_the_exporter_fails(demonstrations: list[Demo], tmp_path: Path) -> None:
    demo = Demo("--no-simulate", cwd=tmp_path)
    demonstrations.append(demo)
    demo.wait_for("Ctrl-C stops everything")
    exporter = next(
        process for process in psutil.Process(demo.process.pid).children() if "exporter" in process.cmdline()
    )
    # Told to stop by somebody else, it ends in order, which nobody asked for here.
    exporter.terminate()
    assert demo.wait() == 1, demo.said
    assert "The exporter ended (exit code 0), and so does the demonstration." in demo.said
    logs = Path(demo.wait_for(r"its log, (\S+):"))
    assert logs.is_file()
    shutil.rmtree(logs.parent)


def test_a_running_kafka_is_used_when_it_is_named_and_left_as_it_was(
    demonstrations: list[Demo], tmp_path: Path, kafka: SharedKafka
) -> None:
    from kafka.admin import KafkaAdminClient  # noqa: PLC0415  # the fixture has the name of the package

    demo = Demo("--no-simulate", "--bootstrap-servers", kafka.bootstrap_servers, cwd=tmp_path)
    demonstrations.append(demo)
    prefix = demo.wait_for(r"topics (demo-\w+\.)\*")
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
        assert [name for name in admin.list_topics() if name.startswith(prefix)]
        demo.process.send_signal(signal.SIGTERM)
        assert demo.wait() == 0, demo.said
        assert not [name for name in admin.list_topics() if name.startswith(prefix)]


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "app", "demo", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env=environment(),
        )
    assert result.returncode == 2
    assert f"Port {port} on 127.0.0.1 cannot be used for the live page" in result.stderr
    assert "--port" in result.stderr
    assert result.stdout == ""

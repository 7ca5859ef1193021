"""An Apache Kafka broker that a Python program starts, stops and takes with it when it dies."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from app.kafka.artifacts import JarCache
from app.kafka.cache import cache_directory
from app.kafka.diagnosis import explain_failure
from app.kafka.errors import KafkaStartError
from app.kafka.java import Java, bundled_java
from app.kafka.lockfile import kafka_version, read_lock_file
from app.kafka.ports import LOOPBACK, PortReservation
from app.kafka.probe import serves
from app.kafka.process import BrokerProcess
from app.kafka.properties import render, server_properties
from app.kafka.storage import DataDirectory
from schemas.topics import DEFAULT_PARTITIONS

if TYPE_CHECKING:
    from typing import Self

_STORAGE_TOOL = "kafka.tools.StorageTool"
_STORAGE_TOOL_HEAP_MB = 128
_STORAGE_TOOL_TIMEOUT_S = 60.0
_BROKER = "kafka.Kafka"
_PROBE_INTERVAL_S = 0.02
_CONFIGURATION = "server.properties"
_LOG = "broker.log"
_OUTPUT = "broker.out"


class EmbeddedKafka:
    """A single-node Kafka on 127.0.0.1, without encryption or authentication, run by the Java runtime from PyPI.

    ``data_dir`` keeps the data; ``None`` is a temporary directory that `stop` deletes. ``port`` 0 is a free one,
    chosen at the first start. Port and data stay the same over `stop` (of a named directory), `kill` and `restart`.
    ``partitions`` is the broker's default for new topics, ``heap_mb`` the Java heap in mebibytes, ``properties`` are
    Kafka settings that are applied last, or on top where they are listeners (see ``app.kafka.properties``). The
    downloads' ``progress`` goes to standard error unless another stream is given. The time-outs are in seconds: until the
    broker must answer, and until a broker that was told to stop is killed.

    The broker ends with this process, however this process ends. Not safe to use from several threads at once.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        port: int = 0,
        *,
        partitions: int = DEFAULT_PARTITIONS,
        heap_mb: int = 512,
        properties: Mapping[str, str] | None = None,
        start_timeout_s: float = 90.0,
        stop_timeout_s: float = 20.0,
        progress: TextIO | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._wanted_port = port
        self._partitions = partitions
        self._heap_mb = heap_mb
        self._properties = dict(properties or {})
        self._start_timeout_s = start_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._progress = progress
        self._artifacts = read_lock_file()
        self._java: Java | None = None
        self._temporary: Path | None = None
        self._port: PortReservation | None = None
        self._process: BrokerProcess | None = None

    @property
    def version(self) -> str:
        """Version of Apache Kafka."""
        return kafka_version(self._artifacts)

    @property
    def bootstrap_servers(self) -> str:
        """``host:port`` for clients. Raises ``RuntimeError`` before the first start."""
        if self._port is None:
            raise RuntimeError("the broker has no port before it was started")
        return f"{LOOPBACK}:{self._port.port}"

    @property
    def running(self) -> bool:
        """Whether the broker's process is there."""
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int | None:
        """Process id of the broker's Java; ``None`` while none runs."""
        return self._process.pid if self._process is not None and self._process.running else None

    @property
    def data_dir(self) -> Path | None:
        """The data directory; ``None`` while there is none because it is temporary."""
        return self._data_dir or self._temporary

    @property
    def log_file(self) -> Path | None:
        """The broker's own log; ``None`` as for `data_dir`."""
        return self.data_dir / _LOG if self.data_dir else None

    def start(self) -> None:
        """Start the broker and return when it serves clients; nothing happens if it runs.

        The first start on a machine fetches Kafka (about 45 MB). Raises ``KafkaStartError``, after which nothing is
        left running.
        """
        if self.running:
            return
        self._end()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the broker in order, or kill it when it takes too long; delete temporary data."""
        self._end()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None
        if self._port is not None:
            self._wanted_port = self._port.port
            self._port.close()

    def restart(self) -> None:
        """Stop the broker in order and start it again, with the same port and the same data."""
        self._end()
        self.start()

    def kill(self) -> None:
        """Kill the broker's process at once, as a crash would. `start` brings it back with its data."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait until the broker ends by itself; return its exit code, or ``None`` after ``timeout_s`` seconds."""
        return self._process.wait(timeout_s) if self._process is not None else None

    def failure(self, what: str) -> KafkaStartError:
        """Return an error that says ``what`` happened to the broker, and why as far as its log tells."""
        directory = self.data_dir or Path()
        message = explain_failure(
            what=what,
            files=[directory / _OUTPUT, directory / _LOG],
            title=f"The end of {self.log_file}" if self._data_dir else "The end of its log",
            data=directory,
            port=self._port.port if self._port else self._wanted_port,
            heap_mb=self._heap_mb,
        )
        return KafkaStartError(message)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        java = self._java = self._java or self._fetch()
        # A port that is taken, or a directory that cannot be used, is said before anything is created.
        if self._port is None or not self._port.held:
            self._port = PortReservation(self._wanted_port, purpose="clients")
        if self._data_dir is None and self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="selfserve-kafka-"))
        root = self._data_dir or self._temporary
        assert root is not None
        with (
            # From its start on the supervisor has a claim of its own, exactly as long as the broker may run.
            contextlib.closing(DataDirectory(root, kafka_version=self.version)) as directory,
            contextlib.closing(PortReservation(0, purpose="controller")) as controller,
        ):
            self._configure(directory.root, controller.port)
            if not directory.formatted:
                directory.clear_for_format()
                self._format(java, directory)
            self._launch(java, directory)
            self._await_service()

    def _fetch(self) -> Java:
        # Looked up first: without a runtime there is no use for what would be downloaded.
        bundled_java(())
        cache = JarCache(cache_directory() / "maven", repository=os.environ.get("SELFSERVE_MAVEN_REPOSITORY"))
        stream = self._progress or sys.stderr
        return bundled_java(
            cache.class_path(self._artifacts, what=f"Apache Kafka {self.version}", stream=stream)
        )

    def _configure(self, root: Path, controller_port: int) -> None:
        assert self._port is not None
        properties = server_properties(
            port=self._port.port,
            controller_port=controller_port,
            partitions=self._partitions,
            overrides=self._properties,
        )
        (root / "tmp").mkdir(exist_ok=True)
        # What an earlier run complained of must not be taken for this one's complaint.
        with contextlib.suppress(FileNotFoundError):
            (root / _LOG).replace(root / f"{_LOG}.1")
        (root / _CONFIGURATION).write_text(render(properties), encoding="ascii")

    def _format(self, java: Java, directory: DataDirectory) -> None:
        command = java.command(
            _STORAGE_TOOL,
            *("format", "--cluster-id", directory.cluster_id, "--config", _CONFIGURATION),
            heap_mb=_STORAGE_TOOL_HEAP_MB,
            data=directory.root,
            log=directory.root / _LOG,
        )
        with (directory.root / _OUTPUT).open("wb") as output:
            try:
                subprocess.run(  # noqa: S603  # the command is this package's own
                    command,
                    cwd=directory.root,
                    env=java.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=_STORAGE_TOOL_TIMEOUT_S,
                    check=True,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise self.failure(f"Kafka's storage tool could not format {directory.root}.") from error

    def _launch(self, java: Java, directory: DataDirectory) -> None:
        command = java.command(
            _BROKER,
            _CONFIGURATION,
            heap_mb=self._heap_mb,
            data=directory.root,
            log=directory.root / _LOG,
        )
        try:
            self._process = BrokerProcess(
                command,
                directory=directory.root,
                environment=java.environment(),
                output=directory.root / _OUTPUT,
                lock=directory.lock,
                delete=self._temporary,
                grace_s=self._stop_timeout_s,
            )
        except OSError as error:
            raise self.failure(f"The broker's process could not be started: {error}.") from error

    def _await_service(self) -> None:
        assert self._port is not None
        deadline = time.monotonic() + self._start_timeout_s
        while not serves(LOOPBACK, self._port.port, timeout_s=1.0):
            code = self.wait(_PROBE_INTERVAL_S)
            if code is not None:
                raise self.failure(f"Kafka {self.version} ended while it started (exit code {code}).")
            if time.monotonic() > deadline:
                raise self.failure(
                    f"Kafka {self.version} did not answer within {self._start_timeout_s:.0f} s of its start."
                )

    def _end(self) -> None:
        """Stop the broker, keep port and data."""
        if self._process is not None:
            self._process.stop()
            self._process = None

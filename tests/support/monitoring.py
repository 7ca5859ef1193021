"""Prometheus, Alertmanager and a receiver of their messages, as real programs on free ports."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.support.processes import eventually


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def get(url: str) -> Any:
    """Return a JSON document; `None` while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            text = answer.read().decode()
    except (OSError, urllib.error.HTTPError):
        return None
    return json.loads(text) if text.startswith(("{", "[")) else text


class Program:
    """A program that answers on a port of its own. Use it as a context manager."""

    ready_path = "/-/ready"

    def __init__(self, arguments: Sequence[str], port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._arguments = arguments
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._arguments, stdout=log, stderr=log)
        eventually(lambda: get(self.url + self.ready_path) is not None, f"{self._arguments[0]} answers")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        # Shown where a test fails.
        print(f"---- {self._log.name}\n{self._log.read_text(errors='replace')[-3000:]}")


class Prometheus(Program):
    """A Prometheus with a configuration and a directory of data."""

    def __init__(self, config: Path, data: Path, log: Path) -> None:
        port = free_port()
        super().__init__(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            port,
            log,
        )

    def query(self, expression: str) -> list[tuple[Mapping[str, str], float]]:
        """Return labels and value of every series of an expression."""
        found = get(f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        return [
            (one["metric"], float(one["value"][1]))
            for one in (found or {"data": {"result": []}})["data"]["result"]
        ]

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire, on the service or on all channels together."""
        found = self.query('ALERTS{alertstate="firing",channel=~"|all"}')
        return {labels["alertname"] for labels, _ in found}


class Alertmanager(Program):
    """An Alertmanager with a configuration."""

    def __init__(self, config: Path, data: Path, log: Path) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        super().__init__(
            [
                "prometheus-alertmanager",
                f"--config.file={config}",
                f"--storage.path={data}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
            ],
            port,
            log,
        )

    def muted_by(self, alert: str) -> set[str]:
        """Return the names of the alerts that mute every instance of ``alert``; none unless all are muted."""
        alerts: list[dict[str, Any]] = get(f"{self.url}/api/v2/alerts") or []
        names = {one["fingerprint"]: one["labels"]["alertname"] for one in alerts}
        mine = [one["status"]["inhibitedBy"] for one in alerts if one["labels"]["alertname"] == alert]
        if not mine or not all(mine):
            return set()
        return {names[fingerprint] for muting in mine for fingerprint in muting if fingerprint in names}


class Receiver:
    """Takes the messages of an Alertmanager. Use it as a context manager."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                messages.append({"path": self.path, **json.loads(self.rfile.read(length))})
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def received(self, alert: str, status: str) -> list[dict[str, Any]]:
        """Return what was said of an alert as `firing` does, `firing` or `resolved`, each with its receiver's path."""
        return [
            {"path": message["path"], **one}
            for message in list(self.messages)
            for one in message["alerts"]
            if one["labels"]["alertname"] == alert and one["status"] == status
            if one["labels"].get("channel", "all") == "all"
        ]

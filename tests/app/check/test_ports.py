"""Ports: free, answered by selfserve, taken by something else; and the health check of containers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import __version__
from app.check.alive import alive
from app.check.ports import Address, port_finding
from app.cli import main
from app.config.source import Override
from app.settings import Settings, load_settings

Pages = Mapping[str, tuple[int, str]]

WORKER: Pages = {
    "/metrics": (
        200,
        f'# x\nselfserve_build_info{{core="pure",version="{__version__}"}} 1.0\nselfserve_owned_partitions 4.0\n',
    ),
    "/readyz": (200, "ready, owns 4 partitions\n"),
    "/healthz": (200, "alive\n"),
}
EXPORTER: Pages = {
    "/metrics": (200, WORKER["/metrics"][1] + "selfserve_exporter_current 1.0\n"),
    "/readyz": (200, json.dumps({"ready": True, "reasons": []})),
    "/healthz": (200, "alive\n"),
}


@pytest.fixture
def serve() -> Iterator[Callable[[Pages], int]]:
    """Return what serves pages on a free port, and that port."""
    servers: list[HTTPServer] = []

    def start(pages: Pages) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = pages.get(self.path, (404, ""))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def free_port() -> Iterator[int]:
    # Bound but not listened on: nobody else is given it, and connections are refused.
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def with_ports(worker: int, exporter: int) -> Settings:
    cli = {"worker.port": Override(str(worker), "-"), "exporter.port": Override(str(exporter), "-")}
    return load_settings(cli=cli)


def test_a_free_port_is_fine(free_port: int) -> None:
    finding = port_finding(Address("worker", "127.0.0.1", free_port))

    assert (finding.status, finding.text) == ("ok", f"127.0.0.1:{free_port} is free; no worker runs there")


def test_port_0_is_always_fine() -> None:
    assert port_finding(Address("worker", "127.0.0.1", 0)).status == "ok"


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
def test_a_worker_is_recognised(serve: Callable[[Pages], int], listen: str) -> None:
    finding = port_finding(Address("worker", listen, serve(WORKER)))

    assert finding.status == "ok"
    assert f"answered by version {__version__}, and it is ready" in finding.text


def test_an_exporter_in_place_of_a_worker_is_worth_knowing(serve: Callable[[Pages], int]) -> None:
    finding = port_finding(Address("worker", "127.0.0.1", serve(EXPORTER)))

    assert finding.status == "warn"
    assert "selfserve's exporter" in finding.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("joining the group\n", "joining the group"),
        (json.dumps({"ready": False, "reasons": ["a", "b"]}), "a; b"),
        ("", "it does not say why"),
    ],
)
def test_one_that_is_not_ready_says_why(serve: Callable[[Pages], int], answer: str, reason: str) -> None:
    finding = port_finding(Address("worker", "127.0.0.1", serve({**WORKER, "/readyz": (503, answer)})))

    assert finding.status == "warn"
    assert finding.text.endswith(f"and it is not ready: {reason}")


def test_another_version_is_worth_knowing(serve: Callable[[Pages], int]) -> None:
    pages = {**WORKER, "/metrics": (200, 'selfserve_build_info{version="0.0.1"} 1.0\n')}
    finding = port_finding(Address("worker", "127.0.0.1", serve(pages)))

    assert finding.status == "warn"
    assert "version 0.0.1" in finding.text


def test_another_web_server_is_a_failure_and_can_be_found(serve: Callable[[Pages], int]) -> None:
    port = serve({"/metrics": (200, "something_else 1\n")})
    finding = port_finding(Address("exporter", "127.0.0.1", port))

    assert finding.status == "fail"
    assert f"ss -ltnp 'sport = :{port}'" in finding.remedy
    assert "exporter.port" in finding.remedy


def test_something_that_is_not_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.close()
            connection, _ = server.accept()
            with connection:
                connection.recv(1_000)
                connection.sendall(b"220 mail.example.org ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        finding = port_finding(Address("worker", "127.0.0.1", server.getsockname()[1]))
        thread.join(10)

    assert finding.status == "fail"
    assert "something other than selfserve" in finding.text


def test_an_address_of_another_machine_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    # An address for documentation, which nobody has. Nothing is sent to it.
    monkeypatch.setattr("app.check.ports.accepts_connections", lambda *_: False)
    finding = port_finding(Address("worker", "192.0.2.1", 8001))

    assert finding.status == "fail"
    assert "cannot listen on 192.0.2.1:8001" in finding.text
    assert "worker.listen" in finding.remedy


class TestAlive:
    def test_one_of_both_is_enough(self, serve: Callable[[Pages], int], free_port: int) -> None:
        assert alive(with_ports(serve(WORKER), free_port)) is None
        assert alive(with_ports(free_port, serve(EXPORTER))) is None

    def test_one_that_recovers_is_alive(self, serve: Callable[[Pages], int], free_port: int) -> None:
        assert alive(with_ports(serve({**WORKER, "/readyz": (503, "")}), free_port)) is None

    def test_one_that_is_about_to_end_is_not(self, serve: Callable[[Pages], int], free_port: int) -> None:
        reason = alive(with_ports(serve({"/healthz": (503, "ending: x")}), free_port))

        assert reason is not None
        assert "503 ending: x" in reason
        assert "connection refused" in reason

    def test_the_command_tells_by_its_exit_code(
        self, serve: Callable[[Pages], int], free_port: int, tmp_path: Path
    ) -> None:
        def run(worker: int) -> tuple[int, str]:
            file = tmp_path / "ports.yaml"
            file.write_text(f"worker: {{port: {worker}}}\nexporter: {{port: {free_port}}}\n")
            result = CliRunner().invoke(main, ["check", "--alive", "--config", str(file)])
            return result.exit_code, result.stdout

        assert run(serve(WORKER)) == (0, "alive\n")
        code, text = run(free_port)
        assert code == 1
        assert text.startswith("not alive: worker on port")

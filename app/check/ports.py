"""The ports of worker and exporter: free, answered by selfserve, or taken by something else."""

from __future__ import annotations

import http.client
import json
import re
import socket
from dataclasses import dataclass
from typing import Literal

from app import __version__
from app.check.finding import Finding, fail, ok, warn
from app.settings import Settings

Role = Literal["worker", "exporter"]

_TIMEOUT_S = 5.0
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # not listened on, but replaced
_BUILD = re.compile(r'^selfserve_build_info\{(?:.*,)?version="([^"]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Server:
    """A selfserve that answers: what it is, its version, and why it is not ready, if it is not."""

    role: Role
    version: str
    unready: str | None


def port_findings(settings: Settings) -> list[Finding]:
    """Return what is to be said of the port of the worker and of that of the exporter."""
    return [
        port_finding("worker", settings.worker.listen, settings.worker.port),
        port_finding("exporter", settings.exporter.listen, settings.exporter.port),
    ]


def port_finding(role: Role, listen: str, port: int) -> Finding:
    """Return what is to be said of one address."""
    if port == 0:
        return ok(role, "takes any free port")
    where = f"[{listen}]:{port}" if ":" in listen else f"{listen}:{port}"
    if not accepts_connections(listen, port):
        return _unanswered(role, listen, port, where)
    try:
        server = ask(listen, port)
    except OSError as error:
        return _foreign(role, port, f"something listens on {where} and does not answer: {error}")
    if server is None:
        return _foreign(role, port, f"something other than selfserve listens on {where}")
    if server.role != role:
        return warn(
            role,
            f"{where} is answered by selfserve's {server.role}",
            f"Set {role}.port if both are to run here.",
        )
    if server.unready is not None:
        return warn(
            role,
            f"{where} is answered by version {server.version}, which is not ready: {server.unready}",
            "Right after a start this is as it should be; otherwise see its log.",
        )
    if server.version != __version__:
        return warn(
            role, f"{where} is answered by version {server.version}; this is {__version__}", "Restart it."
        )
    return ok(role, f"{where} is answered by version {server.version}, which is ready")


def accepts_connections(listen: str, port: int) -> bool:
    """Return whether something listens."""
    try:
        with socket.create_connection((_WILDCARDS.get(listen, listen), port), timeout=_TIMEOUT_S):
            return True
    except OSError:
        return False


def ask(listen: str, port: int) -> Server | None:
    """Return which selfserve answers, or `None` if what answers is none. Raises `OSError` if nothing answers."""
    status, page = get(listen, port, "/metrics")
    build = _BUILD.search(page)
    if status != http.client.OK or build is None:
        return None
    role: Role = "exporter" if "\nselfserve_exporter_current " in page else "worker"
    status, page = get(listen, port, "/readyz")
    return Server(role, build[1], None if status == http.client.OK else _reason(page))


def get(listen: str, port: int, path: str) -> tuple[int, str]:
    """Return status and text of a page of a server on this machine; (0, "") for what is not HTTP.

    Raises `OSError` if it does not answer.
    """
    connection = http.client.HTTPConnection(_WILDCARDS.get(listen, listen), port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    except http.client.HTTPException:
        return 0, ""
    finally:
        connection.close()


def _reason(page: str) -> str:
    try:
        reasons = json.loads(page)["reasons"]
    except (ValueError, TypeError, KeyError):
        return page.strip() or "it does not say why"
    return "; ".join(map(str, reasons)) or "it does not say why"


def _unanswered(role: Role, listen: str, port: int, where: str) -> Finding:
    """Return what is to be said of a port that nobody answers: whether it can be had."""
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((listen, port))
        except OSError as error:
            return fail(
                role,
                f"cannot listen on {where}: {(error.strerror or str(error)).lower()}",
                f"Choose another {role}.port (above 1023 without privileges) or {role}.listen (an address of this machine).",
            )
    return ok(role, f"{where} is free; no {role} runs there")


def _foreign(role: Role, port: int, text: str) -> Finding:
    return fail(
        role,
        text,
        f"Find out who it is with: ss -ltnp 'sport = :{port}'. Stop it, or choose another {role}.port.",
    )

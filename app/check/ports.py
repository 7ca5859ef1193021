"""The ports of worker and exporter: free, answered by selfserve, or taken by something else."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from dataclasses import dataclass

from app import __version__
from app.check.finding import Finding, fail, ok, warn
from app.settings import Settings
from app.web.roles import ROLES, Role, realm

_TIMEOUT_S = 5.0
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # not listened on, but replaced
_BUILD = re.compile(r'^selfserve_build_info\{(?:.*,)?version="([^"]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Address:
    """Where a server of this machine should be."""

    role: Role
    listen: str
    port: int
    encrypted: bool = False

    def __str__(self) -> str:
        return f"[{self.listen}]:{self.port}" if ":" in self.listen else f"{self.listen}:{self.port}"


@dataclass(frozen=True)
class Server:
    """A selfserve that answers: what it is, its version if everybody is told, and why it is not ready, if it is not."""

    role: Role
    version: str | None
    unready: str | None

    @property
    def named(self) -> str:
        """What is known of it."""
        return "selfserve, which asks for a user" if self.version is None else f"version {self.version}"


def worker_address(settings: Settings) -> Address:
    """Return where a worker of this machine should be."""
    worker = settings.worker
    return Address("worker", worker.listen, worker.port, worker.certificate_file is not None)


def exporter_address(settings: Settings) -> Address:
    """Return where an exporter of this machine should be."""
    exporter = settings.exporter
    return Address("exporter", exporter.listen, exporter.port, exporter.certificate_file is not None)


def port_findings(settings: Settings) -> list[Finding]:
    """Return what is to be said of the port of the worker and of that of the exporter."""
    return [port_finding(worker_address(settings)), port_finding(exporter_address(settings))]


def port_finding(address: Address) -> Finding:
    """Return what is to be said of one address."""
    role = address.role
    if address.port == 0:
        return ok(role, "takes any free port")
    if not accepts_connections(address.listen, address.port):
        return _unanswered(address)
    try:
        server = ask(address)
    except ssl.SSLError:
        return _foreign(
            address, f"something listens on {address} without encryption, and {role}.certificate_file is set"
        )
    except OSError as error:
        return _foreign(address, f"something listens on {address} and does not answer: {error}")
    if server is None:
        return _foreign(address, f"something other than selfserve listens on {address}")
    if server.role != role:
        return warn(
            role,
            f"{address} is answered by selfserve's {server.role}",
            f"Set {role}.port if both are to run here.",
        )
    if server.unready is not None:
        return warn(
            role,
            f"{address} is answered by {server.named}, and it is not ready: {server.unready}",
            "Right after a start this is as it should be; otherwise see its log.",
        )
    if server.version not in (None, __version__):
        return warn(role, f"{address} is answered by {server.named}; this is {__version__}", "Restart it.")
    return ok(role, f"{address} is answered by {server.named}, and it is ready")


def accepts_connections(listen: str, port: int) -> bool:
    """Return whether something listens."""
    try:
        with socket.create_connection((_WILDCARDS.get(listen, listen), port), timeout=_TIMEOUT_S):
            return True
    except OSError:
        return False


def ask(address: Address) -> Server | None:
    """Return which selfserve answers, or `None` if what answers is none. Raises `OSError` if nothing answers."""
    status, page, challenge = get(address, "/metrics")
    version = None
    if status == http.client.UNAUTHORIZED:
        found = [role for role in ROLES if realm(role) in challenge]
        if not found:
            return None
        role = found[0]
    else:
        build = _BUILD.search(page)
        if status != http.client.OK or build is None:
            return None
        role = "exporter" if "\nselfserve_exporter_current " in page else "worker"
        version = build[1]
    status, page, _ = get(address, "/readyz")
    return Server(role, version, None if status == http.client.OK else _reason(page))


def get(address: Address, path: str) -> tuple[int, str, str]:
    """Return status, text and challenge of a page of a server on this machine; (0, "", "") for what is not HTTP.

    Raises `OSError` if it does not answer.
    """
    host = _WILDCARDS.get(address.listen, address.listen)
    connection = (
        http.client.HTTPSConnection(host, address.port, timeout=_TIMEOUT_S, context=_unverified())
        if address.encrypted
        else http.client.HTTPConnection(host, address.port, timeout=_TIMEOUT_S)
    )
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        page = response.read().decode("utf-8", "replace")
        return response.status, page, response.getheader("WWW-Authenticate", "")
    except http.client.HTTPException:
        return 0, "", ""
    finally:
        connection.close()


def _unverified() -> ssl.SSLContext:
    # The certificate has the name by which others know this machine. Nothing secret is sent, and no answer is relied on.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _reason(page: str) -> str:
    try:
        reasons = json.loads(page)["reasons"]
    except (ValueError, TypeError, KeyError):
        return page.strip() or "it does not say why"
    return "; ".join(map(str, reasons)) or "it does not say why"


def _unanswered(address: Address) -> Finding:
    """Return what is to be said of a port that nobody answers: whether it can be had."""
    role = address.role
    family = socket.AF_INET6 if ":" in address.listen else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address.listen, address.port))
        except OSError as error:
            return fail(
                role,
                f"cannot listen on {address}: {(error.strerror or str(error)).lower()}",
                f"Choose another {role}.port (above 1023 without privileges) or {role}.listen (an address of this machine).",
            )
    return ok(role, f"{address} is free; no {role} runs there")


def _foreign(address: Address, text: str) -> Finding:
    role, port = address.role, address.port
    return fail(
        role,
        text,
        f"Find out who it is with: ss -ltnp 'sport = :{port}'. Stop it, or choose another {role}.port.",
    )

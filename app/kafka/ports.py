"""Ports on 127.0.0.1 that stay this process's own between the starts of its broker."""

from __future__ import annotations

import errno
import socket
import sys

from app.kafka.errors import KafkaStartError

LOOPBACK = "127.0.0.1"


class PortReservation:
    """Keeps ``port`` (0: a free one) for a broker that is started, stopped and started again.

    On Linux the port stays bound, though not listened to, which the broker's own socket tolerates: nobody is given
    the port in the meantime, and no client that keeps knocking can be given it as its own end of the connection.
    Other systems refuse the second binding; there the port is only looked up.

    Raises ``KafkaStartError`` if something listens on the port.
    """

    def __init__(self, port: int, *, purpose: str) -> None:
        self._socket: socket.socket | None = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((LOOPBACK, port))
        except OSError as error:
            self._socket.close()
            raise KafkaStartError(_refused(port, purpose, error)) from error
        self.port: int = self._socket.getsockname()[1]
        self.held: bool = True
        """Whether the port is still meant for the broker."""
        if sys.platform != "linux":
            self._unbind()

    def close(self) -> None:
        """Give the port up. May be called more than once."""
        self.held = False
        self._unbind()

    def _unbind(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def port_in_use(port: int, purpose: str) -> str:
    """Return the message for a port that something else listens on."""
    return (
        f"Port {port} on {LOOPBACK} is in use, so Kafka cannot take it for its {purpose}.\n"
        "If Kafka already runs there, use that one. Otherwise choose another port with --port (0: a free one), or\n"
        f"find out who has it: ss -ltnp 'sport = :{port}'"
    )


def _refused(port: int, purpose: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return port_in_use(port, purpose)
    if error.errno == errno.EACCES:
        return f"Port {port} on {LOOPBACK} needs privileges this user does not have. Choose one above 1023."
    return f"Port {port} on {LOOPBACK} cannot be bound: {error.strerror}."

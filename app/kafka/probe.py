"""Whether a broker serves clients: one metadata request, without a client library that logs every refusal."""

from __future__ import annotations

import socket
import struct

_METADATA = 3
_VERSION = 1


def serves(host: str, port: int, *, timeout_s: float) -> bool:
    """Return whether the broker on a plaintext listener answers and names at least one live broker.

    An open port is not enough: a broker accepts connections before it has registered with its controller.
    """
    # Header: API, version, correlation id, no client id. Body: an empty list of topics.
    request = struct.pack(">hhihi", _METADATA, _VERSION, 1, -1, 0)
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _read(connection, 4))
            # Correlation id, then the number of brokers; the rest is of no interest.
            _, brokers = struct.unpack(">ii", _read(connection, min(size, 8)))
    except (OSError, struct.error):
        return False
    return bool(brokers > 0)


def _read(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError("the broker closed the connection")
        received += part
    return received

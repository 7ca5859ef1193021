"""A connection to a Kafka for administration, or an error that names every address and what happened there."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from app.errors import UserError

_CONNECT_TIMEOUT_S = 3.0
_BOOTSTRAP_TIMEOUT_MS = 10_000


class KafkaUnreachableError(UserError):
    """No broker answers at the given addresses."""

    exit_code = 1


class KafkaAdminError(UserError):
    """Kafka refused an administrative request, or did not complete it."""

    exit_code = 1


@contextlib.contextmanager
def admin_client(
    bootstrap_servers: str, *, client: Mapping[str, Any] | None = None
) -> Iterator[KafkaAdminClient]:
    """Yield a connected client for ``host:port[,host:port…]`` and close it afterwards.

    ``client`` are further settings of kafka-python's admin client, such as those of encryption. Raises
    ``KafkaUnreachableError`` when no address accepts a connection within 3 s, or none answers in Kafka's protocol
    within 10 s, and ``KafkaAdminError`` when a request inside the block fails.
    """
    addresses = [address.strip() for address in bootstrap_servers.split(",") if address.strip()]
    # The client itself would try for half a minute, log every attempt, and not say which address failed how.
    attempts = {address: connection_failure(address) for address in addresses}
    if all(attempts.values()):
        tried = "\n".join(f"  {address}: {reason}" for address, reason in attempts.items())
        raise KafkaUnreachableError(
            f"Kafka cannot be reached at {bootstrap_servers}.\n{tried}\n"
            "Start it (`selfserve kafka` starts one on 127.0.0.1:9092), or name the right brokers with "
            "--bootstrap-servers,\nSELFSERVE_BOOTSTRAP_SERVERS or kafka.bootstrap_servers in the settings file."
        )
    # On a busy machine the client warns that its own event loop was held up, which nobody here can change.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    try:
        connected = KafkaAdminClient(
            bootstrap_servers=addresses,
            client_id="selfserve-topics",
            bootstrap_timeout_ms=_BOOTSTRAP_TIMEOUT_MS,
            **(client or {}),
        )
    except KafkaError as error:
        raise KafkaUnreachableError(
            f"Something accepts connections at {bootstrap_servers} but did not answer in Kafka's protocol within "
            f"{_BOOTSTRAP_TIMEOUT_MS // 1000} s: {error}\n"
            "Check that this is Kafka's port for clients, and that encryption and authentication are set as that "
            "listener expects."
        ) from error
    try:
        yield connected
    except KafkaError as error:
        raise KafkaAdminError(f"Kafka at {bootstrap_servers} did not complete a request: {error}") from error
    finally:
        connected.close()


def connection_failure(address: str) -> str | None:
    """Return why no connection to ``address`` (``host:port``) comes about, or nothing when one does."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_TIMEOUT_S):
            return None
    except ValueError:
        return "not an address of the form host:port"
    except TimeoutError:
        return f"no answer within {_CONNECT_TIMEOUT_S:.0f} s"
    except OSError as error:
        return (error.strerror or str(error)).lower()

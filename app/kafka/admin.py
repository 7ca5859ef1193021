"""A connection to a Kafka for administration, or an error that names every address and what happened there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from app.errors import UserError
from app.kafka.obstacle import Obstacle, obstacle

_BOOTSTRAP_TIMEOUT_MS = 10_000


class KafkaUnreachableError(UserError):
    """No broker at the given addresses can be used."""

    exit_code = 1


class KafkaTlsError(KafkaUnreachableError):
    """Brokers and this client do not agree on TLS."""


class KafkaAuthenticationError(KafkaUnreachableError):
    """Brokers do not let this client in."""


class KafkaAdminError(UserError):
    """Kafka refused an administrative request, or did not complete it."""

    exit_code = 1


@contextlib.contextmanager
def admin_client(
    bootstrap_servers: str, *, client: Mapping[str, Any] | None = None
) -> Iterator[KafkaAdminClient]:
    """Yield a connected client for ``host:port[,host:port…]`` and close it afterwards.

    ``client`` are further settings of the client (`app.kafka.connection`). Raises ``KafkaUnreachableError`` when no
    address accepts a connection within 3 s, or none answers in Kafka's protocol within 10 s, ``KafkaTlsError`` and
    ``KafkaAuthenticationError`` when that is why, and ``KafkaAdminError`` when a request inside the block fails.
    """
    addresses = [address.strip() for address in bootstrap_servers.split(",") if address.strip()]
    # The client itself would try for half a minute, log every attempt, and not say which address failed how.
    obstacles = {address: obstacle(address, client or {}) for address in addresses}
    met = {address: found for address, found in obstacles.items() if found is not None}
    if len(met) == len(addresses):
        raise _unusable(bootstrap_servers, met)
    # On a busy machine the client warns that its own event loop was held up, which nobody here can change.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    # It says of SCRAM, too, that the password is sent as it is. `selfserve check` warns where that is so.
    logging.getLogger("kafka.net.sasl").setLevel(logging.ERROR)
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
            "Look at the brokers' load and logs."
        ) from error
    try:
        yield connected
    except KafkaError as error:
        raise KafkaAdminError(f"Kafka at {bootstrap_servers} did not complete a request: {error}") from error
    finally:
        connected.close()


_WORST = ("authentication", "tls", "protocol", "network")
"""Whoever has come that far has got over what follows."""


def _unusable(bootstrap_servers: str, met: Mapping[str, Obstacle]) -> KafkaUnreachableError:
    cause = min((found.cause for found in met.values()), key=_WORST.index)
    tried = "\n".join(f"  {address}: {found.reason}" for address, found in met.items())
    remedies = "\n".join(dict.fromkeys(found.remedy for found in met.values() if found.cause == cause))
    if cause == "authentication":
        return KafkaAuthenticationError(
            f"Kafka refuses the authentication at {bootstrap_servers}.\n{tried}\n{remedies}"
        )
    if cause == "tls":
        return KafkaTlsError(f"TLS with Kafka fails at {bootstrap_servers}.\n{tried}\n{remedies}")
    if cause == "protocol":
        return KafkaUnreachableError(
            f"Something accepts connections at {bootstrap_servers}, but no Kafka answers.\n{tried}\n{remedies}"
        )
    return KafkaUnreachableError(f"Kafka cannot be reached at {bootstrap_servers}.\n{tried}\n{remedies}")

"""What keeps a client from a broker: the network, TLS, or authentication; told apart by meeting it once."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.kafka.probe import serves
from app.tls import RenewableContext

CONNECT_TIMEOUT_S: Final = 3.0
_ANSWER_TIMEOUT_S: Final = 5.0
_CLOSE_S: Final = 0.2

Cause = Literal["network", "tls", "authentication", "protocol"]


@dataclass(frozen=True)
class Obstacle:
    """Why a broker cannot be used: ``reason`` completes "address: …", ``remedy`` is a sentence."""

    cause: Cause
    reason: str
    remedy: str


_START: Final = (
    "Start it (`selfserve kafka` starts one on 127.0.0.1:9092), or name the right brokers with --bootstrap-servers,"
    " SELFSERVE_BOOTSTRAP_SERVERS or kafka.bootstrap_servers in the settings file."
)
_PORT: Final = (
    "Check that this is Kafka's port for clients, and that kafka.security_protocol is what it expects."
)
_NO_TLS: Final = (
    "Set kafka.security_protocol to PLAINTEXT or SASL_PLAINTEXT if the listener does not encrypt, or use the port of"
    " one that does."
)
_TLS: Final = "Set kafka.security_protocol to SSL or SASL_SSL."
_NAME: Final = (
    "Use a name that is in the certificate, in kafka.bootstrap_servers and in the broker's advertised.listeners, or"
    " give the broker a certificate with this one."
)
_AUTHORITY: Final = "kafka.ca_file must hold the certificate of the authority that issued the broker's."
_DATE: Final = "Renew the broker's certificate, or set this machine's clock."
_CLIENT: Final = (
    "Set kafka.certificate_file and kafka.key_file to a certificate from an authority that it trusts."
)
_USER: Final = (
    "Check kafka.user and its password (kafka.password_file or SELFSERVE_KAFKA_PASSWORD), and that Kafka knows the"
    " user for this mechanism."
)
_MECHANISM: Final = "Set kafka.sasl_mechanism to one that the listener has enabled."
_SASL: Final = (
    "Set kafka.security_protocol to SASL_SSL or SASL_PLAINTEXT, with kafka.sasl_mechanism and kafka.user."
)
_NO_SASL: Final = "Set kafka.security_protocol to SSL or PLAINTEXT, or use the port of a listener that asks."

_MISMATCH: Final = {62, 63, 64}
_UNKNOWN_AUTHORITY: Final = {2, 18, 19, 20, 21}
_OUT_OF_DATE: Final = {9, 10}
"""OpenSSL's codes of verification."""
_TLS_ALERT: Final = 0x1503
"""How a server that speaks TLS begins its answer to anything else."""


def obstacle(address: str, client: Mapping[str, Any]) -> Obstacle | None:
    """Return what keeps a client from the broker at ``address`` (``host:port``), or nothing.

    ``client`` is as for the clients (`app.kafka.connection`). Must not be called in an event loop.
    """
    name, _, port = address.rpartition(":")
    host = name.strip("[]")
    reason = connection_failure(address)
    if reason is not None:
        return Obstacle("network", reason, _START)
    plain = client.get("security_protocol", "PLAINTEXT") == "PLAINTEXT"
    # Spares those who need no more than this the client library.
    if plain and serves(host, int(port), timeout_s=_ANSWER_TIMEOUT_S):
        return None
    return asyncio.run(_meet(host, int(port), client))


def connection_failure(address: str) -> str | None:
    """Return why no connection to ``address`` (``host:port``) comes about, or nothing when one does."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_S):
            return None
    except ValueError:
        return "not an address of the form host:port"
    except TimeoutError:
        return f"no answer within {CONNECT_TIMEOUT_S:.0f} s"
    except OSError as error:
        return (error.strerror or str(error)).lower()


async def _meet(host: str, port: int, client: Mapping[str, Any]) -> Obstacle | None:
    """Connect, authenticate and ask one question."""
    from aiokafka.conn import AIOKafkaConnection  # noqa: PLC0415  # see `obstacle`
    from aiokafka.errors import KafkaError  # noqa: PLC0415
    from aiokafka.protocol.metadata import MetadataRequest  # noqa: PLC0415

    connection = AIOKafkaConnection(
        host,
        port,
        client_id="selfserve-probe",
        request_timeout_ms=int(_ANSWER_TIMEOUT_S * 1_000),
        **client,
    )
    try:
        await connection.connect()
        await connection.send(MetadataRequest([]))
    except (TimeoutError, KafkaError, OSError, ValueError) as error:
        return _explained(error, client)
    finally:
        # What never was a connection never tells that it is closed.
        await asyncio.wait([connection.close()], timeout=_CLOSE_S)
    return None


def _explained(error: BaseException, client: Mapping[str, Any]) -> Obstacle:
    """Return what an error of aiokafka means for somebody with these settings."""
    from aiokafka.errors import (  # noqa: PLC0415  # see `obstacle`
        IllegalSaslStateError,
        SaslAuthenticationFailed,
        UnsupportedSaslMechanismError,
    )

    protocol = str(client.get("security_protocol", "PLAINTEXT"))
    mechanism, user = client.get("sasl_mechanism"), client.get("sasl_plain_username")
    for cause in _causes(error):
        match cause:
            case ssl.SSLError():
                return _tls_obstacle(cause, client)
            case SaslAuthenticationFailed():
                return Obstacle("authentication", f"user {user} is refused with {mechanism}", _USER)
            case UnsupportedSaslMechanismError():
                return Obstacle("authentication", f"this listener does not accept {mechanism}", _MECHANISM)
            case IllegalSaslStateError():
                return Obstacle("authentication", "this listener asks for no user", _NO_SASL)
            case asyncio.IncompleteReadError(expected=int(size)) if size >> 16 == _TLS_ALERT:
                return Obstacle(
                    "tls", f"this listener speaks TLS, and kafka.security_protocol is {protocol}", _TLS
                )
            case asyncio.IncompleteReadError() if not protocol.startswith("SASL_"):
                reason = "the connection is closed at the first request, as where a user is asked for"
                return Obstacle("authentication", reason, _SASL)
            case ConnectionResetError() if protocol.endswith("SSL"):
                return Obstacle("tls", "the connection is closed at the beginning of TLS", _NO_TLS)
            case ValueError():
                return Obstacle("authentication", f"{mechanism} does not come to an end: {cause}", _USER)
            case _:
                continue
    if isinstance(error, TimeoutError):
        return Obstacle("protocol", f"no answer to a request within {_ANSWER_TIMEOUT_S:.0f} s", _PORT)
    return Obstacle("protocol", f"no answer in Kafka's protocol: {str(error) or repr(error)}", _PORT)


def _tls_obstacle(error: ssl.SSLError, client: Mapping[str, Any]) -> Obstacle:
    context = client.get("ssl_context")
    files = context.files if isinstance(context, RenewableContext) else None
    reason = error.reason or ""
    if isinstance(error, ssl.SSLCertVerificationError):
        detail = error.verify_message.rstrip(".")
        if error.verify_code in _MISMATCH:
            return Obstacle("tls", f"the broker's certificate has another name: {detail}", _NAME)
        if error.verify_code in _UNKNOWN_AUTHORITY:
            trusted = (
                "kafka.ca_file" if files is not None and files.authorities else "what this system trusts"
            )
            unknown = f"the broker's certificate is from an authority that is not in {trusted} ({detail})"
            return Obstacle("tls", unknown, _AUTHORITY)
        remedy = _DATE if error.verify_code in _OUT_OF_DATE else _AUTHORITY
        return Obstacle("tls", f"the broker's certificate is not accepted: {detail}", remedy)
    if "ALERT" in reason and files is not None:
        # Before TLS 1.3 there was no alert of its own for a missing certificate.
        if files.certificate is None:
            return Obstacle("tls", f"the broker asks for a client certificate ({_words(reason)})", _CLIENT)
        refused = f"the broker does not accept the certificate in {files.certificate} ({_words(reason)})"
        return Obstacle("tls", refused, _CLIENT)
    if reason in {"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING"}:
        return Obstacle("tls", f"what listens does not speak TLS ({_words(reason)})", _NO_TLS)
    return Obstacle("tls", _words(reason) or str(error), _PORT)


def _words(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__

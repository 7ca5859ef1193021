"""An embedded broker whose further listeners encrypt and authenticate."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

from app.kafka.broker import EmbeddedKafka
from schemas.topics import ALL_TOPICS, SOURCE_TOPICS
from tests.support.certificates import Authority, Issued

WORKER, EXPORTER, PRODUCER, OPERATOR = USERS = ("worker", "exporter", "producer", "operator")
"""Users by SCRAM, who may do no more than docs/security.md says; and by PLAIN, whose names are the same."""
PASSWORD: Final = "correct horse, battery=staple"

_PROTOCOLS: Final = {
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "SCRAM": "SASL_SSL",
    "CLEAR": "SASL_PLAINTEXT",
}
_MECHANISMS: Final = {"SCRAM": ("SCRAM-SHA-512",), "CLEAR": ("SCRAM-SHA-256", "PLAIN")}
_SCRAM_MODULE: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN_MODULE: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"


@dataclass(frozen=True)
class SecuredKafka:
    """Where each listener is, and what clients need for it."""

    plain: str
    """Without encryption and authentication."""
    tls: str
    """Encrypted."""
    mutual: str
    """Encrypted; clients need a certificate."""
    scram: str
    """Encrypted; clients need one of `USERS` and `PASSWORD`, by SCRAM-SHA-512."""
    clear: str
    """Not encrypted; clients need one of `USERS` and `PASSWORD`, by SCRAM-SHA-256 or PLAIN."""
    authority: Authority
    client: Issued


@contextlib.contextmanager
def secured_kafka(directory: Path, *, prefix: str, group: str) -> Iterator[SecuredKafka]:
    """Start one broker with all listeners, whose certificate is for `localhost` alone; certificates go to `directory`.

    Users have their rights on topics with this prefix and on this group. Whoever has no name, and the client with a
    certificate, may do everything.
    """
    authority = Authority(directory)
    server = authority.issue("localhost", name="broker")
    client = authority.issue("client", name="client")
    with ExitStack() as stack:
        ports = {}
        for listener in _PROTOCOLS:
            held = stack.enter_context(socket.socket())
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", 0))
            ports[listener] = held.getsockname()[1]
        broker = stack.enter_context(EmbeddedKafka(properties=_properties(ports, authority, server)))
        with KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers) as admin:
            for user in USERS:
                for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                    upsertion = UserScramCredentialUpsertion(user, mechanism, PASSWORD, iterations=4096)
                    refused = admin.alter_user_scram_credentials([upsertion])
                    assert not any(refused.values()), refused
            made = admin.create_acls(list(_rights(prefix, group)))
            assert not made["failed"], made
        addresses = {name.lower(): f"localhost:{port}" for name, port in ports.items()}
        yield SecuredKafka(broker.bootstrap_servers, authority=authority, client=client, **addresses)


def _properties(ports: Mapping[str, int], authority: Authority, server: Issued) -> dict[str, str]:
    properties = {
        "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
        "advertised.listeners": ",".join(f"{name}://localhost:{port}" for name, port in ports.items()),
        "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in _PROTOCOLS.items()),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(server.both),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.mutual.ssl.principal.mapping.rules": "RULE:^(?:.*,)?CN=([^,]+).*$/$1/",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:client",
        # A refused client is answered at once: the delay against guessing would only cost time here.
        "connection.failed.authentication.delay.ms": "0",
    }
    plain = " ".join(f'user_{user}="{PASSWORD}"' for user in USERS)
    for listener, mechanisms in _MECHANISMS.items():
        prefix = f"listener.name.{listener.lower()}"
        properties[f"{prefix}.sasl.enabled.mechanisms"] = ",".join(mechanisms)
        for mechanism in mechanisms:
            properties[f"{prefix}.{mechanism.lower()}.sasl.jaas.config"] = (
                f"{_PLAIN_MODULE} required {plain};" if mechanism == "PLAIN" else f"{_SCRAM_MODULE} required;"
            )
    return properties


_ALL: Final = tuple(spec.name for spec in ALL_TOPICS)
_SOURCES: Final = tuple(spec.name for spec in SOURCE_TOPICS)
_KEPT: Final = ("selfserve.events", "selfserve.state", "selfserve.panes")
_TOLD: Final = ("selfserve.dead-letters", "selfserve.interventions")
_TOPIC_RIGHTS: Final = (
    (WORKER, (*_SOURCES, *_KEPT), "READ"),
    (WORKER, (*_KEPT, *_TOLD), "WRITE"),
    (WORKER, (*_SOURCES, *_KEPT, *_TOLD), "DESCRIBE_CONFIGS"),
    (EXPORTER, ("selfserve.panes", "selfserve.history"), "READ"),
    (EXPORTER, ("selfserve.history",), "WRITE"),
    (EXPORTER, ("selfserve.panes", "selfserve.history"), "DESCRIBE_CONFIGS"),
    (PRODUCER, _SOURCES, "WRITE"),
    (OPERATOR, _ALL, "CREATE"),
    (OPERATOR, _ALL, "DESCRIBE"),
    (OPERATOR, _ALL, "DESCRIBE_CONFIGS"),
)
"""As docs/security.md has them."""


def _rights(prefix: str, group: str) -> Iterator[ACL]:
    literal, prefixed = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
    for user, names, operation in _TOPIC_RIGHTS:
        for name in names:
            yield _right(user, operation, ResourcePattern(ResourceType.TOPIC, prefix + name, literal))
    yield _right(WORKER, "READ", ResourcePattern(ResourceType.GROUP, group, literal))
    yield _right(WORKER, "WRITE", ResourcePattern(ResourceType.TRANSACTIONAL_ID, group, prefixed))
    yield _right(OPERATOR, "DESCRIBE", ResourcePattern(ResourceType.GROUP, group, literal))
    for operation in ("DESCRIBE", "DESCRIBE_CONFIGS"):
        yield _right(OPERATOR, operation, ResourcePattern(ResourceType.CLUSTER, "kafka-cluster", literal))


def _right(user: str, operation: str, on: ResourcePattern) -> ACL:
    return ACL(f"User:{user}", "*", ACLOperation[operation], ACLPermissionType.ALLOW, on)

"""The section ``kafka``: where the brokers are, and as whom the service meets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.config.composites import Optional
from app.config.forms import BROKERS, FILE, NAME, TOPIC_PREFIX, USER
from app.config.keys import Clash, key, section_of
from app.config.kinds import Choice, Duration, Integer
from app.config.secret import Password, Secret
from schemas.topics import DEFAULT_PARTITIONS


@dataclass(frozen=True)
class KafkaSettings:
    """The brokers, the consumer group and the topics. Commands that need no Kafka ignore this section."""

    bootstrap_servers: str = key(
        "127.0.0.1:9092",
        BROKERS,
        "Brokers that are asked for the others.",
        environment="SELFSERVE_BOOTSTRAP_SERVERS",
    )
    group: str = key(
        "selfserve",
        NAME,
        "Consumer group of the workers. It is also part of their transactions' names, so two services that share"
        " brokers need two groups.",
        environment="SELFSERVE_GROUP",
    )
    topic_prefix: str = key(
        "",
        TOPIC_PREFIX,
        "Put before the name of every topic, to keep several installations or tests apart.",
        environment="SELFSERVE_TOPIC_PREFIX",
    )
    partitions: int = key(
        DEFAULT_PARTITIONS,
        Integer(1, 10_000),
        "Partitions of every co-partitioned topic, and so the greatest number of workers. Kafka cannot lower it, and"
        " raising it moves customers to other partitions.",
    )
    partitioner: Literal["murmur2", "crc32"] = key(
        "murmur2",
        Choice(("murmur2", "crc32")),
        "How producers choose a customer's partition: `murmur2` in Java and most other clients, `crc32` in those"
        " built on librdkafka, unless configured. With the wrong one every customer is forwarded once more.",
    )
    session_timeout_ms: int = key(
        10_000,
        Duration(6_000, 300_000),
        "How long Kafka waits for a sign of life before it gives a worker's partitions to another.",
    )
    instance_id: str | None = key(
        None,
        Optional(NAME),
        "Static name of this worker in its group, different for each: a worker that comes back under it within the"
        " session timeout gets its partitions back without a rebalance.",
        environment="SELFSERVE_INSTANCE_ID",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = key(
        "PLAINTEXT",
        Choice(("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
        "What the brokers' listener expects: `SSL` encrypts, `SASL_…` asks for a user and a password. See"
        " [security](security.md).",
        environment="SELFSERVE_KAFKA_SECURITY_PROTOCOL",
    )
    ca_file: str | None = key(
        None,
        Optional(FILE),
        "Certificates of the authorities that vouch for the brokers, in PEM form. Without it: those that the system"
        " trusts.",
        environment="SELFSERVE_KAFKA_CA_FILE",
    )
    certificate_file: str | None = key(
        None,
        Optional(FILE),
        "The certificate by which the brokers know this client (mutual TLS), in PEM form, with those of intermediate"
        " authorities behind it.",
        environment="SELFSERVE_KAFKA_CERTIFICATE_FILE",
    )
    key_file: str | None = key(
        None,
        Optional(FILE),
        "The private key of that certificate, in PEM form. Without it the key is looked for in the certificate's file.",
        environment="SELFSERVE_KAFKA_KEY_FILE",
    )
    key_password: Secret | None = key(
        None,
        Password(),
        "What an encrypted key is opened with.",
        environment="SELFSERVE_KAFKA_KEY_PASSWORD",
    )
    key_password_file: str | None = key(
        None,
        Optional(FILE),
        "A file with that password, instead of the variable.",
        environment="SELFSERVE_KAFKA_KEY_PASSWORD_FILE",
    )
    sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] | None = key(
        None,
        Optional(Choice(("SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"))),
        "How the password is proved. `PLAIN` sends it as it is, so only over TLS.",
        environment="SELFSERVE_KAFKA_SASL_MECHANISM",
    )
    user: str | None = key(
        None,
        Optional(USER),
        "The user as whom this service meets the brokers.",
        environment="SELFSERVE_KAFKA_USER",
    )
    password: Secret | None = key(
        None,
        Password(),
        "The user's password.",
        environment="SELFSERVE_KAFKA_PASSWORD",
    )
    password_file: str | None = key(
        None,
        Optional(FILE),
        "A file with the password, instead of the variable.",
        environment="SELFSERVE_KAFKA_PASSWORD_FILE",
    )

    @property
    def encrypted(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def authenticated(self) -> bool:
        """Whether a user and a password are asked for."""
        return self.security_protocol.startswith("SASL_")


_TLS = ("ca_file", "certificate_file", "key_file", "key_password", "key_password_file")
_SASL = ("sasl_mechanism", "user", "password", "password_file")
SECURITY = ("security_protocol", *_TLS, *_SASL)
"""The keys of encryption and authentication."""


def _check(kafka: KafkaSettings) -> list[Clash]:
    protocol = kafka.security_protocol
    said = {name for name in (*_TLS, *_SASL) if getattr(kafka, name) is not None}
    wrong = []
    if not kafka.encrypted:
        remedy = "choose SSL or SASL_SSL, or leave this out"
        wrong += [
            Clash(name, f"kafka.security_protocol is {protocol}, without encryption; {remedy}")
            for name in _TLS
            if name in said
        ]
    elif "certificate_file" not in said:
        wrong += [
            Clash(name, "there is no kafka.certificate_file that it would belong to")
            for name in _TLS[2:]
            if name in said
        ]
    if not kafka.authenticated:
        remedy = "choose SASL_SSL or SASL_PLAINTEXT, or leave this out"
        wrong += [
            Clash(name, f"kafka.security_protocol is {protocol}, which asks for no user; {remedy}")
            for name in _SASL
            if name in said
        ]
    else:
        wrong += [
            Clash("security_protocol", f"{protocol} needs kafka.{name}")
            for name in ("sasl_mechanism", "user")
            if name not in said
        ]
        if not said & {"password", "password_file"}:
            needed = "kafka.password_file or the environment variable SELFSERVE_KAFKA_PASSWORD"
            wrong.append(Clash("security_protocol", f"{protocol} needs {needed}"))
    wrong += [
        Clash(f"{name}_file", f"there is kafka.{name}, too; say one of them")
        for name in ("key_password", "password")
        if {name, f"{name}_file"} <= said
    ]
    return wrong


KAFKA = section_of("kafka", KafkaSettings, _check)

"""What both client libraries are told of encryption and authentication."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from app.config.kafka import KafkaSettings
from app.config.secret import Secret
from app.errors import UserError
from app.kafka.connection import client_arguments
from app.settings import Settings, load_settings
from tests.support.certificates import Authority


def scram(**keys: object) -> Settings:
    values = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256", "user": "me", **keys}
    return Settings(kafka=KafkaSettings(**values))  # type: ignore[arg-type]


def refused(settings: Settings) -> str:
    with pytest.raises(UserError) as caught:
        client_arguments(settings)
    return str(caught.value)


def test_without_settings_clients_are_told_nothing_but_the_protocol() -> None:
    assert client_arguments(Settings()) == {"security_protocol": "PLAINTEXT"}


def test_a_password_comes_from_the_variable() -> None:
    assert client_arguments(scram(password=Secret("open"))) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "me",
        "sasl_plain_password": "open",
    }


def test_a_password_comes_from_a_file_and_stays_hidden(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("swördfish \n")
    password = client_arguments(scram(password_file=str(file)))["sasl_plain_password"]

    assert password.encode() == "swördfish ".encode()
    # kafka-python logs its whole configuration at the level debug.
    assert "fish" not in f"{ {'password': password} }"


def test_the_files_of_mutual_tls_make_one_context(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("a", name="client", password="open")
    password = tmp_path / "password"
    password.write_text("open")
    kafka = KafkaSettings(
        security_protocol="SSL",
        ca_file=str(authority.file),
        certificate_file=str(issued.certificate),
        key_file=str(issued.key),
        key_password_file=str(password),
    )
    arguments = client_arguments(Settings(kafka=kafka))

    assert arguments.keys() == {"security_protocol", "ssl_context"}
    assert arguments["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert arguments["ssl_context"].check_hostname


def test_a_file_that_cannot_be_used_names_key_file_and_line(tmp_path: Path) -> None:
    config = tmp_path / "my.yaml"
    config.write_text("kafka:\n  security_protocol: SSL\n  ca_file: /no/ca.pem\n")

    assert refused(load_settings(config)) == (
        f"{config}:3: kafka.ca_file: cannot read /no/ca.pem: no such file or directory"
    )


def test_a_password_file_must_hold_one(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")

    assert refused(scram(password_file=str(empty))) == f"kafka.password_file: {empty} is empty"
    assert refused(scram(password_file=str(binary))).endswith("is not a text in UTF-8")
    assert refused(scram(password_file="/no/file")).endswith(
        "cannot read /no/file: no such file or directory"
    )

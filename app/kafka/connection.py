"""How clients meet the brokers: the one place that knows it, for both client libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.config.secret import Secret
from app.errors import UserError
from app.settings import Settings
from app.tls import TlsFileError, TlsFiles, client_context

_KEYS = {"authorities": "ca_file", "certificate": "certificate_file", "key": "key_file"}


def client_arguments(settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments for encryption and authentication, which aiokafka and kafka-python share.

    Files are read now, since commands that need no Kafka need none of them. Raises ``UserError`` that names the key
    of a file that cannot be used.
    """
    kafka = settings.kafka
    arguments: dict[str, Any] = {"security_protocol": kafka.security_protocol}
    if kafka.encrypted:
        files = TlsFiles(
            authorities=kafka.ca_file,
            certificate=kafka.certificate_file,
            key=kafka.key_file,
            password=_password(settings, "key_password"),
        )
        try:
            arguments["ssl_context"] = client_context(files)
        except TlsFileError as error:
            raise _wrong(settings, _KEYS[error.part], str(error)) from error
    if kafka.authenticated:
        arguments |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.user,
            "sasl_plain_password": _password(settings, "password"),
        }
    return arguments


def _password(settings: Settings, name: str) -> Secret | None:
    file: str | None = getattr(settings.kafka, f"{name}_file")
    if file is None:
        said: Secret | None = getattr(settings.kafka, name)
        return said
    try:
        text = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _wrong(settings, f"{name}_file", f"cannot read {file}: {reason}") from error
    except UnicodeDecodeError as error:
        raise _wrong(settings, f"{name}_file", f"{file} is not a text in UTF-8") from error
    if not text:
        raise _wrong(settings, f"{name}_file", f"{file} is empty")
    return Secret(text)


def _wrong(settings: Settings, name: str, message: str) -> UserError:
    dotted = f"kafka.{name}"
    place = settings.places.get(dotted)
    return UserError(f"{place}: {dotted}: {message}" if place else f"{dotted}: {message}")

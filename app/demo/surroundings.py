"""Where the demonstration takes place: a directory, ports, Kafka, and the settings of its processes."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from app.config.exporter import ExporterSettings
from app.config.kafka import KAFKA, SECURITY, KafkaSettings
from app.errors import UserError
from app.kafka.admin import admin_client
from app.kafka.broker import EmbeddedKafka
from app.kafka.connection import client_arguments
from app.settings import Settings

PARTITIONS: Final = 4
"""Of every topic, unless configured: enough to show that they add up, and started in no time."""


@contextmanager
def working_directory() -> Iterator[Path]:
    """Yield a temporary directory for logs; it is kept when the demonstration fails, for its logs."""
    directory = Path(tempfile.mkdtemp(prefix="selfserve-demo-"))
    try:
        yield directory
    except Exception:
        raise
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    shutil.rmtree(directory, ignore_errors=True)


def check_access(settings: Settings) -> None:
    """Raise ``UserError`` if the servers would be protected, which this program could not look through."""
    for name, section in (("exporter", settings.exporter), ("worker", settings.worker)):
        if section.certificate_file is not None or section.users_file is not None:
            raise UserError(
                "The demonstration looks at its own pages without encryption and without a password: leave"
                f" {name}.certificate_file and {name}.users_file out of its settings."
            )


def check_port(exporter: ExporterSettings) -> None:
    """Raise ``UserError`` if the exporter's port is taken, before anything is started."""
    problem = _bind(exporter.listen, exporter.port)
    if isinstance(problem, OSError):
        raise UserError(
            f"Port {exporter.port} on {exporter.listen} cannot be used for the live page: {problem.strerror}.\n"
            "Choose another with --port (0: a free one)."
        )


def free_port(address: str, wanted: int) -> int:
    """Return ``wanted`` if it is free, else a free one."""
    for port in (wanted, 0):
        found = _bind(address, port)
        if isinstance(found, int):
            return found
    raise UserError(f"No port can be had on {address}.")


def _bind(address: str, port: int) -> int | OSError:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
        bound: int = probe.getsockname()[1]
        return bound


@contextmanager
def kafka(settings: Settings) -> Iterator[tuple[KafkaSettings, EmbeddedKafka | None]]:
    """Yield how to reach a Kafka with no topics of this demonstration yet, and the embedded broker if it is that.

    A Kafka is used that was named on the command line, and only there: one that a settings file names may hold real
    events. Its topics get a prefix of their own and are deleted in the end.
    """
    partitions = settings.kafka.partitions if "kafka.partitions" in settings.places else PARTITIONS
    mine = replace(settings.kafka, partitions=partitions, group="selfserve-demo", instance_id="demo-worker")
    if settings.places.get("kafka.bootstrap_servers", "").startswith("option"):
        mark = f"demo-{uuid.uuid4().hex[:8]}"
        mine = replace(mine, topic_prefix=f"{mark}.", group=mark)
        try:
            yield mine, None
        finally:
            _delete_topics(settings, mine)
        return
    with EmbeddedKafka(partitions=partitions, progress=sys.stderr) as broker:
        open_access = {key.attribute: key.default for key in KAFKA.keys if key.attribute in SECURITY}
        mine = replace(mine, topic_prefix="", bootstrap_servers=broker.bootstrap_servers, **open_access)
        yield mine, broker


def _delete_topics(settings: Settings, mine: KafkaSettings) -> None:
    client = client_arguments(replace(settings, kafka=mine))
    with admin_client(mine.bootstrap_servers, client=client) as admin:
        names = [name for name in admin.list_topics() if name.startswith(mine.topic_prefix)]
        if names:
            admin.delete_topics(names)


def write_settings(settings: Settings, mine: KafkaSettings, directory: Path) -> Path:
    """Write the settings file of the child processes, the user's own with the number of partitions, and return it."""
    document: dict[str, Any] = {}
    if settings.file is not None:
        # It has been read and checked before.
        document = yaml.safe_load(settings.file.read_text(encoding="utf-8")) or {}
    document["kafka"] = {**(document.get("kafka") or {}), "partitions": mine.partitions}
    if mine.security_protocol == "PLAINTEXT":
        for name in SECURITY:
            document["kafka"].pop(name, None)
    file = directory / "selfserve.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def child_environment(mine: KafkaSettings) -> Mapping[str, str]:
    """Return the environment of the child processes."""
    security = {key.environment for key in KAFKA.keys if key.attribute in SECURITY and key.environment}
    return {
        **os.environ,
        # An empty variable counts as not set.
        **(dict.fromkeys(security, "") if mine.security_protocol == "PLAINTEXT" else {}),
        "SELFSERVE_BOOTSTRAP_SERVERS": mine.bootstrap_servers,
        "SELFSERVE_TOPIC_PREFIX": mine.topic_prefix,
        "SELFSERVE_GROUP": mine.group,
        "SELFSERVE_INSTANCE_ID": mine.instance_id or "",
    }

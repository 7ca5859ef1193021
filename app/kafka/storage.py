"""The data directory of an embedded broker: whose it is, who uses it, and how it is formatted."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import shutil
import uuid
from pathlib import Path

from app.kafka.errors import KafkaStartError
from app.kafka.properties import LOG_DIRECTORY

_MARKER = "selfserve-kafka.json"
_LOCK = ".lock"
_MINIMUM_FREE = 256 * 1024 * 1024


class DataDirectory:
    """One data directory, claimed for one broker.

    The directory is created if need be. Raises ``KafkaStartError`` when it cannot be used: not writable, in use,
    almost full, of another origin, of another cluster, or written by a newer Kafka.
    """

    def __init__(self, root: Path, *, kafka_version: str) -> None:
        self.root = root.absolute()
        self._kafka_version = kafka_version
        self.lock: int = -1
        """Descriptor that holds the claim; whoever inherits it keeps the claim alive."""
        try:
            self._claim()
            try:
                self.cluster_id: str = self._identify()
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise KafkaStartError(
                f"The data directory {self.root} cannot be used: {error.strerror}.\n"
                "Make it writable, or choose another one with --data-dir."
            ) from error

    @property
    def log_directory(self) -> Path:
        """Where Kafka keeps its own files."""
        return self.root / LOG_DIRECTORY

    @property
    def formatted(self) -> bool:
        """Whether the storage tool has finished here."""
        return self._written_cluster_id() is not None

    def clear_for_format(self) -> None:
        """Remove what an interrupted formatting left behind."""
        if not self.formatted:
            shutil.rmtree(self.log_directory, ignore_errors=True)

    def close(self) -> None:
        """Give up this process's hold on the directory. May be called more than once."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1

    def _claim(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        entries = {entry.name for entry in self.root.iterdir()}
        if _MARKER not in entries and entries - {_LOCK}:
            raise KafkaStartError(
                f"The directory {self.root} is not empty and was not created by `selfserve kafka`.\n"
                "Choose a new or empty directory with --data-dir."
            )
        free = shutil.disk_usage(self.root).free
        if free < _MINIMUM_FREE:
            raise KafkaStartError(no_space(self.root, free))
        self.lock = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self.lock, 20, 0).decode("ascii", "replace").strip()
            self.close()
            raise KafkaStartError(
                f"The data directory {self.root} is in use by another broker"
                f"{f' (started by process {holder})' if holder else ''}.\n"
                "Stop that one, or choose another directory with --data-dir."
            ) from error
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n".encode(), 0)

    def _identify(self) -> str:
        marker = self.root / _MARKER
        try:
            known = json.loads(marker.read_bytes())
            cluster_id, version = str(known["cluster_id"]), str(known["kafka_version"])
        except FileNotFoundError:
            cluster_id, version = _new_cluster_id(), self._kafka_version
        except (ValueError, KeyError, TypeError) as error:
            raise KafkaStartError(
                f"{marker} is damaged. Choose another directory with --data-dir, or delete {self.root} if nothing "
                "in it is needed."
            ) from error
        if _release(version) > _release(self._kafka_version):
            raise KafkaStartError(
                f"The data in {self.root} was last used by Kafka {version}, and this is Kafka {self._kafka_version}:"
                " Kafka reads\nolder data but not newer. Choose another directory with --data-dir, or go back to the "
                "version of selfserve that wrote it."
            )
        found = self._written_cluster_id()
        if found not in (None, cluster_id):
            raise KafkaStartError(
                f"The data in {self.log_directory} belongs to the cluster {found}, not to {cluster_id}, which "
                f"{marker.name} names.\nIt was copied from elsewhere: choose another directory with --data-dir."
            )
        content = json.dumps({"cluster_id": cluster_id, "kafka_version": self._kafka_version})
        draft = self.root / f"{_MARKER}.new"
        draft.write_text(content + "\n", encoding="ascii")
        draft.replace(marker)
        return cluster_id

    def _written_cluster_id(self) -> str | None:
        """Return the id in Kafka's own files; the storage tool writes it last."""
        try:
            text = (self.log_directory / "meta.properties").read_text(encoding="latin-1")
        except FileNotFoundError:
            return None
        match = re.search(r"^cluster\.id=(\S+)$", text, re.MULTILINE)
        return match[1] if match else "of an unknown name"


def no_space(where: Path, free: int) -> str:
    """Return the message for a file system with ``free`` bytes left."""
    return (
        f"The file system of {where} has {free / 1e6:.0f} MB left, and Kafka needs at least "
        f"{_MINIMUM_FREE / 1e6:.0f} MB to start.\nMake room, or choose a directory elsewhere with --data-dir "
        "(without it: with TMPDIR)."
    )


def _new_cluster_id() -> str:
    """Return 16 random bytes the way Kafka writes them, never beginning with what looks like an option."""
    while True:
        identifier = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
        if not identifier.startswith("-"):
            return identifier


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])

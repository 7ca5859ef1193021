"""The class path of the broker: pinned jars in the user's cache, fetched when missing, verified before use."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TextIO

from app.kafka.cache import exclusive
from app.kafka.download import Downloader
from app.kafka.errors import KafkaStartError
from app.kafka.lockfile import Artifact
from app.kafka.progress import FetchProgress

_CONNECTIONS = 8
_STAMPS = "verified.json"
_INCOMING = "incoming"


class JarCache:
    """Jars in a directory laid out as a Maven repository.

    A jar is hashed when it arrives. Afterwards its size and modification time vouch for it, so that a start with a
    filled cache reads no jar; whatever differs is hashed again, and fetched again if it is not what the lock file
    says. Any number of processes may share the directory.
    """

    def __init__(self, directory: Path, *, repository: str | None = None) -> None:
        self._directory = directory
        self._repository = repository

    def class_path(self, artifacts: Sequence[Artifact], *, what: str, stream: TextIO) -> list[Path]:
        """Return the verified jars, in the order of ``artifacts``; progress, if any, goes to ``stream``.

        ``what`` names the whole in messages. Raises ``KafkaStartError`` when a jar cannot be fetched, stored, or is
        not the pinned one.
        """
        if self._unverified(artifacts, self._read_stamps()):

            def waiting() -> None:
                stream.write(f"Another process is fetching {what}; waiting for it.\n")

            with exclusive(self._directory, on_wait=waiting):
                self._complete(artifacts, what, stream)
        return [self._directory / artifact.path for artifact in artifacts]

    def _complete(self, artifacts: Sequence[Artifact], what: str, stream: TextIO) -> None:
        stamps = self._read_stamps()
        missing = []
        for artifact in self._unverified(artifacts, stamps):
            jar = self._directory / artifact.path
            if jar.is_file() and _sha256(jar) == artifact.sha256:
                stamps[artifact.sha256] = _stamp(jar)
                continue
            if jar.exists():
                stream.write(f"{jar} is not what it was when it was fetched: fetching it again.\n")
            missing.append(artifact)
        try:
            if missing:
                self._fetch(missing, stamps, FetchProgress(what, len(missing), stream))
        finally:
            # Also after a failure: what has arrived need not be fetched again.
            self._write_stamps(stamps)

    def _fetch(self, missing: Sequence[Artifact], stamps: dict[str, Any], progress: FetchProgress) -> None:
        incoming = self._directory / _INCOMING
        # Whoever left something here held the lock and died.
        shutil.rmtree(incoming, ignore_errors=True)
        downloader = Downloader(incoming, self._repository)
        progress.start()
        pool = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="fetch")
        try:
            for done in as_completed([pool.submit(self._fetch_one, downloader, one) for one in missing]):
                artifact, stamp = done.result()
                stamps[artifact.sha256] = stamp
                progress.arrived(stamp[0])
        except OSError as error:
            raise KafkaStartError(
                f"A file of Kafka could not be stored below {self._directory}: {error.strerror or error}.\n"
                "Make room there (Kafka takes about 45 MB), or set SELFSERVE_CACHE to another directory."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
            shutil.rmtree(incoming, ignore_errors=True)
            progress.interrupted()

    def _fetch_one(self, downloader: Downloader, artifact: Artifact) -> tuple[Artifact, list[int]]:
        arrived = downloader.fetch(artifact)
        found = _sha256(arrived)
        if found != artifact.sha256:
            raise KafkaStartError(
                f"{artifact.coordinate} has the wrong checksum.\n"
                f"  from      {downloader.source}\n"
                f"  expected  sha256 {artifact.sha256}\n"
                f"  found     sha256 {found} ({arrived.stat().st_size} bytes)\n"
                "It was not kept, and nothing was started. Either something on the way answers in the repository's "
                "place (a proxy, a login page,\na broken mirror: see SELFSERVE_MAVEN_REPOSITORY), or the file was "
                "tampered with. Do not work around this before you know which."
            )
        jar = self._directory / artifact.path
        jar.parent.mkdir(parents=True, exist_ok=True)
        arrived.replace(jar)
        return artifact, _stamp(jar)

    def _unverified(self, artifacts: Sequence[Artifact], stamps: dict[str, Any]) -> list[Artifact]:
        return [
            artifact
            for artifact in artifacts
            if artifact.sha256 not in stamps
            or stamps[artifact.sha256] != _stamp(self._directory / artifact.path)
        ]

    def _read_stamps(self) -> dict[str, Any]:
        try:
            stamps = json.loads((self._directory / _STAMPS).read_bytes())
        except (OSError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}

    def _write_stamps(self, stamps: dict[str, Any]) -> None:
        # Readers take no lock, so the file changes in one step.
        draft = self._directory / f"{_STAMPS}.new"
        draft.write_text(json.dumps(stamps, indent=0, sort_keys=True))
        draft.replace(self._directory / _STAMPS)


def _stamp(file: Path) -> list[int]:
    """Return size in bytes and modification time in nanoseconds; nothing for a file that is not there."""
    try:
        status = os.stat(file)  # noqa: PTH116  # a third of the time of Path.stat, and the warm start is this loop
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

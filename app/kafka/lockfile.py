"""The pinned files of Apache Kafka: every Maven artifact by coordinate, with the SHA-256 of its jar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

LOCK_FILE = Path(__file__).with_name("artifacts.txt")
BROKER = "org.apache.kafka:kafka_2.13"
"""The artifact that holds the broker's main class; its version is Kafka's."""

_LINE = re.compile(r"(?P<group>[\w.-]+):(?P<name>[\w.-]+):(?P<version>[\w.-]+) (?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One jar in Maven's naming, and the lower-case hexadecimal SHA-256 that its bytes must have."""

    group: str
    name: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        """``group:name:version``."""
        return f"{self.group}:{self.name}:{self.version}"

    @property
    def path(self) -> PurePosixPath:
        """Where the jar lies in a Maven repository, relative to its root."""
        directory = PurePosixPath(*self.group.split("."), self.name, self.version)
        return directory / f"{self.name}-{self.version}.jar"


def read_lock_file(file: Path = LOCK_FILE) -> tuple[Artifact, ...]:
    """Return the pinned artifacts in class path order. Raises ``ValueError`` on a line of another form."""
    artifacts = []
    for number, line in enumerate(file.read_text(encoding="ascii").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{file}:{number}: expected 'group:name:version sha256', found {line!r}")
        artifacts.append(Artifact(**match.groupdict()))
    return tuple(artifacts)


def kafka_version(artifacts: tuple[Artifact, ...]) -> str:
    """Return the version of the broker among ``artifacts``."""
    return next(a.version for a in artifacts if f"{a.group}:{a.name}" == BROKER)

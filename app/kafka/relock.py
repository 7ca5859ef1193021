"""Writes the lock file anew: ``python -m app.kafka.relock 4.3.1``.

Resolves the broker and its logging with all their dependencies as Maven would, and pins the jars that arrive. The
result is to be read and committed by a person.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from app.kafka.lockfile import BROKER, LOCK_FILE

_LOG4J = "org.apache.logging.log4j"
# Kafka logs through slf4j 1.7 and brings log4j, but nothing that connects the two.
_BINDING = "log4j-slf4j-impl"

_HEADER = """\
# Apache Kafka {version} and all it needs to run: Maven coordinate and SHA-256 of each jar, in class path order.
# Written by: python -m app.kafka.relock {version}
"""


def relock(version: str) -> str:
    """Return the content of a lock file for Kafka ``version``."""
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415  # part of an optional extra

    with tempfile.TemporaryDirectory() as directory:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(directory), timeout=60)
        broker = _closure(context, f"{BROKER}:{version}")
        log4j = next(a.version for a in broker if (a.groupId, a.artifactId) == (_LOG4J, "log4j-core"))
        binding = context.project(_LOG4J, _BINDING).at_version(log4j).artifact()
        with ThreadPoolExecutor(8) as pool:
            lines = list(pool.map(_line, [*broker, binding]))
    return _HEADER.format(version=version) + "\n".join(lines) + "\n"


def _closure(context: Any, coordinate: str) -> list[Any]:
    inputs, transitive = context.resolver.resolve([context.create_dependency(coordinate)])
    needed = [dependency for dependency in transitive if dependency.scope in ("compile", "runtime")]
    return [dependency.artifact for dependency in (*inputs, *needed)]


def _line(artifact: Any) -> str:
    jar = artifact.resolve().read_bytes()
    coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
    return f"{coordinate} {hashlib.sha256(jar).hexdigest()}"


if __name__ == "__main__":
    LOCK_FILE.write_text(relock(sys.argv[1]), encoding="ascii")

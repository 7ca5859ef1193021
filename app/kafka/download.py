"""One jar from a Maven repository, through jgo's resolver in Python: no Maven, and no Java, takes part."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.kafka.errors import KafkaStartError
from app.kafka.lockfile import Artifact

_ATTEMPTS = 3
_TIMEOUT_S = 30


class Downloader:
    """Fetches artifacts into a directory laid out as a Maven repository.

    ``repository`` is the base URL of a Maven repository to use in place of Maven Central. Safe to use from
    several threads.
    """

    def __init__(self, directory: Path, repository: str | None = None) -> None:
        try:
            from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415  # costs 0.2 s, seldom needed
        except ImportError as error:
            raise KafkaStartError(
                "The embedded Kafka needs the packages of the extra `kafka`, and jgo is not installed.\n"
                "Install them with: pip install 'selfserve[kafka]'"
            ) from error
        remotes = {"mirror": repository.rstrip("/")} if repository else None
        self._context: Any = MavenContext(
            resolver=PythonResolver(), repo_cache=directory, remote_repos=remotes, timeout=_TIMEOUT_S
        )
        self.source: str = ", ".join(self._context.remote_repos.values())
        """The URLs that are asked."""

    def fetch(self, artifact: Artifact) -> Path:
        """Download one jar and return where it lies. Nothing about its content has been verified.

        Raises ``KafkaStartError`` when the repository cannot be reached or does not have it.
        """
        from requests import RequestException  # noqa: PLC0415  # as above

        wanted = self._context.project(artifact.group, artifact.name).at_version(artifact.version).artifact()
        for attempt in range(1, _ATTEMPTS + 1):
            # An attempt that broke off leaves a part behind, which jgo would take for the whole.
            wanted.cached_path.unlink(missing_ok=True)
            try:
                return Path(wanted.resolve())
            except RuntimeError as error:
                raise KafkaStartError(
                    f"{artifact.coordinate} could not be fetched: {self.source} does not hand it out.\n"
                    f"{WAYS_OUT}"
                ) from error
            except RequestException as error:
                if attempt == _ATTEMPTS:
                    raise KafkaStartError(
                        f"{artifact.coordinate} is not in the cache and could not be fetched from {self.source}"
                        f" ({_ATTEMPTS} attempts): {_cause(error)}\n{WAYS_OUT}"
                    ) from error
                time.sleep(attempt)
        raise AssertionError("unreachable")


WAYS_OUT = (
    "Start once with a connection (proxies are taken from HTTPS_PROXY), or set SELFSERVE_MAVEN_REPOSITORY to the\n"
    "base URL of a mirror, or copy a filled cache directory and name it in SELFSERVE_CACHE. Any Kafka that runs\n"
    "already will do as well: name it with --bootstrap-servers."
)
"""What to do without access to Maven Central."""


def _cause(error: BaseException) -> str:
    """Return the innermost reason: the outer ones repeat the URL in ever longer forms."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__

"""Where downloaded files are kept, and how processes take turns to fill that place."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.kafka.errors import KafkaStartError


def cache_directory() -> Path:
    """Return the user's cache directory of selfserve: ``SELFSERVE_CACHE``, else the XDG one. It may not exist."""
    if chosen := os.environ.get("SELFSERVE_CACHE"):
        return Path(chosen).expanduser().absolute()
    # The XDG specification: a relative path is to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "selfserve"


@contextmanager
def exclusive(directory: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Create ``directory`` and hold its lock, across processes; ``on_wait`` is called when another one has it.

    The operating system releases the lock of a process that dies. Raises ``KafkaStartError`` when the directory
    cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise KafkaStartError(
            f"The cache directory {directory} cannot be written to: {error.strerror}.\n"
            "Make it writable, or set SELFSERVE_CACHE to a directory that is."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

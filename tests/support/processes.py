"""Programs that tests start, watch and end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def eventually(condition: Callable[[], object], what: str, *, within_s: float = 30.0) -> None:
    """Return once ``condition`` holds; fail the test when it does not within ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within_s:.0f} s"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Return whether a process of this id runs; one that has ended but was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return Path("/proc").is_dir() is False
    return state != "Z"


def environment(**changes: str) -> dict[str, str]:
    """Return the environment for a Python program of this repository."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), **changes}

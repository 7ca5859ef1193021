"""On what, with what, and of what version something was measured."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec
import psutil

import app

PACKAGES: Final = ("aiokafka", "faust-streaming", "msgspec", "uvloop")
"""The packages whose speed is measured too."""
_CPU_INFO: Final = Path("/proc/cpuinfo")


class Machine(msgspec.Struct, frozen=True):
    """A machine, as far as it matters."""

    cpu: str
    cores: int
    """Logical ones that this process may use."""
    memory_bytes: int
    system: str


class Commit(msgspec.Struct, frozen=True):
    """The version of the source tree."""

    id: str
    modified: bool
    """Whether files differ from it."""


def this_machine() -> Machine:
    """Return what this machine is."""
    return Machine(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=int(psutil.virtual_memory().total),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def versions(kafka: str) -> dict[str, str]:
    """Return the versions of all programs that take part; ``kafka`` is the broker's."""
    found = {"selfserve": app.__version__, "kafka": kafka, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # pragma: no cover - they are requirements
            continue
    return found


def commit_of(directory: Path) -> Commit | None:
    """Return the commit that a directory stands at, or nothing if it is no checkout."""
    git = shutil.which("git")
    if git is None or not (directory / ".git").exists():
        return None
    commit = _output([git, "-C", str(directory), "rev-parse", "--short", "HEAD"])
    changes = _output([git, "-C", str(directory), "status", "--porcelain"])
    if commit is None or changes is None:
        return None
    return Commit(commit, bool(changes))


def cpu_model(cpuinfo: str) -> str | None:
    """Return the name of the first processor in the text of ``/proc/cpuinfo``; not every architecture has one there."""
    found = re.search(r"^model name\s*:\s*(.+?)\s*$", cpuinfo, re.MULTILINE)
    return found and found[1]


def _cpu_model() -> str:
    try:
        model = cpu_model(_CPU_INFO.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        model = None
    return model or platform.processor() or platform.machine()


def _output(command: list[str]) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # git, with fixed options
    return done.stdout.strip() if done.returncode == 0 else None

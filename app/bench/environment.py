"""The surroundings of what is measured: nothing of the caller's own settings reaches it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import app

PREFIX = "bench."
"""Of every topic."""
PACKAGES: Final = ("app", "streams", "schemas")
_PROJECT: Final = "pyproject.toml"


@contextmanager
def working_directory() -> Iterator[Path]:
    """Yield a temporary directory for logs and settings; after an error it stays, for its logs."""
    directory = Path(tempfile.mkdtemp(prefix="selfserve-bench-"))
    try:
        yield directory
    except Exception:
        raise
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    shutil.rmtree(directory, ignore_errors=True)


def repository() -> Path:
    """Return the directory that holds the packages: the source tree, unless this is an installed wheel."""
    return Path(app.__file__).resolve().parent.parent


def source_tree() -> Path | None:
    """Return the source tree of these packages, or nothing.

    Of an installed wheel it is the working directory, if that has the very sources that the wheel was built from.
    """
    here = repository()
    if (here / _PROJECT).is_file():
        return here
    there = Path.cwd()
    return there if (there / _PROJECT).is_file() and _sources(there) == _sources(here) else None


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a process that is measured: this program's packages, none of its settings."""
    kept = {name: value for name, value in environ.items() if not name.startswith("SELFSERVE_")}
    path = os.pathsep.join([str(repository()), *filter(None, [environ.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path}


def _sources(root: Path) -> dict[str, bytes]:
    """Return the text of every module of the packages, by its path below ``root``."""
    return {
        str(file.relative_to(root)): file.read_bytes()
        for package in PACKAGES
        for file in sorted((root / package).rglob("*.py"))
    }

"""The surroundings of what is measured: nothing of the caller's own settings reaches it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import app

PREFIX = "bench."
"""Of every topic."""


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


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a process that is measured: this program's packages, none of its settings."""
    kept = {name: value for name, value in environ.items() if not name.startswith("SELFSERVE_")}
    path = os.pathsep.join([str(repository()), *filter(None, [environ.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path}

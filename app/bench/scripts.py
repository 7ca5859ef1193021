"""Modules of this package that run as processes of their own: options in, one JSON document out."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from app.bench.environment import child_environment
from app.bench.errors import BenchmarkError
from app.demo import tether

T = TypeVar("T")
Options = TypeVar("Options", bound=msgspec.Struct)

_TAIL_LINES: Final = 15


def run_script(module: str, options: msgspec.Struct, answer: type[T], *, timeout_s: float) -> T:
    """Run a module and return what it printed last.

    It ends with this process, and after ``timeout_s`` seconds at the latest. Raises ``BenchmarkError`` if it fails. Only
    the main thread may call this.
    """
    command = [sys.executable, "-P", "-m", module, msgspec.json.encode(options).decode()]
    # Away from the working directory: its files would be taken for settings.
    with tempfile.TemporaryDirectory(prefix="selfserve-bench-") as elsewhere:
        try:
            done = subprocess.run(  # noqa: S603  # the command is this package's own
                [sys.executable, "-I", "-S", str(Path(tether.__file__)), str(os.getpid()), *command],
                env=child_environment(os.environ),
                cwd=elsewhere,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(
                f"{module} did not get through within {timeout_s:.0f} s.\n{_tail(error.stderr)}"
            ) from error
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise BenchmarkError(f"{module} failed (exit code {done.returncode}).\n{_tail(done.stderr)}")
    return msgspec.json.decode(lines[-1], type=answer)


def options_of(kind: type[Options]) -> Options:
    """Return the options that this process was started with by `run_script`."""
    return msgspec.json.decode(sys.argv[1], type=kind)


def answer(document: msgspec.Struct) -> None:
    """Hand a document to the `run_script` that started this process."""
    # Whatever a library has written before may have left its line open.
    sys.stdout.write(f"\n{msgspec.json.encode(document).decode()}\n")
    sys.stdout.flush()


def _tail(text: str | bytes | None) -> str:
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    lines = (text or "").splitlines()[-_TAIL_LINES:]
    return "\n".join(f"  {line}" for line in lines) or "  (it wrote nothing)"

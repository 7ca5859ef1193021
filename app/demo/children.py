"""The demonstration's own processes: started, watched and stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import app

_TETHER: Final = Path(__file__).with_name("tether.py")
_TAIL_LINES: Final = 15


class Child:
    """One process of this program (``selfserve COMMAND …``), which ends with this one.

    Its output goes to the end of ``log``. Signals of a terminal do not reach it. Only the main thread may start it.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        self._arguments = tuple(arguments)
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again if it has ended."""
        # The package that runs here, not one of the same name that lies in the working directory.
        packages = str(Path(app.__file__).resolve().parent.parent)
        path = os.pathsep.join([packages, *filter(None, [self._environment.get("PYTHONPATH")])])
        command = [sys.executable, "-P", "-m", "app", *self._arguments]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  # the command is this package's own
                [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *command],
                env={**self._environment, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """Process id; ``None`` before the first start."""
        return self._process.pid if self._process is not None else None

    def ended(self) -> int | None:
        """Return the exit code once it has ended, negative for a signal's number; ``None`` while it runs."""
        return self._process.poll() if self._process is not None else None

    def stop(self, grace_s: float) -> None:
        """Ask it to stop, and kill it if it has not after ``grace_s`` seconds. Nothing happens if it does not run."""
        if self._process is None or self._process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self) -> str:
        """Return the last lines of the log, indented."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:]) or "  (its log is empty)"


def describe_end(code: int) -> str:
    """Return how a process ended, from its exit code."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"

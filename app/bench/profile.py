"""Samples the stacks of a running worker with py-spy, which reads them from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from app.bench.stacks import samples_by_part
from app.demo import tether

RATE: Final = 100
"""Samples a second."""
_END_WITHIN_S: Final = 30.0


class Profile(msgspec.Struct, frozen=True):
    """Where a worker's time went. Taken in a run of its own, because each sample stops the worker for a moment."""

    samples: int
    """Samples that found a thread at work."""
    parts: Mapping[str, float]
    """Shares of these samples; they add up to 1."""
    idle: float
    """Share of the wall time in which the process used no CPU; 0 if its threads together used more than one."""


class Sampler:
    """py-spy beside a worker: `start` when the worker is at work, `stop` when it is done."""

    def __init__(self, directory: Path) -> None:
        self._output = directory / "stacks.raw"
        self._log = directory / "py-spy.log"
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def program() -> Path | None:
        """Return py-spy, which comes with the development requirements, or nothing."""
        found = Path(sys.executable).with_name("py-spy")
        return found if found.is_file() else None

    def start(self, pid: int) -> None:
        """Begin to sample a process of this user."""
        program = self.program()
        assert program is not None
        options = ("--format", "raw", "--full-filenames", "--native", "--rate", str(RATE))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # an absolute path, and options of this package's own
                [
                    *(sys.executable, "-I", "-S", str(Path(tether.__file__)), str(os.getpid())),
                    *(str(program), "record", "--pid", str(pid), "--output", str(self._output), *options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Have the samples written. Nothing happens if it does not run."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def profile(self, idle: float) -> Profile | None:
        """Return what the samples say, or nothing if there are none; see `problem`."""
        if not self._output.is_file():
            return None
        counts = samples_by_part(self._output.read_text(encoding="utf-8", errors="replace"))
        total = sum(counts.values())
        if not total:
            return None
        return Profile(total, {part: n / total for part, n in counts.items()}, idle)

    def problem(self) -> str:
        """Return what py-spy said last."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"

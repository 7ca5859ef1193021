"""The broker's process, held through its supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.kafka.supervisor import STOP

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
# The supervisor kills a broker that does not stop; this much later the supervisor itself counts as stuck.
_MARGIN_S = 5.0


class BrokerProcess:
    """A started broker.

    ``command`` runs in ``directory``, its output goes to the file ``output``. ``lock`` is a descriptor that the
    supervisor keeps open as long as the broker may run. ``delete`` is a directory to be deleted should this process
    die first. ``grace_s`` is how long the broker may take to stop before it is killed.

    Raises ``OSError`` when no process can be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        output: Path,
        lock: int,
        delete: Path | None,
        grace_s: float,
    ) -> None:
        self._grace_s = grace_s
        arguments = ["--parent", str(os.getpid()), "--grace", str(grace_s)]
        if delete is not None:
            arguments += ["--delete", str(delete)]
        with output.open("wb") as stream:
            self._supervisor = subprocess.Popen(  # noqa: S603  # the command is this package's own
                [sys.executable, "-I", "-S", str(_SUPERVISOR), *arguments, "--", *command],
                cwd=directory,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                pass_fds=(lock,),
                start_new_session=True,
            )
        assert self._supervisor.stdout is not None
        line = self._supervisor.stdout.readline()
        if not line:
            self.stop()
            raise OSError(f"the supervisor ended with exit code {self._supervisor.returncode}")
        self.pid: int = int(line)

    @property
    def running(self) -> bool:
        """Whether the broker has not ended."""
        return self._supervisor.poll() is None

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Return the broker's exit code once it has ended, or ``None`` after ``timeout_s`` seconds."""
        try:
            return self._supervisor.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Stop the broker in order, or kill it after the grace period. May be called more than once."""
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._supervisor.stdin.write(STOP)
            self._supervisor.stdin.flush()
        if self.wait(self._grace_s + _MARGIN_S) is None:
            # Takes the broker with it.
            self._supervisor.kill()
            self._supervisor.wait()
        for pipe in (self._supervisor.stdin, self._supervisor.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def kill(self) -> None:
        """Kill the broker at once."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.stop()

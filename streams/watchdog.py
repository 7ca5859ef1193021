"""Ends a worker that stands still although it has work and brokers: better a restart than a silent stop.

It runs in a thread of its own, since a hanging event loop is one of the things it is there for; the client's heartbeats
go on in that case, so the group would never notice. Ending the process is always safe: Kafka holds everything.
"""

from __future__ import annotations

import faulthandler
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from streams.errors import STALLED_EXIT_CODE

log = structlog.get_logger(__name__)

TICK_S: Final = 1.0
_PAUSED_S: Final = 5.0
"""A tick that comes this late means that the process itself was stopped for a while."""
_CONNECT_TIMEOUT_S: Final = 2.0


class StallDetector:
    """Decides when standing still is a stall; `now` is passed in (monotonic seconds).

    Time in which no broker accepts a connection does not count, however long it is, and neither does time in which the
    process itself was stopped: from then on the worker has the whole limit again.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._excused_until = float("-inf")
        self._last_check: float | None = None

    def stalled(self, now: float, stalled_since: float | None, reachable: Callable[[], bool]) -> bool:
        """Whether the worker has stood still for longer than the limit. `reachable` is asked only when it matters."""
        if self._last_check is not None and now - self._last_check > TICK_S + _PAUSED_S:
            self._excused_until = now
        self._last_check = now
        if stalled_since is None or now - stalled_since <= self._limit_s / 4:
            return False
        if not reachable():
            self._excused_until = now
        return now - max(stalled_since, self._excused_until) > self._limit_s


class Watchdog:
    """The thread. `stalled_since` is asked every second, from this thread."""

    def __init__(
        self, *, limit_s: float, bootstrap_servers: str, stalled_since: Callable[[], float | None]
    ) -> None:
        self._limit_s = limit_s
        self._brokers = bootstrap_servers
        self._stalled_since = stalled_since
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Cease to watch."""
        self._stopped.set()

    def _run(self) -> None:
        detector = StallDetector(self._limit_s)
        while not self._stopped.wait(TICK_S):
            since = self._stalled_since()
            if detector.stalled(time.monotonic(), since, lambda: any_reachable(self._brokers)):
                self._end()

    def _end(self) -> None:
        log.critical(
            "No partition has moved for worker.watchdog_timeout although records wait and Kafka accepts connections. "
            "The worker ends itself; started again, it goes on from its last checkpoint. What every thread was doing "
            "follows.",
            seconds=self._limit_s,
        )
        faulthandler.dump_traceback(file=sys.stderr)
        sys.stderr.flush()
        os._exit(STALLED_EXIT_CODE)


def any_reachable(bootstrap_servers: str) -> bool:
    """Whether any of the brokers accepts a connection."""
    for address in bootstrap_servers.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_TIMEOUT_S):
                return True
        except OSError:
            continue
    return False

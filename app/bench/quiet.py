"""Whether the machine is left alone: waits until it is, and says afterwards how much of it others used."""

from __future__ import annotations

import resource
import time
from typing import Final, NamedTuple

import psutil

QUIET_CORES: Final = 0.15
"""Less than this many cores busy, over a second, is quiet: an idle broker takes a few hundredths."""
GIVE_UP_AFTER_S = 30.0
DISTURBED_CORES: Final = 0.1
"""A measure during which others used more than this many cores is worth a remark."""
_INTERVAL_S: Final = 1.0
_NOT_BUSY: Final = ("idle", "iowait", "guest", "guest_nice", "irq", "softirq")
"""What no program uses: `guest` is part of `user`, and the interrupts are those of our own loopback traffic."""


class Clock(NamedTuple):
    """CPU seconds, and the moment (seconds of a monotonic clock)."""

    at: float
    busy: float
    """Of the whole machine since its start, time that a host took away included."""
    ours: float
    """Of this process, its children that have ended, and the broker."""


def read_clock(broker_pid: int) -> Clock:
    """Return the clock now."""
    return Clock(time.monotonic(), _busy(), _ours(broker_pid))


def others_cores(before: Clock, after: Clock) -> float:
    """Return how many cores others used between two readings, on average."""
    used = (after.busy - before.busy) - (after.ours - before.ours)
    return max(0.0, used / (after.at - before.at))


def wait_until_quiet() -> bool:
    """Wait until hardly anything runs, the broker included; return whether that came about."""
    deadline = time.monotonic() + GIVE_UP_AFTER_S
    while time.monotonic() < deadline:
        before, started = _busy(), time.monotonic()
        time.sleep(_INTERVAL_S)
        if (_busy() - before) / (time.monotonic() - started) < QUIET_CORES:
            return True
    return False


def _busy() -> float:
    times = psutil.cpu_times()._asdict()
    return float(sum(seconds for name, seconds in times.items() if name not in _NOT_BUSY))


def _ours(broker_pid: int) -> float:
    spent = sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
    broker = psutil.Process(broker_pid).cpu_times()
    return float(spent + broker.user + broker.system)

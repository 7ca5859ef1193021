"""When standing still is a stall. Time is passed in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterable

from streams.watchdog import StallDetector, any_reachable
from tests.support.processes import environment

LIMIT = 60.0


def first_stall(since: float | None, ticks: Iterable[tuple[float, bool]]) -> float | None:
    """The first of the ticks (time, whether a broker is reachable) that is a stall."""
    detector = StallDetector(LIMIT)
    for now, reachable in ticks:
        if detector.stalled(now, since, lambda reachable=reachable: reachable):  # type: ignore[misc]
            return now
    return None


def every_second(until: int, *, away: range = range(0)) -> list[tuple[float, bool]]:
    return [(float(now), now not in away) for now in range(until)]


def test_nothing_to_do_is_no_stall() -> None:
    assert first_stall(None, every_second(1000)) is None


def test_standing_still_for_longer_than_the_limit_is_a_stall() -> None:
    assert first_stall(10.0, every_second(1000)) == 71


def test_a_worker_that_moves_is_not_stalled() -> None:
    detector = StallDetector(LIMIT)
    assert not any(detector.stalled(float(now), now - 50.0, lambda: True) for now in range(1000))


def test_an_outage_of_the_brokers_does_not_count_and_the_limit_begins_anew_after_it() -> None:
    assert first_stall(10.0, every_second(1000, away=range(12, 500))) == 560
    assert first_stall(10.0, every_second(560, away=range(12, 500))) is None


def test_a_process_that_was_stopped_gets_the_whole_limit_again() -> None:
    ticks = [*every_second(20), *((float(now), True) for now in range(300, 1000))]
    assert first_stall(10.0, ticks) == 361


def test_the_brokers_are_not_asked_as_long_as_things_move() -> None:
    detector = StallDetector(LIMIT)

    def asked() -> bool:
        raise AssertionError("asked")

    assert not detector.stalled(100.0, 95.0, asked)


def test_a_broker_is_reachable_if_any_address_accepts_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{closed.getsockname()[1]}"
        assert any_reachable(f"{dead},127.0.0.1:{server.getsockname()[1]}")
        assert not any_reachable(dead)


STALLED = """
import socket, threading, time
from streams.watchdog import Watchdog

with socket.create_server(("127.0.0.1", 0)) as server:
    brokers = f"127.0.0.1:{server.getsockname()[1]}"
    Watchdog(limit_s=0.1, bootstrap_servers=brokers, stalled_since=lambda: 0.0).start()
    threading.Event().wait(60)
"""


def test_the_watchdog_ends_a_process_that_hangs_and_shows_where() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STALLED],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment(),
        cwd=os.getcwd(),  # noqa: PTH109
    )
    assert ended.returncode == 70
    assert "No partition has moved" in ended.stdout + ended.stderr
    assert "Thread" in ended.stderr
    assert "threading.py" in ended.stderr

"""Publishing: every event at its time, none twice, with time under the test's control."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.simulator.events import SimulatedEvent
from app.simulator.publish import Progress, publish

START_MS = 1_000_000


class Time:
    """A clock that moves only when somebody pauses, and a sink that notes when it got what."""

    def __init__(self, now_ms: int = START_MS, *, stop_at_ms: int | None = None, cost_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.received: list[tuple[int, bytes]] = []
        self.flushed = 0
        self._stop_at = stop_at_ms
        self._cost = cost_ms

    def clock(self) -> float:
        return self.now_ms / 1_000

    def pause(self, seconds: float) -> bool:
        assert seconds >= 0
        self.now_ms += round(seconds * 1_000)
        return self._stop_at is not None and self.now_ms >= self._stop_at

    def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        self.now_ms += self._cost
        self.received.append((self.now_ms, value))

    def flush(self) -> None:
        self.flushed = len(self.received)


def event(at_ms: int) -> SimulatedEvent:
    return SimulatedEvent("product.events", b"u", b"%d" % at_ms, at_ms, at_ms)


def test_each_event_is_sent_when_its_time_has_come() -> None:
    time = Time()
    times = [START_MS, START_MS + 5, START_MS + 5, START_MS + 700, START_MS + 60_000]
    assert publish(map(event, times), time, clock=time.clock, pause=time.pause) == 5
    assert [at for at, _ in time.received] == times
    assert time.flushed == 5


def test_events_of_the_past_are_sent_at_once() -> None:
    time = Time()
    times = [*range(0, 900_000, 100), START_MS + 50]
    publish(map(event, times), time, clock=time.clock, pause=time.pause)
    assert {at for at, _ in time.received[:-1]} == {START_MS}
    assert time.received[-1][0] == START_MS + 50


def test_who_cannot_keep_up_says_by_how_much() -> None:
    time = Time(cost_ms=20)
    progress = Progress()
    publish(
        (event(START_MS + n) for n in range(5_000)),
        time,
        clock=time.clock,
        pause=time.pause,
        progress=progress,
    )
    assert progress.sent == 5_000
    assert progress.behind_ms > 50_000


def test_a_stop_ends_it_between_two_events_and_what_was_sent_arrives() -> None:
    time = Time(stop_at_ms=START_MS + 1_000)

    def endless() -> Iterator[SimulatedEvent]:
        at = START_MS
        while True:
            yield event(at)
            at += 100

    assert publish(endless(), time, clock=time.clock, pause=time.pause) == 10
    assert time.flushed == 10


def test_a_stop_is_noticed_while_history_is_sent_at_full_speed() -> None:
    time = Time(stop_at_ms=START_MS)
    assert publish(map(event, range(100_000)), time, clock=time.clock, pause=time.pause) == 1_000


def test_an_error_of_the_sink_is_not_hidden() -> None:
    class Broken(Time):
        def send(self, topic: str, key: bytes | None, value: bytes) -> None:
            raise OSError("gone")

    time = Broken()
    with pytest.raises(OSError, match="gone"):
        publish([event(START_MS)], time, clock=time.clock, pause=time.pause)

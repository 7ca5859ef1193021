"""Simulated events into Kafka, at the pace at which they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from app.simulator.events import SimulatedEvent


class Sink(Protocol):
    """Where events go; `app.sending.producer.EventProducer` is one."""

    def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Take one event."""

    def flush(self) -> None:
        """Return when everything has arrived."""


@dataclass
class Progress:
    """How far the publishing is. ``behind_ms`` is by how much the last event was sent later than it should have been."""

    sent: int = 0
    behind_ms: int = 0


def publish(
    events: Iterable[SimulatedEvent],
    sink: Sink,
    *,
    clock: Callable[[], float],
    pause: Callable[[float], bool],
    progress: Progress | None = None,
) -> int:
    """Send every event when its time has come, and return how many were sent.

    ``clock`` returns the wall time in seconds since the epoch. ``pause`` waits for at most the given seconds and
    returns whether to stop: `threading.Event.wait` is made for it. Events of the past are sent at once, so a
    simulation that begins in the past first loads its history. Record timestamps are those of sending.
    """
    progress = progress if progress is not None else Progress()
    now_ms = int(clock() * 1_000)
    checked = 0
    try:
        for event in events:
            ahead = event.send_ms - now_ms
            # The clock is read when it matters, and while catching up every so often, to notice a stop.
            if ahead > 0 or progress.sent - checked >= 1_000:
                checked = progress.sent
                now_ms = int(clock() * 1_000)
                if pause(max(0, event.send_ms - now_ms) / 1_000):
                    break
                now_ms = max(now_ms, event.send_ms)
            sink.send(event.topic, event.key, event.value)
            progress.sent += 1
            progress.behind_ms = max(0, now_ms - event.send_ms)
    finally:
        sink.flush()
    return progress.sent

"""From the order in which events happen to the order in which they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from math import log
from random import Random

from app.simulator.events import SimulatedEvent
from app.simulator.scenarios import Delivery


class Courier:
    """Takes events in the order of their times and hands them out in the order of sending.

    It draws from a generator of its own: the same events are delivered differently, not other events.
    ``origin_ms`` is the time that the policy's stretches are relative to.
    """

    def __init__(self, policy: Delivery, rng: Random, origin_ms: int) -> None:
        self._rng = rng
        self._held: list[tuple[int, int, SimulatedEvent]] = []
        self._order = 0
        self._ready: list[SimulatedEvent] = []
        self.follow(policy, origin_ms)

    def follow(self, policy: Delivery, origin_ms: int) -> None:
        """Deliver by another policy from here on; what is held already keeps its time."""
        self._policy = policy
        self._origin = origin_ms
        self._late = policy.late
        self._delayed = self._late + policy.delayed
        self._duplicated = self._delayed + policy.duplicates

    def post(self, topic: str, key: bytes, value: bytes, time_ms: int) -> None:
        """Take one event; times must not decrease."""
        u = self._rng.random()
        delay = 0
        if u < self._late:
            least, greatest = self._policy.late_by_ms
            delay = least + int(self._rng.random() * (greatest - least))
        elif u < self._delayed:
            delay = self._exponential(self._policy.delayed_by_ms)
        send = self._connected(time_ms + delay)
        event = SimulatedEvent(topic, key, value, time_ms, send)
        if send == time_ms:
            self._release(time_ms)
            self._ready.append(event)
        else:
            self._hold(event)
        if self._delayed <= u < self._duplicated:
            again = send + self._exponential(self._policy.duplicate_after_ms)
            self._hold(event._replace(send_ms=self._connected(again)))

    def collect(self) -> list[SimulatedEvent]:
        """Return what has become ready since the last call, in the order of sending."""
        ready, self._ready = self._ready, []
        return ready

    def advance(self, until_ms: int) -> list[SimulatedEvent]:
        """Return, beyond what is ready, everything to be sent before a time that all later events lie at or after."""
        self._release(until_ms - 1)
        return self.collect()

    def drain(self) -> Iterator[SimulatedEvent]:
        """Hand out the rest, in the order of sending."""
        yield from self.collect()
        while self._held:
            yield heappop(self._held)[2]

    def _connected(self, send_ms: int) -> int:
        """Return when something can be sent that should be sent at a time: then, or at the end of the outage."""
        outage = self._policy.outage
        end = None if outage is None else outage.end_of(send_ms - self._origin)
        return send_ms if end is None else self._origin + end

    def _hold(self, event: SimulatedEvent) -> None:
        self._order += 1
        heappush(self._held, (event.send_ms, self._order, event))

    def _release(self, until_ms: int) -> None:
        held = self._held
        while held and held[0][0] <= until_ms:
            self._ready.append(heappop(held)[2])

    def _exponential(self, mean_ms: int) -> int:
        return 1 + int(-log(1.0 - self._rng.random()) * mean_ms)

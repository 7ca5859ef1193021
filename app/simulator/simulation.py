"""The simulation: lifecycles begin at the asked rate and go on by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random

import xxhash

from app.simulator.arrivals import arrivals, begin
from app.simulator.delivery import Courier
from app.simulator.events import SimulatedEvent
from app.simulator.lifecycles.strangers import spam, stray_use
from app.simulator.population import Population
from app.simulator.rhythm import rhythm
from app.simulator.scenarios import Scenario
from app.simulator.world import Lifecycle, World

_MINUTE = 60_000


class Simulation:
    """Customers and what they do, from a start (ms since the epoch) for as long as it is asked on.

    ``rate`` is events per second, duplicates not counted: the mean of a week where the scenario has a rhythm. A
    lifecycle begins whenever those under way do not make up the rate by themselves. What is pending is bounded by
    the number of ``customers``, and by what the delivery holds back.

    The same object makes history and then the present, with the same customers: `switch` changes scenario and rate
    between two calls of `advance`. ``by_account`` keys the events by their account, where they have one.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        customers: int,
        rate: float,
        start_ms: int,
        seed: int,
        by_account: bool = False,
    ) -> None:
        if rate <= 0:
            raise ValueError(f"the rate must be positive, not {rate}")
        self._rng = Random(seed)  # noqa: S311  # nothing here is secret
        run = xxhash.xxh32_hexdigest(f"{seed} {start_ms}".encode())
        delivery_rng = Random(f"delivery {seed}")  # noqa: S311
        self._courier = Courier(scenario.delivery, delivery_rng, start_ms)
        population = Population(customers, self._rng, seed=seed)
        self._world = World(
            scenario, population, self._rng, run=run, post=self._courier.post, by_account=by_account
        )
        self._world.now = start_ms
        self._now = start_ms
        self._due = float(start_ms)
        self._gap_until = start_ms
        self._gap = 0.0
        self.switch(scenario, rate=rate)

    @property
    def now_ms(self) -> int:
        """The time up to which events have been made."""
        return self._now

    @property
    def scenario(self) -> Scenario:
        """The present scenario."""
        return self._world.scenario

    def switch(self, scenario: Scenario, *, rate: float) -> None:
        """Go on with another scenario or rate; the scenario's stretches count from now."""
        if rate <= 0:
            raise ValueError(f"the rate must be positive, not {rate}")
        self._rate = rate
        self._origin = self._now
        self._world.scenario = scenario
        self._arrivals = arrivals(scenario.behaviour.issues)
        self._courier.follow(scenario.delivery, self._now)
        self._gap_until = self._now
        self._due = max(float(self._now), min(self._due, self._now + 1_000 / rate))

    def advance(self, until_ms: int | None = None) -> Iterator[SimulatedEvent]:
        """Make the events up to a time, or for ever, and hand them out in the order of sending.

        What is sent later than ``until_ms`` is kept for the next call, or for `drain`.
        """
        world, pending, courier = self._world, self._world.pending, self._courier
        while True:
            due = int(self._due)
            resumed = bool(pending) and pending[0][0] <= due
            now = pending[0][0] if resumed else due
            if until_ms is not None and now >= until_ms:
                break
            self._now = world.now = now
            before = world.emitted
            if resumed:
                _, order, lifecycle = heappop(pending)
                self._step(lifecycle, order)
                self._due += self._gap_at(now) * (world.emitted - before)
            else:
                self._arrive()
                # At least one step on, even when nobody was free.
                self._due += self._gap_at(now) * max(1, world.emitted - before)
            yield from courier.collect()
        self._now = until_ms
        yield from courier.advance(until_ms)

    def drain(self) -> Iterator[SimulatedEvent]:
        """Hand out what has happened and is not sent yet."""
        return self._courier.drain()

    def _step(self, lifecycle: Lifecycle, order: int) -> None:
        delay = next(lifecycle, None)
        if delay is not None:
            heappush(self._world.pending, (self._now + delay, order, lifecycle))

    def _arrive(self) -> None:
        world = self._world
        burst = world.scenario.burst
        if (
            burst is not None
            and burst.end_of(self._now - self._origin)
            and world.chance(1 - 1 / burst.factor)
        ):
            lifecycle: Lifecycle | None = spam(world)
        else:
            lifecycle = begin(world, world.draw(self._arrivals))
        if lifecycle is None:
            stray_use(world)
        else:
            self._step(lifecycle, world.next_order())

    def _gap_at(self, now: int) -> float:
        """Return the mean time between two events (ms), as of this minute."""
        if now >= self._gap_until:
            # Once a second is enough for a burst, once a minute for the rhythm.
            scenario = self._world.scenario
            rate = self._rate * rhythm(now, scenario.rhythm)
            self._gap_until = now + _MINUTE
            if scenario.burst is not None:
                self._gap_until = now + 1_000
                if scenario.burst.end_of(now - self._origin):
                    rate *= scenario.burst.factor
            self._gap = 1_000 / rate
        return self._gap


def generate(
    scenario: Scenario, *, customers: int, rate: float, start_ms: int, duration_ms: int, seed: int
) -> Iterator[SimulatedEvent]:
    """Return the events of a stretch of time in the order of sending, those sent after its end included."""
    simulation = Simulation(scenario, customers=customers, rate=rate, start_ms=start_ms, seed=seed)
    yield from simulation.advance(start_ms + duration_ms)
    yield from simulation.drain()

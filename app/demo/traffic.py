"""The demonstration's customers: eight days of history at once, then live traffic."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Final

from app.sending.producer import EventProducer
from app.simulator.events import SimulatedEvent
from app.simulator.publish import Progress, publish
from app.simulator.scenarios import SCENARIOS, Scenario
from app.simulator.simulation import Simulation

HISTORY_MS: Final = 8 * 24 * 3_600_000
"""A day more than the longest window that is shown first, so that assumed resolutions fill all of it."""
HISTORY_RATE: Final = 0.2
"""Events per second of history: about 140,000 in all, which are sent in a few seconds."""
CUSTOMERS: Final = 12_000
_SEED: Final = 1


class Traffic:
    """Sends the simulated events from a thread of its own.

    The history has the rhythm of days and weeks whatever the scenario, which begins with the live traffic at
    ``rate`` events per second. ``error`` is what ended the thread before it was told to stop.
    """

    def __init__(
        self, producer: EventProducer, scenario: Scenario, rate: float, *, by_account: bool = False
    ) -> None:
        self.progress = Progress()
        self.error: BaseException | None = None
        self.live_from_ms = int(time.time() * 1_000)
        self.history_events: int | None = None
        """Number of events of the history, once all of them are sent."""
        self._producer = producer
        self._scenario = scenario
        self._rate = rate
        self._by_account = by_account
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        """Begin with the history."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and return when Kafka has everything that was sent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            publish(
                self._events(), self._producer, clock=time.time, pause=self._stop.wait, progress=self.progress
            )
        except BaseException as error:  # noqa: BLE001  # shown by the main thread
            self.error = error

    def _events(self) -> Iterator[SimulatedEvent]:
        simulation = Simulation(
            SCENARIOS["daily"],
            customers=CUSTOMERS,
            rate=HISTORY_RATE,
            start_ms=self.live_from_ms - HISTORY_MS,
            seed=_SEED,
            by_account=self._by_account,
        )
        yield from simulation.advance(self.live_from_ms)
        self._producer.flush()
        self.history_events = self.progress.sent
        simulation.switch(self._scenario, rate=self._rate)
        yield from simulation.advance()

"""What lifecycles see of the simulation: the time, chance, the population, and the way to emit events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from heapq import heappush
from math import log
from random import Random
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from app.simulator.population import SESSION, Account, Customer, Person, Population
from app.simulator.scenarios import Behaviour, Scenario
from app.simulator.vocabulary import PLATFORMS, Weighted
from schemas.types import EVENT_TYPES

T = TypeVar("T")

Lifecycle: TypeAlias = Generator[int, None, None]
"""A course of events: runs at its time, emits events, and yields the milliseconds until it goes on."""

Post: TypeAlias = Callable[[str, bytes, bytes, int], None]
"""Takes topic, key, value and event time (ms) of each event."""

_TOPICS: Final = {name: kind.topic for name, kind in EVENT_TYPES.items()}
_IN_SESSION: Final = frozenset(
    name for name, kind in EVENT_TYPES.items() if kind.topic == "product.events" or name.startswith("help.")
)
_OF_ENHANCEMENTS: Final = frozenset(name for name, kind in EVENT_TYPES.items() if not kind.needs_customer)
_WISHES: Final = 500

# Not orjson: its results keep their whole buffer, 4 KB an event, which whoever collects events would feel.
_encode: Final = msgspec.json.Encoder().encode


class World:
    """The state that all lifecycles share. ``now`` is the simulated time in milliseconds."""

    def __init__(
        self,
        scenario: Scenario,
        population: Population,
        rng: Random,
        *,
        run: str,
        post: Post,
        by_account: bool = False,
    ) -> None:
        self.scenario = scenario
        self.population = population
        self.run = run
        self.now = 0
        self.emitted = 0
        """Events so far, without duplicates."""
        self.pending: list[tuple[int, int, Lifecycle]] = []
        """Lifecycles that wait, as a heap by the time at which they go on."""
        self.wishes: deque[tuple[str, int]] = deque(maxlen=_WISHES)
        """Enhancements asked for and not shipped yet, the oldest first: id and when (ms)."""
        self.random = rng.random
        self._order = 0
        self._ids = 0
        self._post = post
        self._by_account = by_account
        self._second = -1
        self._second_text = ""

    @property
    def behaviour(self) -> Behaviour:
        """What customers do, by the present scenario."""
        return self.scenario.behaviour

    # --- chance -----------------------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        """Return whether something with this probability happens."""
        return self.random() < probability

    def draw(self, weighted: Weighted[T]) -> T:
        """Return one of the values."""
        return weighted.draw(self.random())

    def wait(self, mean_ms: int, least_ms: int = 0) -> int:
        """Return how long something takes (ms): at least the least, exponential beyond it."""
        return least_ms + int(-log(1.0 - self.random()) * (mean_ms - least_ms))

    def between(self, least: int, greatest: int) -> int:
        """Return a whole number, bounds included."""
        return least + int(self.random() * (greatest - least + 1))

    def new_id(self, prefix: str) -> str:
        """Return an id that no other thing of this or another run has."""
        self._ids += 1
        return f"{prefix}-{self.run}-{self._ids:x}"

    # --- people -----------------------------------------------------------------------------------------------------

    def pick(self, busy: int, *, rested: bool = False) -> Customer | None:
        """Return a customer who is not busy with this, or ``None``."""
        return self.population.pick(busy, self.scenario.skew, rested_at=self.now if rested else None)

    def sign_up(self, *, account: Account | None = None) -> Customer | None:
        """Return a new customer, busy with the first session, or ``None``; the events are up to the caller."""
        self._ids += 1
        customer = self.population.sign_up(f"{self.run}{self._ids:x}", account=account)
        if customer is not None:
            customer.busy |= SESSION
        return customer

    def visitor(self) -> Person:
        """Return somebody unknown."""
        return Person(self.new_id("v"), platform=self.draw(PLATFORMS))

    # --- events -----------------------------------------------------------------------------------------------------

    def spawn(self, lifecycle: Lifecycle, after_ms: int = 0) -> None:
        """Start a lifecycle beside the present one, now or later."""
        heappush(self.pending, (self.now + after_ms, self.next_order(), lifecycle))

    def next_order(self) -> int:
        """Return the rank of a lifecycle among those that go on at the same time."""
        self._order += 1
        return self._order

    def emit(
        self, type_: str, who: Person | None, data: dict[str, Any] | None = None, **envelope: Any
    ) -> None:
        """Emit an event that happens now. Fields of the envelope beyond those of the person are given by name.

        ``who`` is ``None`` for an enhancement that no customer is named with.
        """
        self.emitted += 1
        now = self.now
        second, millisecond = divmod(now, 1_000)
        if second != self._second:
            self._second = second
            self._second_text = _format_second(second)
        event: dict[str, Any] = {
            "id": f"{self.run}.{self.emitted:x}",
            "type": type_,
            "time": f"{self._second_text}.{millisecond:03d}Z",
        }
        if who is not None:
            event[who.named_by] = who.id
            account = who.account
            if account is not None:
                event["account_id"] = account.id
                event["plan"] = account.plan
                event["segment"] = account.segment
                event["role"] = who.role
            if who.platform is not None:
                event["platform"] = who.platform
            if who.session is not None and type_ in _IN_SESSION:
                event["session_id"] = who.session
            if who.is_bot:
                event["is_bot"] = True
            if who.is_test:
                event["is_test"] = True
        if envelope:
            event.update(envelope)
        if data is not None:
            event["data"] = data
        if type_ in _OF_ENHANCEMENTS:
            assert data is not None
            key = str(data["enhancement_id"]).encode()
        else:
            assert who is not None
            key = who.account.key if self._by_account and who.account is not None else who.key
        self._post(_TOPICS[type_], key, _encode(event), now)


def _format_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]

"""Simulated events that the tests of the simulator look at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from app.simulator.events import SimulatedEvent
from app.simulator.scenarios import SCENARIOS
from app.simulator.simulation import generate

MONDAY = 1_767_571_200_000
"""5 January 2026, 00:00 UTC."""
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@cache
def events(
    scenario: str = "steady",
    *,
    customers: int = 4_000,
    rate: float = 0.5,
    duration_ms: int = 3 * DAY,
    seed: int = 1,
) -> tuple[SimulatedEvent, ...]:
    """Return a run of a scenario, kept for the next test that asks for it."""
    return tuple(
        generate(
            SCENARIOS[scenario],
            customers=customers,
            rate=rate,
            start_ms=MONDAY,
            duration_ms=duration_ms,
            seed=seed,
        )
    )


def parsed(simulated: Iterable[SimulatedEvent]) -> list[dict[str, Any]]:
    """Return the events as objects with ``topic`` and ``time_ms``, each once, as they happened."""
    once = {event.value: event for event in simulated}.values()
    objects = [{**json.loads(e.value), "topic": e.topic, "time_ms": e.time_ms} for e in once]
    return sorted(objects, key=lambda event: int(event["id"].partition(".")[2], 16))


def data(event: dict[str, Any], name: str) -> Any:
    """Return a field of the event's type."""
    return (event.get("data") or {}).get(name)

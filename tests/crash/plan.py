"""What a chaos run does, how often, and with how many events: a table, sized by the environment."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, replace
from typing import Literal

Action = Literal["kill", "doom", "stop", "zombie", "join", "broker_restart", "broker_kill"]

SEED = "SELFSERVE_CHAOS_SEED"
MINUTES = "SELFSERVE_SOAK_MINUTES"
"""Minutes that `make soak` lasts: rounds follow one another, each with another seed, until they are over."""


@dataclass(frozen=True)
class Plan:
    """One round."""

    kills: int
    """kill -9 from outside, at random points."""
    dooms: int
    """Workers that are replaced by one that kills itself between sending and committing a transaction."""
    stops: int
    """SIGTERM."""
    zombies: int
    """SIGSTOP for longer than the session timeout, then SIGCONT."""
    joins: int
    """A third worker comes and goes."""
    broker_restarts: int
    broker_kills: int
    events: int
    rate: int
    """Events a second while the round lasts."""
    pause_s: tuple[float, float]
    """Between two actions."""
    seed: int

    def actions(self, rng: random.Random) -> list[Action]:
        """All actions of the round, in random order."""
        actions: list[Action] = [
            *(["kill"] * self.kills),  # type: ignore[list-item]
            *(["doom"] * self.dooms),  # type: ignore[list-item]
            *(["stop"] * self.stops),  # type: ignore[list-item]
            *(["zombie"] * self.zombies),  # type: ignore[list-item]
            *(["join"] * self.joins),  # type: ignore[list-item]
            *(["broker_restart"] * self.broker_restarts),  # type: ignore[list-item]
            *(["broker_kill"] * self.broker_kills),  # type: ignore[list-item]
        ]
        rng.shuffle(actions)
        return actions


CI = Plan(
    kills=16,
    dooms=6,
    stops=5,
    zombies=3,
    joins=2,
    broker_restarts=1,
    broker_kills=1,
    # Enough for ten minutes, of which a quiet machine needs less than half.
    events=200_000,
    rate=250,
    pause_s=(0.3, 2.5),
    seed=int(os.environ.get(SEED, "1")),
)
"""A few minutes."""


def soak_minutes() -> float:
    """How long a soak lasts; 0 without one."""
    return float(os.environ.get(MINUTES, "0"))


def soak(round_number: int) -> Plan:
    """A longer round with more load, and never the same twice."""
    return replace(
        CI,
        kills=40,
        dooms=12,
        stops=10,
        zombies=5,
        joins=4,
        broker_restarts=2,
        broker_kills=2,
        events=400_000,
        rate=600,
        pause_s=(0.2, 8.0),
        seed=CI.seed + 1_000 * (round_number + 1),
    )

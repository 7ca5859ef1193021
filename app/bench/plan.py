"""What a run of the benchmark does, as data."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec


class Contestant(NamedTuple):
    """Something that reads the topics and is measured."""

    name: str
    """As in the machine-readable output."""
    title: str


BARE_TYPED: Final = Contestant("bare_typed", "bare aiokafka, typed events")
BARE_MINIMAL: Final = Contestant("bare_minimal", "bare aiokafka, four fields")
WORKER: Final = Contestant("worker", "selfserve worker")
WORKER_COMMITTED: Final = Contestant("worker_committed", "selfserve worker, to the last commit")
WORKER_FEW: Final = Contestant("worker_few", "selfserve worker, nine KPIs")
STOCK_FAUST: Final = Contestant("stock_faust", "stock Faust, one tumbling table")

CONTESTANTS: Final = (BARE_TYPED, BARE_MINIMAL, WORKER, WORKER_COMMITTED, WORKER_FEW, STOCK_FAUST)
"""In the order in which they have their turn; the first two readings of the worker come from one turn."""

FEW_KPIS: Final = (
    *(
        "self_service_adoption",
        "self_service_resolution",
        "self_service_abandonment",
        "conversation_abandonment",
    ),
    *("active_users", "stickiness", "adoption", "time_to_resolution", "reopen"),
)
"""What `WORKER_FEW` counts: how customers help themselves, and who is active. An overlay switches all else off, and no interventions are watched."""


class Comparison(NamedTuple):
    """A ratio of two contestants, and what it is meant to reach in wall time, if anything."""

    numerator: Contestant
    denominator: Contestant
    goal: float | None = None


COMPARISONS: Final = (
    Comparison(WORKER, BARE_TYPED, 0.30),
    Comparison(WORKER, BARE_MINIMAL),
    Comparison(WORKER, STOCK_FAUST, 40.0),
    Comparison(WORKER_FEW, BARE_TYPED, 0.15),
    Comparison(WORKER_FEW, STOCK_FAUST, 20.0),
)

LEAST_ROUNDS_RECORDED: Final = 3
"""A median of fewer is none."""
MEMORY_GOAL_BYTES: Final = 700
"""Of a customer as `app.bench.memory` makes them, at a million of them."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a run. Everything else is the same in each."""

    events: int = 1_000_000
    """Records in the four source topics together."""
    rounds: int = 3
    partitions: int = 4
    """Of each topic."""
    faust_events: int = 40_000
    """Records of `product.events` that stock Faust reads: at its pace, all would take minutes."""
    memory_customers: int = 200_000
    profile: bool = True
    """Sample the worker's stacks in a run of its own, if py-spy is there."""

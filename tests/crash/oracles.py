"""What the figures must be after all that: said from the events alone, by ways that share as little as possible.

An oracle is a function of all events and an evaluation time (ms). What it says is compared with the same thing read
from what the workers keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from app.changelogs import Kept
from streams.core.batch import Sums
from streams.core.definitions import Definitions
from tests.oracle import compute
from tests.support import accounting
from tests.support.figures import batch_figures, differing, figures_of

Event = dict[str, Any]
Gauges = Mapping[Any, Any]
Expect = Callable[[Sequence[Event], int], Gauges]
Observe = Callable[[Sequence[Kept], int], Gauges]


class Oracle(NamedTuple):
    """What is expected, what is observed, and how they are compared (every difference in words)."""

    name: str
    expect: Expect
    observe: Observe
    compare: Callable[[Any, Any], list[str]]


def _kept_figures(kept: Sequence[Kept], at: int) -> Gauges:
    sums = Sums(accounting.contributions_kept(kept), at, kept[0].state.rules)
    return figures_of(sums, Definitions())


MEASURES = Oracle(
    "every measure over every window", accounting.expected, accounting.found, accounting.differences
)
FIGURES = Oracle("every figure of every KPI", batch_figures, _kept_figures, differing)
NAIVE = Oracle("every figure, by the naive oracle", compute, _kept_figures, differing)

ORACLES: tuple[Oracle, ...] = (MEASURES, FIGURES, NAIVE)

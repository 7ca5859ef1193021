"""When to look at a running worker: seldom while it works, for looking costs it time, and often near the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import EVENTS, LATE_COUNTS

EAGER_S: Final = 0.02
"""Pause before the first record and shortly before the last: the error of the measured time is at most about this."""
SELDOM_S: Final = 0.5
"""The longest pause."""
_WANTED: Final = re.compile("|".join(metric.name.removesuffix("_total") for metric in (EVENTS, LATE_COUNTS)))


class Sample(NamedTuple):
    """A worker at one moment. ``at`` and ``cpu`` are seconds: of a monotonic clock, and of CPU time since its start."""

    at: float
    cpu: float
    events: int


def pause_s(first: Sample | None, last: Sample, total: int) -> float:
    """Return how long to wait before the next look: half of what the rest should take, within bounds.

    ``first`` is the first sample that had events, ``last`` the latest one, ``total`` the number that is waited for.
    """
    if first is None or last.events <= first.events:
        return EAGER_S
    per_second = (last.events - first.events) / (last.at - first.at)
    return min(SELDOM_S, max(EAGER_S, (total - last.events) / per_second / 2))


class Counts(NamedTuple):
    """What a worker has counted of the records of some topics."""

    results: Mapping[str, int]
    """Records by what became of them."""
    late_counts: int
    """Records of all topics that were too late for plain counts; they cost less than others."""

    @property
    def total(self) -> int:
        """Records consumed."""
        return sum(self.results.values())


def counts_of(page: str, topics: Iterable[str]) -> Counts:
    """Return what a worker's metrics page says about these topics (names without prefix)."""
    wanted = frozenset(topics)
    # The other families are nothing but work for the parser.
    lines = "\n".join(line for line in page.splitlines() if _WANTED.search(line))
    results: dict[str, int] = {}
    late = 0
    for family in text_string_to_metric_families(lines + "\n"):
        for sample in family.samples:
            if sample.name == EVENTS.name and sample.labels["topic"] in wanted:
                result = sample.labels["result"]
                results[result] = results.get(result, 0) + int(sample.value)
            elif sample.name == LATE_COUNTS.name:
                late = int(sample.value)
    return Counts(results, late)

"""What was measured, and what follows from it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.bench.plan import COMPARISONS, Comparison


class Measure(msgspec.Struct, frozen=True):
    """Records that a process took in, and how long it took, by the wall clock and in CPU seconds of all its threads."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Events per second of wall time."""
        return self.events / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Events per second of CPU time."""
        return self.events / self.cpu_seconds


class Spread(msgspec.Struct, frozen=True):
    """The middle of several values, and how far they lie apart."""

    median: float
    least: float
    greatest: float


class Summary(msgspec.Struct, frozen=True):
    """All rounds of one contestant."""

    title: str
    rounds: list[Measure]
    events_per_second: Spread
    events_per_cpu_second: Spread


class Ratio(msgspec.Struct, frozen=True):
    """How one contestant compares with another: the quotients of their medians."""

    numerator: str
    denominator: str
    wall: float
    cpu: float
    goal: float | None
    """What ``wall`` is meant to reach."""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        return None if self.goal is None else self.wall >= self.goal


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the extremes of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def summarise(title: str, rounds: Sequence[Measure]) -> Summary:
    """Summarise at least one round."""
    return Summary(
        title=title,
        rounds=list(rounds),
        events_per_second=spread([measure.per_second for measure in rounds]),
        events_per_cpu_second=spread([measure.per_cpu_second for measure in rounds]),
    )


def ratios(summaries: Mapping[str, Summary], comparisons: Iterable[Comparison] = COMPARISONS) -> list[Ratio]:
    """Return every comparison whose contestants are there."""
    found = []
    for numerator, denominator, goal in comparisons:
        above, below = summaries.get(numerator.name), summaries.get(denominator.name)
        if above is not None and below is not None:
            found.append(
                Ratio(
                    numerator=numerator.name,
                    denominator=denominator.name,
                    wall=above.events_per_second.median / below.events_per_second.median,
                    cpu=above.events_per_cpu_second.median / below.events_per_cpu_second.median,
                    goal=goal,
                )
            )
    return found

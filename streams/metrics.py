"""The metrics of a worker about itself: a closed list, and the plain numbers behind it.

The engine counts; whoever exports reads. Counters run from the start of the process on and never go back, also when
a partition number moves to another worker. The names are part of the interface and do not change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Final, Literal, NamedTuple

from streams.state import NumberState


class SelfMetric(NamedTuple):
    """One family. `name` is the sample's name for counters and gauges, the family's for histograms."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str


# Every record that was consumed, by what became of it. The sum over results is the number of records.
EVENTS: Final = SelfMetric(
    "selfserve_events_total",
    "counter",
    ("topic", "result"),
    "Records consumed, by what became of them: processed, duplicate, late_dropped, excluded, forwarded or dead_letter.",
)
# The first thing to look at when figures are old: how much waits, and where.
LAG: Final = SelfMetric(
    "selfserve_lag_records",
    "gauge",
    ("topic", "partition"),
    "Records of a partition that wait to be processed.",
)
# A timestamp, not an age: an age would stand still with the process.
PROCESSED: Final = SelfMetric(
    "selfserve_processed_timestamp_seconds",
    "gauge",
    ("topic", "partition"),
    "Greatest event time processed of a partition.",
)
LAST_EVENT: Final = SelfMetric(
    "selfserve_last_event_timestamp_seconds",
    "gauge",
    (),
    "Greatest event time processed of all partitions of this worker.",
)
# Alert on any increase: a producer broke the contract.
DEAD_LETTERS: Final = SelfMetric(
    "selfserve_dead_letters_total",
    "counter",
    ("reason",),
    "Records that were refused and written to the dead letters.",
)
EXCLUDED: Final = SelfMetric(
    "selfserve_excluded_events_total",
    "counter",
    ("reason",),
    "Events that count nowhere on purpose, such as those of bots and tests.",
)
LATE_EVENTS: Final = SelfMetric(
    "selfserve_late_events_total",
    "counter",
    (),
    "Events more than 5 minutes behind the newest one of their partition. They count, unless the result is late_dropped.",
)
LATE_COUNTS: Final = SelfMetric(
    "selfserve_late_counts_total",
    "counter",
    (),
    "Events that came too late for plain counts; everything else about them counts.",
)
# High and rising: producers use another partitioner or another key than the settings say.
MISPLACED: Final = SelfMetric(
    "selfserve_misplaced_events_total",
    "counter",
    (),
    "Events that came in a partition other than their customer's home and were forwarded there.",
)
OVERFLOW: Final = SelfMetric(
    "selfserve_overflow_total",
    "counter",
    ("dimension",),
    "Events whose value of a dimension was one too many and became `other`.",
)
# How old a figure is at least: the interval plus this.
CHECKPOINT_DURATION: Final = SelfMetric(
    "selfserve_checkpoint_duration_seconds",
    "histogram",
    (),
    "Time from the snapshot of a partition number until its transaction was committed.",
)
CHECKPOINT_RECORDS: Final = SelfMetric(
    "selfserve_checkpoint_records_total",
    "counter",
    (),
    "Records written by checkpoints.",
)
# The oldest over all numbers: a single stuck partition shows.
LAST_CHECKPOINT: Final = SelfMetric(
    "selfserve_last_checkpoint_timestamp_seconds",
    "gauge",
    ("partition",),
    "When the last checkpoint of a partition number was committed.",
)
REBALANCES: Final = SelfMetric(
    "selfserve_rebalances_total",
    "counter",
    (),
    "Rebalances of the consumer group that this worker took part in.",
)
RECOVERY_DURATION: Final = SelfMetric(
    "selfserve_recovery_duration_seconds",
    "gauge",
    (),
    "How long the last take-over of partitions took, from the assignment until all of them were ready.",
)
RECOVERED_RECORDS: Final = SelfMetric(
    "selfserve_recovered_records_total",
    "counter",
    (),
    "Changelog records read back when partitions were taken over.",
)
OWNED: Final = SelfMetric(
    "selfserve_owned_partitions",
    "gauge",
    (),
    "Partition numbers that this worker owns.",
)
CUSTOMERS: Final = SelfMetric(
    "selfserve_customers",
    "gauge",
    (),
    "Customers in the memory of this worker.",
)

SELF_METRICS: Final[tuple[SelfMetric, ...]] = (
    EVENTS,
    LAG,
    PROCESSED,
    LAST_EVENT,
    DEAD_LETTERS,
    EXCLUDED,
    LATE_EVENTS,
    LATE_COUNTS,
    MISPLACED,
    OVERFLOW,
    CHECKPOINT_DURATION,
    CHECKPOINT_RECORDS,
    LAST_CHECKPOINT,
    REBALANCES,
    RECOVERY_DURATION,
    RECOVERED_RECORDS,
    OWNED,
    CUSTOMERS,
)
"""Every family that a worker exports about the engine."""

CHECKPOINT_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds; the checkpoint interval's default lies in the middle."""


class Histogram:
    """Counts of observations by bucket, as Prometheus means it (a bound belongs to its bucket)."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[float, int]]:
        """Upper bound and number of observations up to it, the last one infinity."""
        found, rows = 0, []
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            found += count
            rows.append((bound, found))
        return rows


class StateCounters:
    """What states of partition numbers have counted, summed."""

    __slots__ = ("events", "excluded", "late_counts", "late_events", "misplaced", "overflow", "refused")

    def __init__(self) -> None:
        self.events: Counter[tuple[str, str]] = Counter()
        """By topic and result."""
        self.refused: Counter[str] = Counter()
        self.excluded: Counter[str] = Counter()
        self.overflow: Counter[str] = Counter()
        self.late_events = self.late_counts = self.misplaced = 0

    @classmethod
    def of(cls, state: NumberState) -> StateCounters:
        """The counters of one state."""
        counters = cls()
        for topic, results in state.results.items():
            for result, n in results.items():
                counters.events[topic, result] = n
        counters.refused.update(state.refused)
        counters.excluded.update(state.excluded)
        counters.overflow.update(state.overflow)
        counters.late_events = state.late_events
        counters.late_counts = state.late_counts
        counters.misplaced = state.misplaced
        return counters

    def add(self, other: StateCounters, sign: int = 1) -> None:
        """Add other counters to these, or with sign -1 take them off."""
        for mine, theirs in (
            (self.events, other.events),
            (self.refused, other.refused),
            (self.excluded, other.excluded),
            (self.overflow, other.overflow),
        ):
            for key, n in theirs.items():
                mine[key] += sign * n  # type: ignore[index]
        self.late_events += sign * other.late_events
        self.late_counts += sign * other.late_counts
        self.misplaced += sign * other.misplaced


class EngineMetrics:
    """What the shell counts itself."""

    __slots__ = (
        "checkpoint_duration",
        "checkpoint_records",
        "rebalances",
        "recovered_records",
        "recovery_seconds",
        "retired",
    )

    def __init__(self) -> None:
        self.checkpoint_duration = Histogram(CHECKPOINT_BUCKETS)
        self.checkpoint_records = 0
        self.rebalances = 0
        self.recovered_records = 0
        self.recovery_seconds: float | None = None
        self.retired = StateCounters()
        """What states counted that this worker no longer has."""

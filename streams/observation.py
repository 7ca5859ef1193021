"""The self-metrics' values at this moment, read from a running worker. Must be called on its event loop."""

from __future__ import annotations

from collections.abc import Mapping

from streams import metrics
from streams.metrics import SelfMetric
from streams.owner import Owner

Samples = Mapping[tuple[str, ...], float]
"""Values by their label values, in the order of the metric's labels."""


def observe(owner: Owner) -> dict[SelfMetric, Samples]:
    """Counters and gauges; what is not known yet is left out. The histogram is `owner.metrics.checkpoint_duration`."""
    counters = owner.counters()
    engine = owner.metrics
    lag: dict[tuple[str, ...], float] = {}
    processed: dict[tuple[str, ...], float] = {}
    for number, part in owner.owned.items():
        for topic in part.offsets:
            waiting = owner.lag(part, topic)
            if waiting is not None:
                lag[topic, str(number)] = waiting
        for topic, newest in part.state.newest.items():
            processed[topic, str(number)] = newest / 1000
    samples: dict[SelfMetric, Samples] = {
        metrics.EVENTS: {labels: n for labels, n in counters.events.items()},  # noqa: C416 - of another type
        metrics.LAG: lag,
        metrics.PROCESSED: processed,
        metrics.DEAD_LETTERS: _by_one(counters.refused),
        metrics.EXCLUDED: _by_one(counters.excluded),
        metrics.LATE_EVENTS: _single(counters.late_events),
        metrics.LATE_COUNTS: _single(counters.late_counts),
        metrics.MISPLACED: _single(counters.misplaced),
        metrics.OVERFLOW: _by_one(counters.overflow),
        metrics.CHECKPOINT_RECORDS: _single(engine.checkpoint_records),
        metrics.LAST_CHECKPOINT: {
            (str(number),): part.written_ms / 1000
            for number, part in owner.owned.items()
            if part.written_ms is not None
        },
        metrics.REBALANCES: _single(engine.rebalances),
        metrics.RECOVERED_RECORDS: _single(engine.recovered_records),
        metrics.OWNED: _single(len(owner.owned)),
        metrics.CUSTOMERS: _single(sum(part.state.customers for part in owner.owned.values())),
    }
    if processed:
        samples[metrics.LAST_EVENT] = _single(max(processed.values()))
    if engine.recovery_seconds is not None:
        samples[metrics.RECOVERY_DURATION] = _single(engine.recovery_seconds)
    return samples


def _single(value: float) -> Samples:
    return {(): value}


def _by_one(counts: Mapping[str, int]) -> Samples:
    return {(label,): n for label, n in counts.items()}

"""When the benchmark looks at a worker, and what it reads there."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import generate_latest

from app.bench.polling import EAGER_S, SELDOM_S, Counts, Sample, counts_of, pause_s
from streams.metrics import EVENTS, LATE_COUNTS

TOTAL = 100_000


def test_it_looks_often_until_the_pace_is_known() -> None:
    first = Sample(at=10.0, cpu=1.0, events=500)
    assert pause_s(None, Sample(9.0, 1.0, 0), TOTAL) == EAGER_S
    assert pause_s(first, first, TOTAL) == EAGER_S


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (10_000, SELDOM_S),  # nine seconds to go
        (94_000, 0.3),  # 0.6 s to go
        (99_000, 0.05),
        (99_900, EAGER_S),
        (100_000, EAGER_S),
    ],
)
def test_then_it_waits_half_of_what_the_rest_should_take(events: int, expected: float) -> None:
    first, last = Sample(at=0.0, cpu=0.0, events=0), Sample(at=events / 10_000, cpu=0.0, events=events)
    assert pause_s(first, last, TOTAL) == pytest.approx(expected)


def test_it_ends_close_to_the_last_record_with_few_looks() -> None:
    # A worker of constant pace, which is looked at without delay.
    per_second, at = 40_000, 0.05
    first = last = Sample(at, 0.0, int(at * per_second))
    looks = 0
    while last.events < TOTAL:
        at += pause_s(first, last, TOTAL)
        last = Sample(at, 0.0, min(TOTAL, int(at * per_second)))
        looks += 1
    assert at - TOTAL / per_second <= EAGER_S
    assert looks < 20


def test_it_reads_what_became_of_the_records_of_the_source_topics() -> None:
    registry = CollectorRegistry()
    events = CounterMetricFamily("selfserve_events", EVENTS.help, labels=list(EVENTS.labels))
    for topic, result, n in (
        ("product.events", "processed", 70),
        ("product.events", "duplicate", 3),
        ("support.events", "processed", 20),
        ("selfserve.events", "processed", 1_000),
    ):
        events.add_metric([topic, result], n)
    other = CounterMetricFamily("selfserve_other", "Not read.", labels=["topic", "result"])
    other.add_metric(["product.events", "processed"], 9)

    late = CounterMetricFamily("selfserve_late_counts", LATE_COUNTS.help, value=4)

    class Collector:
        def collect(self) -> list[CounterMetricFamily]:
            return [other, events, late]

    registry.register(Collector())
    page = generate_latest(registry).decode()
    counts = counts_of(page, ["product.events", "support.events"])
    assert counts == Counts({"processed": 90, "duplicate": 3}, late_counts=4)
    assert counts.total == 93


def test_a_worker_that_has_nothing_yet_has_no_results() -> None:
    assert counts_of(
        "# HELP selfserve_owned_partitions x\nselfserve_owned_partitions 0.0\n", ["a"]
    ) == Counts({}, 0)

"""The benchmark gets through, and its figures fit together. How large they are is not a matter for a test."""

from __future__ import annotations

import pytest

from app.bench import quiet
from app.bench.benchmark import run_benchmark
from app.bench.plan import CONTESTANTS, Plan

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_everybody_has_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "GIVE_UP_AFTER_S", 0.0)
    said: list[str] = []
    plan = Plan(
        events=60_000, rounds=1, partitions=2, faust_events=200, memory_customers=1_000, profile=False
    )

    report = run_benchmark(plan, said.append)

    assert list(report.contestants) == [contestant.name for contestant in CONTESTANTS]
    assert report.topics.total == plan.events
    events = {name: summary.rounds[0].events for name, summary in report.contestants.items()}
    assert events["bare_typed"] == events["bare_minimal"] == plan.events
    assert events["stock_faust"] == plan.faust_events
    assert 0 < events["worker"] == events["worker_committed"] < plan.events
    assert 0 < events["worker_few"] < plan.events
    for summary in report.contestants.values():
        assert summary.rounds[0].seconds > 0
        assert summary.rounds[0].cpu_seconds > 0
    worker, committed = (report.contestants[name].rounds[0] for name in ("worker", "worker_committed"))
    assert committed.seconds >= worker.seconds
    assert sum(report.worker_results.values()) == plan.events
    assert report.worker_results["duplicate"] > 0
    assert {(ratio.numerator, ratio.denominator) for ratio in report.ratios} == {
        ("worker", "bare_typed"),
        ("worker", "bare_minimal"),
        ("worker", "stock_faust"),
        ("worker_few", "bare_typed"),
        ("worker_few", "stock_faust"),
    }
    assert report.profile is None
    assert report.memory.customers == plan.memory_customers
    assert any("round 1 of 1" in line for line in said)

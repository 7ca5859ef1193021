"""The self-metrics: a closed list, and counters that never go back."""

from __future__ import annotations

import re

from streams.core.definitions import Definitions
from streams.core.partition import PartitionState
from streams.metrics import SELF_METRICS, Histogram, StateCounters


def test_every_metric_is_named_as_prometheus_asks_for() -> None:
    names = [metric.name for metric in SELF_METRICS]
    assert len(set(names)) == len(names)
    for metric in SELF_METRICS:
        assert re.fullmatch(r"selfserve_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.help.endswith(".")
        assert not {"type", "service", "env", "region"} & set(metric.labels)


def test_a_histogram_counts_a_bound_in_its_own_bucket() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 3.0):
        histogram.observe(value)
    assert histogram.cumulative() == [(0.1, 2), (1.0, 3), (float("inf"), 4)]
    assert histogram.total == 3.65


def test_counters_of_a_state_are_taken_off_what_it_had_counted_before() -> None:
    state = PartitionState(0, 1, Definitions())
    state.results["product.events"]["processed"] = 40
    state.refused["schema"] = 2
    before = StateCounters.of(state)
    state.results["product.events"]["processed"] = 45
    state.refused["schema"] = 3
    state.misplaced = 1
    total = StateCounters()
    total.add(StateCounters.of(state))
    total.add(before, -1)
    assert total.events["product.events", "processed"] == 5
    assert total.refused["schema"] == 1
    assert total.misplaced == 1

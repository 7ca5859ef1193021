"""A worker's self-metrics in the form of Prometheus. The names and their meaning are the engine's."""

from __future__ import annotations

import math
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from app.build_info import build_info
from streams.metrics import CHECKPOINT_DURATION, SELF_METRICS, Histogram, SelfMetric
from streams.observation import Samples, observe
from streams.owner import Owner


class WorkerCollector(Collector):
    """Reads a running worker at each scrape. Nothing is counted here."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def collect(self) -> Iterator[Metric]:
        """Yield the families in the order of `SELF_METRICS`. What is not known yet is left out."""
        yield build_info()
        observed = observe(self._owner)
        for metric in SELF_METRICS:
            if metric is CHECKPOINT_DURATION:
                yield _histogram(metric, self._owner.metrics.checkpoint_duration)
            elif metric in observed:
                yield _family(metric, observed[metric])


def worker_registry(owner: Owner) -> CollectorRegistry:
    """Return a registry of everything that a worker says about itself."""
    registry = CollectorRegistry()
    registry.register(WorkerCollector(owner))
    ProcessCollector(namespace="selfserve", registry=registry)
    return registry


def _family(metric: SelfMetric, samples: Samples) -> Metric:
    labels = list(metric.labels)
    if metric.kind == "counter":
        family: CounterMetricFamily | GaugeMetricFamily = CounterMetricFamily(
            metric.name.removesuffix("_total"), metric.help, labels=labels
        )
    else:
        family = GaugeMetricFamily(metric.name, metric.help, labels=labels)
    for values, value in sorted(samples.items()):
        family.add_metric(values, value)
    return family


def _histogram(metric: SelfMetric, histogram: Histogram) -> Metric:
    buckets = [("+Inf" if bound == math.inf else str(bound), n) for bound, n in histogram.cumulative()]
    return HistogramMetricFamily(metric.name, metric.help, buckets=buckets, sum_value=histogram.total)

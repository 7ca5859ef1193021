"""The exporter's metrics about itself and about what the workers have accounted for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.build_info import build_info
from app.exporter.live import Live


class SelfCollector(Collector):
    """Everything that is known without being counted; see `Latency` for what is."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """Yield the families. What is not known yet is left out."""
        yield build_info()
        yield from self._times()
        yield from self._accounts()
        yield from self._own_state()

    def _times(self) -> Iterator[Metric]:
        live = self._live
        if live.time is not None:
            yield GaugeMetricFamily(
                "selfserve_evaluation_timestamp_seconds",
                "The moment up to which the KPIs are complete",
                live.time / 1000,
            )
        newest = [time for meta in live.metas.values() for time in meta.newest.values()]
        if newest:
            yield GaugeMetricFamily(
                "selfserve_last_event_timestamp_seconds", "Greatest event time processed", max(newest) / 1000
            )
        since = {kpi: live.since(kpi) for kpi in live.catalogue}
        if any(at is not None for at in since.values()):
            family = GaugeMetricFamily(
                "selfserve_data_since_timestamp_seconds",
                "Least event time that the KPI can rest on; a window that begins earlier holds less than its name says",
                labels=["kpi"],
            )
            for kpi, at in since.items():
                if at is not None:
                    family.add_metric([kpi], at / 1000)
            yield family

    def _accounts(self) -> Iterator[Metric]:
        results: dict[tuple[str, str], int] = {}
        refused: dict[str, int] = {}
        for meta in self._live.metas.values():
            for topic, counts in meta.results.items():
                for result, n in counts.items():
                    results[topic, result] = results.get((topic, result), 0) + n
            for reason, n in meta.refused.items():
                refused[reason] = refused.get(reason, 0) + n
        accounted = GaugeMetricFamily(
            "selfserve_accounted_records",
            "Records that committed checkpoints account for since the beginning, by source topic and result",
            labels=["topic", "result"],
        )
        for labels, n in sorted(results.items()):
            accounted.add_metric(labels, n)
        yield accounted
        by_reason = GaugeMetricFamily(
            "selfserve_refused_records",
            "Dead letters that committed checkpoints account for since the beginning, by reason",
            labels=["reason"],
        )
        for reason, n in sorted(refused.items()):
            by_reason.add_metric([reason], n)
        yield by_reason

    def _own_state(self) -> Iterator[Metric]:
        live = self._live
        yield GaugeMetricFamily(
            "selfserve_exporter_current",
            "1 while the exporter has read all panes and publishes KPIs, else 0",
            1 if live.is_current() else 0,
        )
        lag = live.lag_ms()
        if lag is not None:
            yield GaugeMetricFamily(
                "selfserve_exporter_lag_seconds",
                "How long something may have been left unread by this exporter",
                lag / 1000,
            )


def self_registry(live: Live) -> CollectorRegistry:
    """Return a registry of all `selfserve_` metrics of an exporter."""
    # As a gauge of its own for each histogram, the time of its creation is more noise than news.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    registry.register(SelfCollector(live))
    registry.register(live.latency.registry)
    ProcessCollector(namespace="selfserve", registry=registry)
    return registry

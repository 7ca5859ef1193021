"""A duration's count, mean and quantiles, as both references have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streams.core.batch import Batch, Sums, in_order
from streams.core.definitions import Definitions
from streams.core.distributions import quantiles
from streams.core.time import ALL
from tests.realdata.comparison import QUANTILE, Comparison, Reference
from tests.realdata.values import Read, over_all

EXPORTED: Final = {"mean_s": "mean", "p50_s": "p50", "p75_s": "p75", "p90_s": "p90"}
"""Statistics that a KPI exports."""
FURTHER: Final = {"min_s": 0.0, "p25_s": 0.25, "p95_s": 0.95, "p99_s": 0.99, "max_s": 1.0}
"""Those that only its buckets have."""
MEASURE_OF: Final[Mapping[str, str]] = {
    "time_to_resolution": "time_to_resolution",
    "first_response_time": "first_response",
    "time_to_upgrade": "first_paid",
    "time_to_first_value": "first_values",
}
"""The measures whose last field is the bucket, by KPI."""


def compare_duration(
    reference: Reference, key: str, log: Read, kpi: str, remark: str = ""
) -> list[Comparison]:
    """Compare all numbers of one duration, over everything. ``remark`` says what stands for what."""
    values = over_all(log.events, kpi)
    observations = values.number(f"kpi_{kpi}_observations", window=ALL)
    found = [reference.compare(key, "count", found=observations, by=f"{kpi}, observations, all{remark}")]
    for name, stat in EXPORTED.items():
        seconds = values.number(f"kpi_{kpi}_seconds", window=ALL, stat=stat)
        by = f"{kpi}, {stat}, all{remark}"
        tolerance = 0.0 if stat == "mean" else QUANTILE
        found.append(reference.compare(key, name, found=seconds, by=by, tolerance=tolerance))
    by = f"buckets of {kpi}, not exported{remark}"
    for name, ms in zip(FURTHER, quantiles(_buckets(log, MEASURE_OF[kpi]), FURTHER.values()), strict=True):
        found.append(reference.compare(key, name, found=ms / 1000, by=by, tolerance=QUANTILE))
    return found


def _buckets(log: Read, measure: str) -> dict[int, int]:
    batch = Batch(Definitions())
    for event in in_order(log.events):
        batch.fold(event)
    sums = Sums(batch.contributions(), max(event.time for event in log.events) + 1, batch.rules)
    counts: dict[int, int] = {}
    for (*_, bucket), n in sums.cells(measure, ALL).items():
        counts[int(bucket)] = counts.get(int(bucket), 0) + n
    return counts

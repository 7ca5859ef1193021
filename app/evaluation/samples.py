"""A KPI value as it is exported."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values, in the order of the metric family."""


class Sample(NamedTuple):
    """One series of a metric family and its value."""

    metric: str
    labels: Labels
    value: float

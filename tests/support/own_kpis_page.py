"""The example of docs/own-kpis.md: its overlay, its events, and the figures that the page works out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.conftest import REPOSITORY

AT: Final = "2025-01-06T11:00:00Z"

Key = tuple[str, tuple[tuple[str, str], ...]]


def _block(language: str) -> str:
    page = (REPOSITORY / "docs" / "own-kpis.md").read_text()
    return page.split(f"```{language}\n", 1)[1].split("```", 1)[0]


def overlay_text() -> str:
    """The overlay file."""
    return _block("yaml")


def events_text() -> str:
    """The events, one a line."""
    return _block("jsonl")


def _key(metric: str, **labels: str) -> Key:
    return f"kpi_{metric}", tuple(sorted(labels.items()))


def _choice(part: str, window: str = "1d", platform: str = "all") -> Key:
    return _key(f"search_choice_{part}", window=window, platform=platform)


def _seekers(plan: str = "all", platform: str = "all") -> Key:
    return _key("seeking_customers", window="1d", plan=plan, platform=platform)


def _results(stat: str) -> Key:
    return _key("results_per_search_distribution", window="1d", stat=stat, platform="all")


EXPECTED: Final[Mapping[Key, float]] = {
    _choice("numerator"): 3,
    _choice("denominator"): 5,
    _choice("ratio"): 0.6,
    _choice("ratio", platform="web"): 0.75,
    _choice("ratio", platform="ios"): 0,
    _choice("ratio", window="1h"): 1,
    _choice("denominator", window="1h"): 1,
    _seekers(): 3,
    _seekers(plan="free"): 2,
    _seekers(plan="pro"): 1,
    _seekers(platform="web"): 3,
    _seekers(platform="ios"): 1,
    _key("results_per_search_observations", window="1d", platform="all"): 5,
    _results("mean"): 4.6,
    _results("p50"): 4,
    _results("p75"): 5,
    _results("p90"): 9.2,
    _key("revenue_by_customers_minor_units", window="1d", currency="EUR"): 1000,
    _key("revenue_by_customers_minor_units", window="1d", currency="USD"): 2000,
}
"""Families of the page's KPIs at `AT`. Quantiles are exact to 1 %."""

"""The measures: what contributions count, by which cells, and how they are read.

A *cell* is a tuple of values, one for each field. Panes hold one number for each (measure, cell, minute); KPIs in
the catalogue name measures, filter and project their cells, and so need no code of their own. Each family has its
measures in a module of its own.
"""

from __future__ import annotations

from typing import Final

from streams.core.measures import (
    accounts,
    activation,
    customers,
    flows,
    growth,
    help_uses,
    retention,
    satisfaction,
    support,
    usage,
)
from streams.core.measures.measure import Cell, Contribution, Kind, Measure

__all__ = ["MEASURES", "Cell", "Contribution", "Kind", "Measure"]

MEASURES: Final[dict[str, Measure]] = {
    m.name: m
    for family in (
        customers,
        accounts,
        satisfaction,
        support,
        usage,
        retention,
        flows,
        activation,
        growth,
        help_uses,
    )
    for m in family.MEASURES
}
"""Every measure by name. Yes and no are the strings "0" and "1" (`eligible`, `reopened`, …); `bucket` is an integer."""

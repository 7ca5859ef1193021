"""Values of dimensions: named when unknown, and bounded.

A hostile or careless producer may send a million channels. A partition takes the first `max_dimension_values` values of
each dimension as they are; further ones become `other` and are counted. What the facts hold is already folded, so
a restart changes nothing. Joint values of several dimensions are bounded where they are kept (`streams.core.panes`,
`streams.core.tallies`): beyond, they count under `other` in each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

UNKNOWN: Final = "unknown"
"""The label of a dimension that no event told."""
OTHER: Final = "other"
"""The label of every value beyond the bound."""
OVERALL: Final = "all"
"""The label of the overall series: no value of a dimension may look like it."""
DIMENSIONS: Final = (
    *("channel", "platform", "plan", "segment", "role"),
    *("bot", "feature", "article", "flow", "step", "milestone"),
    *("survey", "campaign", "network", "sentiment", "reason", "currency"),
)


OF_A_CUSTOMER: Final = "joint values of a customer"
"""Stands for a dimension where events are counted whose joint values were too many for one customer."""

OF_A_RECORD: Final = "facts of one record"
"""The same for facts that were given up because their record would have been too large (`streams.core.record_size`)."""


def folded(
    cell: tuple[str | int, ...], fields: Sequence[str], names: Collection[str]
) -> tuple[str | int, ...]:
    """Return a cell with `other` for the values of dimensions (``names``); what is unknown stays so."""
    return tuple(
        OTHER if field in names and value != UNKNOWN else value
        for field, value in zip(fields, cell, strict=True)
    )


class Dimensions:
    """The values of every dimension that one partition has taken."""

    __slots__ = ("_closed", "_limit", "overflow", "values")

    def __init__(
        self,
        limit: int,
        names: tuple[str, ...] = DIMENSIONS,
        allowed: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """``allowed`` has the dimensions whose values are given; every other value of them is `other`."""
        self._limit = limit
        allowed = allowed or {}
        self._closed = frozenset(allowed)
        self.values: dict[str, dict[str, str]] = {name: {} for name in names}
        self.overflow: dict[str, int] = dict.fromkeys((*names, OF_A_CUSTOMER, OF_A_RECORD), 0)
        """Events, by dimension, whose value was beyond the bound."""
        for name in allowed:
            self.values[name] = {value: value for value in allowed[name] if value != OVERALL}

    def fold(self, dimension: str, value: str | None) -> str:
        """The value as it is stored: shared, folded if it is one too many; "" for None or an empty one."""
        if not value:
            return ""
        known = self.values[dimension]
        folded = known.get(value)
        return self._take(dimension, known, value) if folded is None else folded

    def _take(self, dimension: str, known: dict[str, str], value: str) -> str:
        if value == OVERALL:
            value = f"({OVERALL})"
        if value in (OTHER, UNKNOWN):
            return value
        if value in known:
            return known[value]
        if dimension in self._closed:
            return OTHER
        if len(known) >= self._limit:
            self.overflow[dimension] += 1
            return OTHER
        known[value] = value
        return value

    def learn(self, dimension: str, value: str) -> str:
        """Take a value that facts already hold."""
        known = self.values[dimension]
        if not value or value in (OTHER, UNKNOWN) or dimension in self._closed:
            return known.get(value, value)
        return known.setdefault(value, value)

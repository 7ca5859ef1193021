"""Windows, breakdowns and the names under which figures are exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tests.oracle.settings import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Series = tuple[str, tuple[tuple[str, str], ...]]
Item = TypeVar("Item")

DURATIONS = {
    "5m": 5 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "6h": 6 * HOUR,
    "1d": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
}
EVENT_WINDOWS = (*DURATIONS, "all")
CUSTOMER_WINDOWS = ("1h", "1d", "7d", "30d", "all")

#: Earlier than any event.
EVER = -(10**18)


def begin_of(window: str, at: int) -> int:
    """Begin of a trailing window that ends at `at`: a full minute up to 1 d, a full hour beyond."""
    if window == "all":
        return EVER
    duration = DURATIONS[window]
    step = MINUTE if duration <= DAY else HOUR
    return (at - duration) // step * step


def label(value: str | None) -> str:
    """A dimension's value as a label: `unknown` where there is none; only the overall series is `all`."""
    if value is None:
        return "unknown"
    return "(all)" if value == "all" else value


def breakdowns(
    rows: Sequence[tuple[Mapping[str, str], Item]], dimensions: Sequence[str]
) -> Iterator[tuple[dict[str, str], list[Item]]]:
    """The overall series and, one dimension at a time, one for each value: (labels, the items under them)."""
    overall = dict.fromkeys(dimensions, "all")
    yield overall, [item for _, item in rows]
    for dimension in dimensions:
        for value in sorted({labels[dimension] for labels, _ in rows}):
            yield overall | {dimension: value}, [item for labels, item in rows if labels[dimension] == value]


class Figures:
    """What is exported: {(metric family, sorted label pairs): value}."""

    def __init__(self) -> None:
        self.values: dict[Series, float | int] = {}

    def put(self, family: str, value: float, labels: Mapping[str, str]) -> None:
        series = (family, tuple(sorted(labels.items())))
        if series in self.values:
            raise AssertionError(f"{series} is computed twice")
        self.values[series] = value

    def ratio(self, kpi: str, numerator: int, denominator: int, labels: Mapping[str, str]) -> None:
        """A ratio with its counts; without a denominator there is no ratio."""
        self._divided(kpi, "ratio", numerator, denominator, labels)

    def quotient(self, kpi: str, numerator: int, denominator: int, labels: Mapping[str, str]) -> None:
        """The same for two counts that have nothing to do with one another."""
        self._divided(kpi, "quotient", numerator, denominator, labels)

    def _divided(
        self, kpi: str, suffix: str, numerator: int, denominator: int, labels: Mapping[str, str]
    ) -> None:
        self.put(f"kpi_{kpi}_numerator", numerator, labels)
        self.put(f"kpi_{kpi}_denominator", denominator, labels)
        if denominator:
            self.put(f"kpi_{kpi}_{suffix}", numerator / denominator, labels)

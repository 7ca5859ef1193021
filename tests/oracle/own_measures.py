"""Own measures once more, straight from how they are written and from the raw events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.oracle.figures import CUSTOMER_WINDOWS, EVENT_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.people import Event, Life, lives, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ABOUT_CUSTOMERS = ("plan", "segment", "role")
MOMENTS = ("requested_at", "period_end")


def field(event: Event, name: str) -> Any:
    """A field by the name that measures use; None where it is left out."""
    if not name.startswith("data."):
        return event.field(name)
    name = name.removeprefix("data.")
    value = event.data(name)
    if value is None and name in {"core", "key_action", "confirmed"}:
        value = False
    if name == "score" and isinstance(value, str):
        value = event.data("scale") if value == "good" else (0 if event.data("kind") == "nps" else 1)
    if name == "currency":
        value = value.upper()
    return None if value == "" else value


def matches(event: Event, where: Mapping[str, Any]) -> bool:
    """Whether an event fulfils every condition."""
    return all(_fulfils(field(event, name), name, wanted) for name, wanted in where.items())


def _fulfils(value: Any, name: str, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        if "present" in wanted and (value is not None) != wanted["present"]:
            return False
        bounds = {k: v for k, v in wanted.items() if k != "present"}
        if not bounds:
            return True
        return value is not None and (
            value > bounds.get("above", float("-inf"))
            and value >= bounds.get("at_least", float("-inf"))
            and value < bounds.get("below", float("inf"))
            and value <= bounds.get("at_most", float("inf"))
        )
    values = wanted if isinstance(wanted, list) else [wanted]
    if name == "data.currency":
        values = [one.upper() for one in values]
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)


def _shown(event: Event, name: str) -> str:
    value = field(event, name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return label(None if value is None else str(value))


def own_figures(
    measures: Mapping[str, Mapping[str, Any]], raw_events: Iterable[Mapping[str, Any]], at: int
) -> dict[Any, float]:
    """Return the figures of a KPI `own_…` over each of the measures."""
    everybody = lives(raw_events, at)
    figures = Figures()
    for name, measure in measures.items():
        kinds = measure["events"] if isinstance(measure["events"], list) else [measure["events"]]
        rows = [
            (life, [e for e in life.events if e.type in kinds and matches(e, measure.get("where", {}))])
            for life in everybody
        ]
        if measure["count"] == "customers":
            _customers(name, measure, rows, at, figures)
        else:
            _numbers(name, measure, [event for _, mine in rows for event in mine], at, figures)
    return figures.values


def _numbers(
    name: str, measure: Mapping[str, Any], events: Sequence[Event], at: int, figures: Figures
) -> None:
    fields = measure.get("dimensions", [])
    dimensions = [one.rpartition(".")[2] for one in fields]
    for window in EVENT_WINDOWS:
        rows = [
            (dict(zip(dimensions, (_shown(e, one) for one in fields), strict=True)), e)
            for e in events
            if e.time >= begin_of(window, at)
        ]
        for labels, some in breakdowns(rows, dimensions):
            series = labels | {"window": window}
            if measure["count"] == "events":
                figures.put(f"kpi_own_{name}", len(some), series)
                continue
            ((word, of),) = measure["count"].items()
            if word == "sum":
                total = sum(field(e, of) for e in some)
                # Cells that come to nothing are not told from those that never were.
                if total or all(labels[one] == "all" for one in dimensions):
                    figures.put(f"kpi_own_{name}", total, series)
                continue
            values = sorted(_distributed(e, of) for e in some)
            figures.put(f"kpi_own_{name}_observations", len(values), series)
            if values:
                stats = {"mean": sum(values) / len(values)}
                stats |= {f"p{q}": _quantile(values, q / 100) for q in (50, 75, 90)}
                for stat, value in stats.items():
                    figures.put(f"kpi_own_{name}_distribution", value, series | {"stat": stat})


def _distributed(event: Event, name: str) -> float:
    if name.removeprefix("data.") in MOMENTS:
        return max(0, event.time - milliseconds(field(event, name))) / 1000
    return float(field(event, name))


def _quantile(values: Sequence[float], q: float) -> float:
    position = q * (len(values) - 1)
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return values[low] + (position - low) * (values[high] - values[low])


def _customers(
    name: str, measure: Mapping[str, Any], rows: Sequence[tuple[Life, list[Event]]], at: int, figures: Figures
) -> None:
    fields = measure.get("dimensions", [])
    dimensions = [one.rpartition(".")[2] for one in fields]
    here = [(life, mine) for life, mine in rows if life.ended is None and _somebody(life)]
    for window in CUSTOMER_WINDOWS:
        since = [(life, [e for e in mine if e.time >= begin_of(window, at)]) for life, mine in here]
        some = [(life, mine) for life, mine in since if mine]
        overall = dict.fromkeys(dimensions, "all") | {"window": window}
        figures.put(f"kpi_own_{name}", len(some), overall)
        for one, dimension in zip(fields, dimensions, strict=True):
            values = [
                {label(life.latest(dimension))}
                if dimension in ABOUT_CUSTOMERS
                else {_shown(e, one) for e in mine}
                for life, mine in some
            ]
            for value in sorted(set().union(*values)):
                n = sum(value in mine for mine in values)
                figures.put(f"kpi_own_{name}", n, overall | {dimension: value})


def _somebody(life: Life) -> bool:
    return any(e.field(name) for e in life.events for name in ("user_id", "anonymous_id", "account_id"))


def instant(text: str) -> int:
    """A time with its offset, in ms."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)

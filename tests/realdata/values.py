"""What selfserve makes of native events: by way of the batch, at any evaluation times."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.catalogue.load import load_catalogue
from app.evaluation.batch import evaluate_events
from app.evaluation.samples import Labels
from schemas.decode import read
from schemas.events import event_time_ms
from schemas.reasons import Refusal
from schemas.types import TYPE_OF_STRUCT
from streams.core.batch import Timed
from streams.core.definitions import Definitions
from streams.core.time import ALL

UNBROKEN = "all"
"""The value of every dimension that is not asked for."""


class Read(NamedTuple):
    """A log as selfserve reads it."""

    events: list[Timed]
    refused: Counter[str]

    def between(self, start: int, end: int) -> list[Timed]:
        """The events of a stretch of time (ms, half-open) alone."""
        return [event for event in self.events if start <= event.time < end]


def read_events(events: Iterable[Mapping[str, Any]]) -> Read:
    """Decode events as `selfserve evaluate` does, the refused ones counted by reason."""
    result = Read([], Counter())
    for raw in events:
        event = read(json.dumps(raw).encode())
        if isinstance(event, Refusal):
            result.refused[event.reason.value] += 1
        else:
            result.events.append(Timed(event_time_ms(event), TYPE_OF_STRUCT[type(event)].topic, event))
    return result


class Values:
    """The samples of one evaluation time."""

    def __init__(self, samples: Iterable[tuple[str, Labels, float]]) -> None:
        self._numbers = {(metric, frozenset(labels)): value for metric, labels, value in samples}
        self._names = {metric: [name for name, _ in labels] for metric, labels in self._numbers}

    def number(self, metric: str, **labels: str) -> float:
        """The value of one series; dimensions that are not given stand at `all`. Raises KeyError if there is none."""
        names = self._names[metric]
        return self._numbers[metric, frozenset((name, labels.get(name, UNBROKEN)) for name in names)]

    def by(self, dimension: str, metric: str, **labels: str) -> dict[str, float]:
        """The values of a metric by one dimension, without `all`."""
        found = {}
        for name, series in self._numbers:
            value = dict(series).get(dimension, UNBROKEN)
            if name == metric and value != UNBROKEN:
                wanted = {n: labels.get(n, UNBROKEN) for n, _ in series if n != dimension}
                if series == frozenset({**wanted, dimension: value}.items()):
                    found[value] = self._numbers[name, series]
        return found


def evaluated(
    events: Sequence[Timed],
    times: Sequence[int],
    *kpis: str,
    windows: Sequence[str],
    definitions: Definitions | None = None,
) -> dict[int, Values]:
    """The values of some KPIs at each evaluation time (ms, ascending)."""
    catalogue = load_catalogue()
    found = evaluate_events(
        events,
        times,
        {kpi: catalogue[kpi] for kpi in kpis},
        definitions=definitions or Definitions(),
        windows=windows,
    )
    return {at: Values(samples) for at, samples in found}


def over_all(events: Sequence[Timed], *kpis: str, definitions: Definitions | None = None) -> Values:
    """The values over everything, just after the last event."""
    at = max(event.time for event in events) + 1
    return evaluated(events, [at], *kpis, windows=[ALL], definitions=definitions)[at]


def days_of(events: Sequence[Timed], timezone: str = "UTC") -> list[date]:
    """Every local day from the first event's to the last one's."""
    zone = ZoneInfo(timezone)
    first, last = (
        datetime.fromtimestamp(edge(event.time for event in events) / 1000, zone).date()
        for edge in (min, max)
    )
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def midnight(day: date, timezone: str = "UTC") -> int:
    """The instant (ms) at which a local day begins."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return int(local.astimezone(UTC).timestamp()) * 1000


def end_of(day: date, timezone: str = "UTC") -> int:
    """The instant (ms) at which a local day ends."""
    return midnight(day + timedelta(days=1), timezone)


def months_of(days: Iterable[date]) -> dict[str, tuple[date, date]]:
    """The calendar months that days touch, as half-open stretches of days."""
    firsts = sorted({day.replace(day=1) for day in days})
    return {f"{first:%Y-%m}": (first, (first + timedelta(days=32)).replace(day=1)) for first in firsts}

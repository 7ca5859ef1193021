"""Figures of an event set by way of the batch, for comparison with the naive oracle and with live ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.catalogue.load import load_catalogue
from app.evaluation.evaluate import Evaluator
from app.evaluation.reads import Reads
from schemas.decode import read
from schemas.events import Event, event_time_ms
from schemas.types import TYPE_OF_STRUCT
from streams.core.batch import Batch, Sums, Timed, in_order
from streams.core.definitions import Definitions
from streams.core.time import ALL, DAY, WINDOWS

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]
EVERY_WINDOW = (*WINDOWS, DAY, ALL)


def timed(raw: Mapping[str, Any]) -> Timed:
    """A native event (with or without its topic) as the batch takes it. Raises AssertionError if it is invalid."""
    event = read(json.dumps(raw).encode())
    assert isinstance(event, Event), event
    return Timed(event_time_ms(event), raw.get("topic") or TYPE_OF_STRUCT[type(event)].topic, event)


def folded(events: Iterable[Mapping[str, Any]], at: int, definitions: Definitions) -> Batch:
    """All events before `at`, folded in order."""
    batch = Batch(definitions)
    for t in in_order((t for t in map(timed, events) if t.time < at), by_account=definitions.by_account):
        batch.fold(t)
    return batch


def figures_of(reads: Reads, definitions: Definitions) -> Figures:
    """Every sample of every KPI over every window."""
    evaluator = Evaluator(load_catalogue(), definitions=definitions)
    return {
        (s.metric, tuple(sorted(s.labels))): s.value for s in evaluator.evaluate(reads, windows=EVERY_WINDOW)
    }


def batch_figures(
    events: Iterable[Mapping[str, Any]], at: int, definitions: Definitions | None = None
) -> Figures:
    """The figures at `at` as batch evaluation has them."""
    definitions = definitions or Definitions()
    batch = folded(events, at, definitions)
    return figures_of(Sums(batch.contributions(at), at, batch.rules), definitions)


def differing(expected: Mapping[Any, float], found: Mapping[Any, float]) -> list[str]:
    """Every series that is not the same: exactly, but for quantiles, which may differ by 1 %."""
    out = []
    for key in sorted(expected.keys() | found.keys()):
        want, got = expected.get(key), found.get(key)
        tolerance = 0.01 if ("stat", "mean") not in key[1] and key[0].endswith("_seconds") else 1e-12
        if want is None or got is None or abs(want - got) > tolerance * max(abs(want), abs(got)):
            out.append(f"{key[0]}{dict(key[1])}: expected {want}, found {got}")
    return out

"""Whether what workers keep is what the events say: against the batch, against the facts, and record by record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.changelogs import Kept
from streams.core.assessment import whole_hour
from streams.core.batch import Sums
from streams.core.definitions import Definitions
from streams.core.measures import MEASURES, Cell, Contribution
from streams.core.panes import BASE, WHOLE
from streams.core.time import ALL, BEGINNING, DAY, HOUR_MINUTES, WINDOWS
from tests.support.figures import folded

Reading = dict[tuple[str, str], dict[Cell, int]]
Event = dict[str, Any]


def readings(sums: Sums) -> Reading:
    """Every measure over every window."""
    return {
        (name, window): {cell: n for cell, n in sums.cells(name, window).items() if n}
        for name, measure in MEASURES.items()
        for window in ((DAY,) if measure.kind == "day" else (*WINDOWS, ALL))
    }


def contributions_kept(kept: Iterable[Kept]) -> list[Contribution]:
    """All panes as contributions, each at the earliest minute that its slot stands for."""
    out: list[Contribution] = []
    for number in kept:
        for panes in number.state.ledger.panes:
            for cell, block, slot, n in panes.numbers():
                minute = block if panes.is_day else block * HOUR_MINUTES + (0 if slot == WHOLE else slot)
                out.append((panes.measure.name, cell, BEGINNING if block == BASE else minute, n))
    return out


def expected(events: Sequence[Mapping[str, Any]], at: int, definitions: Definitions | None = None) -> Reading:
    """The readings as batch evaluation has them, with everybody assessed as of the last whole hour."""
    definitions = definitions or Definitions()
    batch = folded(events, at, definitions)
    return readings(Sums(batch.contributions(at), at, batch.rules))


def found(kept: Sequence[Kept], at: int) -> Reading:
    """The readings of what workers keep."""
    return readings(Sums(contributions_kept(kept), at, kept[0].state.rules))


def hours_missed(kept: Iterable[Kept], at: int) -> list[str]:
    """Every number whose sweep was not as of the last whole hour up to `at`, in words."""
    hour = whole_hour(at)
    return [
        f"partition {part.number}: assessed as of minute {found}, expected {hour}"
        for part in kept
        if (found := part.state.ledger.hour) != hour
    ]


def newest(kept: Iterable[Kept]) -> int:
    """The greatest event time of all (ms)."""
    return max(number.state.newest_ms for number in kept)


def one_claim_each(events: Iterable[Event]) -> list[Event]:
    """Without visitors that several users claim: there the order of arrival matters, by definition."""
    events = list(events)
    claims: dict[str, set[str]] = {}
    for event in events:
        if event["type"] == "user.identified" and event.get("anonymous_id") and event.get("user_id"):
            claims.setdefault(event["anonymous_id"], set()).add(event["user_id"])
    return [event for event in events if len(claims.get(event.get("anonymous_id") or "", ())) < 2]


def differences(want: Reading, got: Reading) -> list[str]:
    """Every cell that is not the same, in words."""
    out = []
    for key in sorted(want.keys() | got.keys()):
        mine, theirs = want.get(key, {}), got.get(key, {})
        out += [
            f"{key[0]} {key[1]} {cell}: expected {mine.get(cell, 0)}, found {theirs.get(cell, 0)}"
            for cell in sorted(mine.keys() | theirs.keys(), key=str)
            if mine.get(cell, 0) != theirs.get(cell, 0)
        ]
    return out


def events_in(records: Iterable[Any]) -> list[Event]:
    """The events of records, as objects; what is no event is left out."""
    out = []
    for record in records:
        try:
            event = json.loads(record.value)
        except ValueError:
            continue
        if isinstance(event, dict):
            out.append(event)
    return out

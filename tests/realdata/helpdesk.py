"""The log of a help desk as native events: one row is one activity on a ticket."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, str]
Event = dict[str, Any]

LOG = Path("helpdesk") / "helpdesk_full.csv.gz"
REPLY = "Take in charge ticket"
RESOLUTION = "Resolve ticket"
CLOSURE = "Closed"
LAST = ""
"""In the place of an activity: a ticket's last row, whatever it says."""
WORK = {
    "Insert ticket",
    "Assign seriousness",
    REPLY,
    "Wait",
    "Require upgrade",
    "Create SW anomaly",
    "Resolve SW anomaly",
    "Schedule intervention",
}
"""Activities that show a ticket being worked on: after a resolution they reopen it."""


def read_rows(data: Path) -> tuple[list[Row], str]:
    """Return the rows, ticket by ticket and each ticket in order of time, and the log's SHA-256."""
    raw = gzip.decompress((data / LOG).read_bytes())
    rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    for number, row in enumerate(rows, 1):
        row["row"] = str(number)
    return rows, hashlib.sha256(raw).hexdigest()


def tickets(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows of one ticket after the other."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["Case ID"], []).append(row)
    yield from found.values()


def activities(
    rows: Sequence[Row],
    *,
    user: str = "customer",
    plan: str | None = None,
    told: str | None = None,
    core: bool = False,
) -> list[Event]:
    """Every row as an activity of whom the column ``user`` names, with ``core`` as a core action.

    ``plan`` is a column of the ticket's first row, ``told`` one of each row that stands for its plan.
    """
    events = []
    for ticket in tickets(rows):
        for row in ticket:
            extra: dict[str, Any] = {"data": {"core": True}} if core else {}
            if plan is not None:
                extra["plan"] = ticket[0][plan]
            if told is not None:
                extra["plan"] = row[told]
            events.append(_event(row, "feature.used", user_id=row[user], feature=row["Activity"], **extra))
    return events


def conversations(
    rows: Sequence[Row], *, resolution: str = RESOLUTION, channel: str | None = None
) -> list[Event]:
    """Every ticket as a conversation of its first row's customer, begun by that row, with an agent.

    The activity ``resolution`` (or its last row, `LAST`) resolves it, work after that reopens it, taking it in charge is a reply. ``channel`` is a
    column of the first row.
    """
    events = []
    for ticket in tickets(rows):
        first = ticket[0]
        envelope = {"user_id": first["customer"], "conversation_id": first["Case ID"]}
        if channel is not None:
            envelope["channel"] = first[channel]
        started = {"initiated_by": "customer", "with": "agent"}
        events.append(_event(first, "conversation.started", **envelope, data=started))
        resolved = False
        for row in ticket:
            if row is ticket[-1] if resolution == LAST else row["Activity"] == resolution:
                resolved = True
                events.append(_event(row, "conversation.resolved", **envelope, data={"by": "agent"}))
            elif resolved and row["Activity"] in WORK:
                resolved = False
                events.append(_event(row, "conversation.reopened", **envelope))
            if row["Activity"] == REPLY:
                reply = {"actor": "agent", "public": True}
                events.append(_event(row, "conversation.message", **envelope, data=reply))
    return events


def native_events(data: Path) -> list[Event]:
    """The whole log: what the customers did and their conversations, the product as channel, the service type as plan."""
    rows, _ = read_rows(data)
    return activities(rows, plan="service_type") + conversations(rows, channel="product")


def time_of(row: Row) -> str:
    """When a row happened, as RFC 3339. The log has no offsets; its times are taken as UTC."""
    return row["Complete Timestamp"].replace("/", "-").replace(" ", "T") + "Z"


def _event(row: Row, kind: str, **fields: Any) -> Event:
    return {
        "id": f"{row['row']}/{kind}",
        "source": "helpdesk",
        "type": kind,
        "time": time_of(row),
        **fields,
    }

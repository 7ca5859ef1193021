"""The log of a music service as native events: one row is one page, one event."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Event = dict[str, Any]

LOG = Path("sparkify") / "events-2018-11.jsonl.gz"
CORE = "NextSong"
HELP = "Help"
TYPES = {CORE: "feature.used", HELP: "help.article_viewed"}
"""The type of a page's event; that of every other page is `page.viewed`."""
ALL_PAGES = ["page.viewed", "feature.used", "help.article_viewed"]
"""Setting `active_events` with which every page is activity."""
CORE_ONLY = ["feature.used"]
"""The same where only listening is."""


def read_rows(data: Path) -> tuple[list[Row], str]:
    """Return the rows in order of time, and the log's SHA-256."""
    raw = gzip.decompress((data / LOG).read_bytes())
    return [json.loads(line) for line in raw.splitlines()], hashlib.sha256(raw).hexdigest()


def page_events(rows: Sequence[Row], *, user: str = "userId", platform: str | None = None) -> list[Event]:
    """Every row as an event of whom the column ``user`` names, nobody where it is empty.

    ``platform`` is the column that stands in for the platform, so that customers are counted by its values.
    """
    events = []
    for row in rows:
        event = _event(row, "", TYPES.get(row["page"], "page.viewed"), user)
        event |= {"session_id": str(row["sessionId"]), "plan": row["level"]}
        if platform is not None:
            event["platform"] = row[platform]
        if row["page"] == CORE:
            event |= {"feature": CORE, "data": {"core": True}}
        elif row["page"] == HELP:
            event |= {"data": {"article": HELP, "in_app": True}}
        events.append(event)
    return events


def _event(row: Row, prefix: str, event_type: str, user: str = "userId") -> Event:
    """What every event of a row says, the user taken from the column ``user``; ids of one row differ by their prefix."""
    return {
        "id": f"{prefix}{row['sessionId']}-{row['itemInSession']}",
        "source": "sparkify",
        "type": event_type,
        "time": row["ts"],
        "user_id": str(row[user]),
    }


def uses(rows: Sequence[Row], column: str, *, user: str = "userId") -> list[Event]:
    """Every row as a core use of a feature, which the column ``column`` names, by whom the column ``user`` names."""
    return [
        _event(row, "", "feature.used", user) | {"feature": str(row[column]), "data": {"core": True}}
        for row in rows
    ]


def signups(rows: Sequence[Row], *, at: str | None = None) -> list[Event]:
    """The signup of every user: at the time in the column ``at``, or with the first row."""
    first: dict[str, Row] = {}
    for row in rows:
        if row["userId"]:
            first.setdefault(str(row["userId"]), row)
    return [
        {
            "id": f"signup-{user}",
            "source": "sparkify",
            "type": "user.signed_up",
            "time": row["ts"] if at is None else int(row[at]),
            "user_id": user,
        }
        for user, row in first.items()
    ]


def levels(rows: Sequence[Row]) -> list[Event]:
    """The level of every row with a user, as the plan that is told of the user."""
    return [
        _event(row, "level-", "user.identified") | {"plan": row["level"]} for row in rows if row["userId"]
    ]


def upgrades(rows: Sequence[Row]) -> list[Event]:
    """Every submission of an upgrade as the start of a subscription to the plan `paid`."""
    terms = {"to": "paid", "mrr": 1, "mrr_delta": 1, "currency": "USD", "initiated_by": "customer"}
    return [
        _event(row, "upgrade-", "subscription.started")
        | {"data": {"subscription_id": str(row["userId"]), **terms}}
        for row in rows
        if row["page"] == "Submit Upgrade"
    ]


def plays(rows: Sequence[Row]) -> list[Event]:
    """Every song as a user's first value."""
    return [
        _event(row, "play-", "milestone.reached") | {"data": {"milestone": "first_value"}}
        for row in rows
        if row["page"] == CORE and row["userId"]
    ]


def native_events(data: Path) -> list[Event]:
    """The whole log, with the page as platform. The rows without a user are in it, and no valid events."""
    rows, _ = read_rows(data)
    return page_events(rows, platform="page")

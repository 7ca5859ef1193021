"""The time zone in which calendar days begin, and which database knows it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from app.check.finding import Finding, fail, ok

SUBJECT = "time zone"


def timezone_findings(name: str, now: datetime) -> list[Finding]:
    """Return what is to be said of the zone ``name`` at the instant ``now``."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [
            fail(
                SUBJECT,
                f"{name} is not in the time zone database",
                "Correct definitions.timezone, or install the package tzdata.",
            )
        ]
    local = now.astimezone(UTC).astimezone(zone)
    return [
        ok(
            SUBJECT,
            f"days begin at midnight in {name}, now {local:%H:%M} (UTC{local.isoformat()[-6:]}); {_database(name)}",
        )
    ]


def _database(name: str) -> str:
    for directory in TZPATH:
        if (Path(directory) / name).is_file():
            return f"known from {directory}"
    return f"known from the package tzdata {metadata.version('tzdata')}"

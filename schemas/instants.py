"""Instants as events carry them, and as everything else counts them. Compiled in production: every event goes through here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant_ms(instant: datetime | int) -> int:
    """Return an instant in either of its two forms as milliseconds since the epoch, rounded down.

    Exact for every instant a datetime can hold: nothing passes through a float. Negative before 1970.
    """
    if isinstance(instant, int):
        return instant
    since = instant - EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000

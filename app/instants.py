"""Instants as they are written in documents and on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def format_instant(ms: int) -> str:
    """Return an instant (ms since the epoch) as RFC 3339 in UTC with milliseconds."""
    instant = _EPOCH + timedelta(milliseconds=ms)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")

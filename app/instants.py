"""Instants as people write them on a command line: RFC 3339, or milliseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from schemas.events import instant_ms
from schemas.fields import MAX_TIME_MS, Instant

_decode = msgspec.json.Decoder(Instant).decode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant(text: str) -> int:
    """Return the milliseconds since the epoch that ``text`` stands for.

    Raises ValueError with what is allowed.
    """
    text = text.strip()
    try:
        instant = _decode(text if text.isdigit() else msgspec.json.encode(text))
    except msgspec.DecodeError as error:
        raise ValueError(
            "expected RFC 3339 with an offset, such as 2026-03-14T09:00:00Z, or milliseconds since the epoch"
        ) from error
    since: int = instant_ms(instant)
    if not 0 <= since <= MAX_TIME_MS:
        raise ValueError("expected an instant between 1970 and 9999")
    return since


def format_instant(milliseconds: int) -> str:
    """Return an instant as RFC 3339 in UTC, with milliseconds only where there are some."""
    instant = _EPOCH + timedelta(milliseconds=milliseconds)
    text = instant.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{milliseconds % 1000:03d}Z" if milliseconds % 1000 else f"{text}Z"

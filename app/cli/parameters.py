"""Kinds of values that options take."""

from __future__ import annotations

import re
from datetime import datetime

import click

from app.config.durations import parse_duration
from schemas.fields import MAX_TIME_MS
from schemas.instants import instant_ms


class DurationType(click.ParamType):
    """A duration, as milliseconds: seconds as a plain number, or a number with its unit, as in the settings."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the milliseconds, at least 1."""
        if isinstance(value, int):
            return value
        text = str(value)
        if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,3})?", text):
            milliseconds = round(float(text) * 1_000)
        else:
            try:
                milliseconds = parse_duration(text)
            except ValueError as error:
                self.fail(
                    f"{text!r}: {error}; write seconds, or a duration like 90s, 30m, 1h30m or 8d", param, ctx
                )
        if milliseconds < 1:
            self.fail(f"{text!r} is no time at all", param, ctx)
        return milliseconds


class InstantType(click.ParamType):
    """An instant, as milliseconds since the epoch: RFC 3339 with an offset, or those milliseconds."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the milliseconds."""
        if isinstance(value, int):
            return value
        text = str(value)
        if re.fullmatch(r"[0-9]{1,15}", text):
            milliseconds = int(text)
        else:
            try:
                instant = datetime.fromisoformat(text)
            except ValueError:
                self.fail(f"{text!r} is not an instant; write it like 2026-01-05T08:30:00Z", param, ctx)
            if instant.tzinfo is None:
                self.fail(f"{text!r} has no offset from UTC; write it like 2026-01-05T08:30:00Z", param, ctx)
            milliseconds = instant_ms(instant)
        if not 0 <= milliseconds <= MAX_TIME_MS:
            self.fail(f"{text!r} is not between 1970 and 9999", param, ctx)
        return milliseconds


DURATION = DurationType()
INSTANT = InstantType()

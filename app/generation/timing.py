"""Durations of the rules (ms) as Prometheus writes them, in words, and on the clock of a test."""

from __future__ import annotations

from typing import Final

from app.config.durations import UNITS, format_duration

AT_ONCE: Final = 0
"""For what has happened, as opposed to what is the case: it does not become truer by waiting."""

_WORDS: Final = (("h", "hour"), ("m", "minute"), ("s", "second"))


def duration(ms: int) -> str:
    """Return the duration as Prometheus writes it."""
    return format_duration(ms) if ms else "0m"


def seconds(ms: int) -> str:
    """Return the duration in seconds, as PromQL compares with it."""
    return f"{ms / 1_000:.10g}"


def spoken(ms: int) -> str:
    """Return the duration in words, in the largest unit of which it is a whole number."""
    for unit, word in _WORDS:
        if ms and ms % UNITS[unit] == 0:
            return _spoken(ms // UNITS[unit], word)
    return f"{seconds(ms)} seconds"


def _spoken(n: int, word: str) -> str:
    if n == 1:
        return f"{'an' if word == 'hour' else 'a'} {word}"
    return f"{n} {word}s"

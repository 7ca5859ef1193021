"""One thing that was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """What was found.

    ``warn`` is worth knowing and keeps nothing from working, ``fail`` does. ``subject`` is one word for what was looked
    at, ``text`` one sentence, ``details`` lines that belong to it, ``remedy`` what to do; empty where nothing is.
    """

    status: Status
    subject: str
    text: str
    details: tuple[str, ...] = ()
    remedy: str = ""


def ok(subject: str, text: str, details: Sequence[str] = ()) -> Finding:
    """Return the finding that all is well."""
    return Finding("ok", subject, text, tuple(details))


def warn(subject: str, text: str, remedy: str, details: Sequence[str] = ()) -> Finding:
    """Return a finding that somebody should know of."""
    return Finding("warn", subject, text, tuple(details), remedy)


def fail(subject: str, text: str, remedy: str, details: Sequence[str] = ()) -> Finding:
    """Return a finding that keeps the service from working."""
    return Finding("fail", subject, text, tuple(details), remedy)

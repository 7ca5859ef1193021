"""Structs of a customer's records. They stay in the interpreter: compiled, they would lose the keywords of their classes."""

from __future__ import annotations

import msgspec


class Status(msgspec.Struct, array_like=True, gc=False, eq=False):
    """What few customers have: flags, eligibility changes, names, deletion."""

    flagged: tuple[int, int, str] = (-1, 0, "")
    """Time, 1 if flagged (0: unflagged) and reason of the latest flag."""
    eligibility: list[tuple[int, int]] = []
    """Eligibility changes in order: time, 1 if eligible."""
    alias: tuple[int, str] | None = None
    """The earliest claim by a user, if this is an anonymous visitor: time and user."""
    names: dict[str, int] = {}
    """Anonymous visitors that are this user, with the time of the earliest event that says so."""
    deleted: int = -1
    """Until when (ms) everything was deleted."""

    @property
    def is_flagged(self) -> bool:
        """Whether the customer is excluded now."""
        return self.flagged[1] == 1


class Hot(msgspec.Struct, array_like=True, gc=False):
    """The hot facts in the order in which they are stored; new ones come last, with a default.

    A time of −2 is that of the plan. Unknown times are −1.
    """

    known: int
    last: int
    day0: int
    days: int | bytes
    plan: str
    plan_time: int
    segment: str
    segment_time: int
    role: str
    role_time: int
    platform: str
    platforms: dict[str, tuple[int, int, int | bytes]] | None
    self_service: int
    self_service_channels: dict[str, int] | None
    watched: int = -1
    account: str = ""
    account_time: int = -1

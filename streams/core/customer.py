"""The facts of one customer, and how they join.

Hot facts (activity, attributes) are plain fields, for they change with most events. Support facts lie packed while
nobody asks for them. Everything here joins: maximum, minimum, union; no order of events makes a difference.
"""

from __future__ import annotations

from typing import Final

import msgspec

from streams.core.panes import DAYS_KEPT
from streams.core.support import (
    Conversation,
    Entry,
    HelpSession,
    Support,
    conversation_of,
    pack,
    told_of,
    unpack,
)

NEVER: Final = -1
"""The minute of what has not happened."""


class Seen(msgspec.Struct, array_like=True, gc=False, eq=False):
    """Activity of one kind: its last minute, and the set of local days as bits counted from `day0`."""

    last: int
    day0: int
    days: int

    def join(self, minute: int, day: int) -> None:
        """Join one active minute."""
        self.last = max(self.last, minute)
        self.day0, self.days = join_day(self.day0, self.days, day)


def join_day(day0: int, days: int, day: int) -> tuple[int, int]:
    """Join a local day with a set of days; days `DAYS_KEPT` before the newest are forgotten."""
    if not days:
        return day, 1
    if day < day0:
        newest = day0 + days.bit_length() - 1
        if day <= newest - DAYS_KEPT:
            return day0, days
        return day, days << (day0 - day) | 1
    days |= 1 << (day - day0)
    surplus = days.bit_length() - DAYS_KEPT
    if surplus > 0:
        days >>= surplus
        day0 += surplus
        low = (days & -days).bit_length() - 1
        days >>= low
        day0 += low
    return day0, days


def days_of(day0: int, days: int) -> list[int]:
    """The local days of a set, in order."""
    out = []
    while days:
        low = (days & -days).bit_length() - 1
        out.append(day0 + low)
        days &= days - 1
    return out


def last_day(day0: int, days: int) -> int:
    """The last local day of a set that is not empty."""
    return day0 + days.bit_length() - 1


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
    deleted: int = NEVER
    """Until when (ms) everything was deleted."""

    @property
    def is_flagged(self) -> bool:
        """Whether the customer is excluded now."""
        return self.flagged[1] == 1


class Customer(msgspec.Struct, gc=False, eq=False):
    """All facts of one customer. Minutes are −1 and strings empty where nothing is known."""

    id: str
    known: int = NEVER
    """The earliest minute in which it acted."""
    last: int = NEVER
    """The last minute with an active event."""
    day0: int = 0
    days: int = 0
    plan: str = ""
    plan_time: int = -1
    segment: str = ""
    segment_time: int = -1
    role: str = ""
    role_time: int = -1
    platform: str = ""
    """The only platform of all its activity, while `platforms` is None."""
    platforms: dict[str, Seen] | None = None
    """Activity by platform, from the second one on."""
    self_service: int = NEVER
    """The last minute with a self-service action other than a message to a bot."""
    self_service_channels: dict[str, int] | None = None
    status: Status | None = None
    support: bytes | Support | None = None
    groups: dict[str, bytes | msgspec.Struct] | None = None
    """Further facts by the name of their group (`streams.core.group`): packed, or unpacked since the last checkpoint."""
    watched: int = NEVER
    """Up to this minute the last active one decides about what some group contributes."""
    # Not facts: where the panes hold this customer, and what is still to be written.
    active_slot: int = -1
    dirty: int = 0

    def opened(self) -> Support:
        """The support facts, unpacked."""
        support = self.support
        if isinstance(support, Support):
            return support
        support = Support() if support is None else unpack(support)
        self.support = support
        return support

    def close(self) -> None:
        """Pack the support facts."""
        if isinstance(self.support, Support):
            self.support = pack(self.support)

    @property
    def excluded(self) -> bool:
        """Whether nothing of it counts now: flagged, or another's name."""
        status = self.status
        return status is not None and (status.alias is not None or status.is_flagged)

    @property
    def eligible(self) -> bool:
        """Whether it is eligible now."""
        status = self.status
        return self.known >= 0 and (
            status is None or not status.eligibility or status.eligibility[-1][1] == 1
        )

    def join_attribute(self, name: str, time: int, value: str) -> None:
        """The latest value of plan, segment or role; at the same time the greater one."""
        known_time = getattr(self, name + "_time")
        if value and (time, value) > (known_time, getattr(self, name)):
            setattr(self, name, value)
            setattr(self, name + "_time", time)

    def join_known(self, minute: int) -> None:
        """It acted."""
        if self.known < 0 or minute < self.known:
            self.known = minute

    def join_activity(self, minute: int, day: int, platform: str) -> None:
        """It was active, on a platform (never empty)."""
        if self.last < 0:
            self.platform = platform
        elif self.platforms is None and platform != self.platform:
            self.platforms = {self.platform: Seen(self.last, self.day0, self.days)}
        self.last = max(self.last, minute)
        self.day0, self.days = join_day(self.day0, self.days, day)
        if self.platforms is not None:
            seen = self.platforms.get(platform)
            if seen is None:
                self.platforms[platform] = Seen(minute, day, 1)
            else:
                seen.join(minute, day)

    def activity_by_platform(self) -> list[tuple[str, int, int, int]]:
        """Platform, last minute, day0, days."""
        if self.platforms is not None:
            return [(name, s.last, s.day0, s.days) for name, s in self.platforms.items()]
        return [(self.platform, self.last, self.day0, self.days)] if self.last >= 0 else []

    def join_self_service(self, minute: int, channel: str) -> None:
        """It did something by itself, on a channel (never empty)."""
        self.self_service = max(self.self_service, minute)
        channels = self.self_service_channels
        if channels is None:
            self.self_service_channels = {channel: minute}
        elif channels.get(channel, NEVER) < minute:
            channels[channel] = minute

    def statused(self) -> Status:
        """Its status, made if need be."""
        if self.status is None:
            self.status = Status()
        return self.status


# ---- as records ----------------------------------------------------------------------------------------------------

_encode = msgspec.msgpack.Encoder().encode


class _Hot(msgspec.Struct, array_like=True, gc=False):
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
    watched: int = NEVER


_decode_hot = msgspec.msgpack.Decoder(_Hot).decode
_decode_status = msgspec.msgpack.Decoder(Status).decode
_decode_entries = msgspec.msgpack.Decoder(list[Entry]).decode
_decode_sessions = msgspec.msgpack.Decoder(list[HelpSession]).decode
_WORD: Final = 1 << 63


def _bits(days: int) -> int | bytes:
    return days if days < _WORD else days.to_bytes(DAYS_KEPT // 8 + 1, "little")


def _days(bits: int | bytes) -> int:
    return bits if isinstance(bits, int) else int.from_bytes(bits, "little")


def encode_hot(c: Customer) -> bytes:
    """The hot facts, as a record's value."""
    days = c.days
    platforms = c.platforms
    return _encode(
        (
            c.known,
            c.last,
            c.day0,
            days if days < _WORD else _bits(days),
            c.plan,
            c.plan_time,
            c.segment,
            c.segment_time,
            c.role,
            c.role_time,
            c.platform,
            None if platforms is None else {p: (s.last, s.day0, _bits(s.days)) for p, s in platforms.items()},
            c.self_service,
            c.self_service_channels,
            c.watched,
        )
    )


def decode_hot(c: Customer, value: bytes) -> None:
    """Read the hot facts from a record's value. Raises msgspec.DecodeError if it is damaged."""
    hot = _decode_hot(value)
    c.known, c.last, c.day0, c.days = hot.known, hot.last, hot.day0, _days(hot.days)
    c.plan, c.plan_time = hot.plan, hot.plan_time
    c.segment, c.segment_time = hot.segment, hot.segment_time
    c.role, c.role_time = hot.role, hot.role_time
    c.platform = hot.platform
    c.platforms = (
        None
        if hot.platforms is None
        else {p: Seen(last, day0, _days(bits)) for p, (last, day0, bits) in hot.platforms.items()}
    )
    c.self_service, c.self_service_channels = hot.self_service, hot.self_service_channels
    c.watched = hot.watched


def encode_status(status: Status) -> bytes:
    """The status, as a record's value."""
    return _encode(status)


def decode_status(value: bytes) -> Status:
    """The status from a record's value. Raises msgspec.DecodeError if it is damaged."""
    return _decode_status(value)


def encode_conversation(conversation: Conversation) -> bytes:
    """A conversation's facts, as a record's value; what it derives is derived again when read."""
    return _encode(told_of(conversation))


def decode_conversation(conversation_id: str, value: bytes) -> Conversation:
    """A conversation from a record's value, with nothing derived. Raises msgspec.DecodeError if it is damaged."""
    return conversation_of(conversation_id, _decode_entries(value))


def encode_sessions(sessions: list[HelpSession]) -> bytes:
    """A customer's help sessions, as a record's value."""
    return _encode(sessions)


def decode_sessions(value: bytes) -> list[HelpSession]:
    """A customer's help sessions from a record's value. Raises msgspec.DecodeError if it is damaged."""
    return _decode_sessions(value)

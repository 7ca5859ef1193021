"""The facts of a customer as records of the changelog, and back."""

from __future__ import annotations

from typing import Final

import msgspec

from streams.core.customer import Customer, Seen
from streams.core.facts.support import Conversation, Entry, HelpSession
from streams.core.panes import DAYS_KEPT
from streams.core.stored import Hot, Status
from streams.core.support import conversation_of, told_of

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_hot: Final = msgspec.msgpack.Decoder(Hot).decode
_decode_status: Final = msgspec.msgpack.Decoder(Status).decode
_decode_entries: Final = msgspec.msgpack.Decoder(list[Entry]).decode
_decode_sessions: Final = msgspec.msgpack.Decoder(list[HelpSession]).decode
_WORD: Final = (1 << 62) - 1
"""Sets of days up to this one are stored as numbers."""
_SAME: Final = -2
"""Stands for the time at which the plan was last told: mostly one event tells everything of a customer."""


def _bits(days: int) -> int | bytes:
    return days if days <= _WORD else days.to_bytes(DAYS_KEPT // 8 + 1, "little")


def _days(bits: int | bytes) -> int:
    return bits if isinstance(bits, int) else int.from_bytes(bits, "little")


def encode_hot(c: Customer) -> bytes:
    """The hot facts, as a record's value."""
    days = c.days
    platforms = c.platforms
    told = c.plan_time
    segment_time, role_time, account_time = c.segment_time, c.role_time, c.account_time
    return _encode(
        (
            c.known,
            c.last,
            c.day0,
            days if days <= _WORD else _bits(days),
            c.plan,
            told,
            c.segment,
            _SAME if segment_time == told else segment_time,
            c.role,
            _SAME if role_time == told else role_time,
            c.platform,
            None if platforms is None else {p: (s.last, s.day0, _bits(s.days)) for p, s in platforms.items()},
            c.self_service,
            c.self_service_channels,
            c.watched,
            c.account,
            _SAME if account_time == told else account_time,
        )
    )


def decode_hot(c: Customer, value: bytes) -> None:
    """Read the hot facts from a record's value. Raises msgspec.DecodeError if it is damaged."""
    hot = _decode_hot(value)
    c.known, c.last, c.day0, c.days = hot.known, hot.last, hot.day0, _days(hot.days)
    told = hot.plan_time
    c.plan, c.plan_time = hot.plan, told
    c.segment, c.segment_time = hot.segment, told if hot.segment_time == _SAME else hot.segment_time
    c.role, c.role_time = hot.role, told if hot.role_time == _SAME else hot.role_time
    c.platform = hot.platform
    c.platforms = (
        None
        if hot.platforms is None
        else {p: Seen(last, day0, _days(bits)) for p, (last, day0, bits) in hot.platforms.items()}
    )
    c.self_service, c.self_service_channels = hot.self_service, hot.self_service_channels
    c.watched = hot.watched
    c.account, c.account_time = hot.account, told if hot.account_time == _SAME else hot.account_time


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

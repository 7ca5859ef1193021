"""Conversations and help sessions."""

from __future__ import annotations

import msgspec

Entry = tuple[int, int, str, str, str]
"""One event of a conversation: time (ms), code, channel, plan, segment; empty strings where the event had none."""

Named = tuple[int, str]
"""An event (ms) that named the bot, and the name."""

Mark = tuple[int, str, str]
"""An instant (ms) with the plan and segment that the event carried."""


class Conversation(msgspec.Struct, array_like=True, gc=False, eq=False):
    """One conversation: its entries, in order, and what other issues of the customer need to know of it."""

    id: str
    entries: list[Entry]
    contacts: list[int] = []
    """Times at which it was a contact (derived)."""
    answer: int = -1
    """The last answer, if the outcome now depends on the silence after it; else −1 (derived)."""
    to_bot: list[tuple[str, int]] = []
    """Last message of the customer to a bot, by channel: (channel, minute) (derived)."""
    bot: Named | None = None
    """The earliest event that named the bot; of several at once the smaller name."""
    moments: list[int] = []
    """When it was helped by itself: at most `MOMENTS_APART` before each answer and confirmation lies one of these (derived)."""


class HelpSession(msgspec.Struct, array_like=True, gc=False):
    """Help events of one customer without a longer gap: an interval (both ends inclusive, ms) with its marks."""

    start: int
    end: int
    channel: str
    confirmed: Mark | None
    """The first confirmation."""
    answered: Mark | None
    """The last answer used."""
    plan: tuple[int, str]
    """The latest plan carried, with its time."""
    segment: tuple[int, str]
    """The latest segment carried, with its time."""


class Packed(msgspec.Struct, array_like=True, gc=False):
    """A `Support` as it is stored: idle customers keep only these bytes."""

    conversations: list[Conversation]
    sessions: list[HelpSession]

"""All facts of a visitor as one message, for the partition where the user it turned out to be is at home."""

from __future__ import annotations

import msgspec

from streams.core.customer import Customer
from streams.core.customer_records import decode_hot, encode_hot
from streams.core.facts.support import Entry, HelpSession
from streams.core.group import packed_groups
from streams.core.issues import join_conversation
from streams.core.stored import Status
from streams.core.support import conversation_of, told_of


class _Transfer(msgspec.Struct, array_like=True, gc=False):
    id: str
    hot: bytes
    status: Status | None
    conversations: dict[str, list[Entry]]
    sessions: list[HelpSession]
    groups: dict[str, bytes] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Transfer).decode


def encode_transfer(c: Customer) -> bytes:
    """Everything that a visitor did."""
    support = c.opened()
    return _encode(
        _Transfer(
            c.id,
            encode_hot(c),
            c.status,
            {k: told_of(v) for k, v in support.conversations.items()},
            support.sessions,
            packed_groups(c),
        )
    )


def decode_transfer(value: bytes) -> Customer:
    """The visitor again. Raises msgspec.DecodeError if the value is damaged."""
    transfer = _decode(value)
    c = Customer(transfer.id)
    decode_hot(c, transfer.hot)
    c.status = transfer.status
    support = c.opened()
    for name, told in transfer.conversations.items():
        conversation = conversation_of(name, told)
        for entry in conversation.entries:
            join_conversation(support, name, entry, conversation.bot)
    support.sessions = transfer.sessions
    c.groups = dict(transfer.groups) if transfer.groups else None
    return c

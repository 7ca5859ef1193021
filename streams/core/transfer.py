"""All facts of a visitor as messages, mostly one, for the partition where the user it turned out to be is at home.

They join, so a message that has but a part of them is like any other.
"""

from __future__ import annotations

from typing import Final

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
_NOTHING: Final = encode_hot(Customer(""))
"""Hot facts that say nothing."""
_decode = msgspec.msgpack.Decoder(_Transfer).decode


MAX_MESSAGE_BYTES: int = 1 << 20
"""From this size on, facts travel in several messages. Each of them may be larger than this by one conversation or group of facts at most."""


def encode_transfer(c: Customer) -> list[bytes]:
    """Everything that a visitor did."""
    support = c.opened()
    conversations = {name: told_of(known) for name, known in support.conversations.items()}
    groups = packed_groups(c)
    whole = _encode(_Transfer(c.id, encode_hot(c), c.status, conversations, support.sessions, groups))
    if len(whole) <= MAX_MESSAGE_BYTES:
        return [whole]
    pieces = [
        _Transfer(c.id, encode_hot(c), c.status, {}, []),
        _Transfer(c.id, _NOTHING, None, {}, support.sessions),
        *(_Transfer(c.id, _NOTHING, None, {}, [], {name: packed}) for name, packed in groups.items()),
    ]
    size, some = 0, {}
    for name, told in conversations.items():
        size += len(_encode((name, told)))
        some[name] = told
        if size > MAX_MESSAGE_BYTES:
            pieces.append(_Transfer(c.id, _NOTHING, None, some, []))
            size, some = 0, {}
    return [_encode(piece) for piece in (*pieces, _Transfer(c.id, _NOTHING, None, some, []))]


def decode_transfer(value: bytes) -> Customer:
    """The visitor again. Raises msgspec.DecodeError if the value is damaged."""
    transfer = _decode(value)
    c = Customer(transfer.id)
    decode_hot(c, transfer.hot)
    c.status = transfer.status
    if transfer.conversations or transfer.sessions:
        support = c.opened()
        for name, told in transfer.conversations.items():
            conversation = conversation_of(name, told)
            for entry in conversation.entries:
                join_conversation(support, name, entry, conversation.bot)
        support.sessions = transfer.sessions
    if transfer.groups:
        c.groups = {name: msgspec.Raw(packed) for name, packed in transfer.groups.items()}
    return c

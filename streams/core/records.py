"""The changelog's record formats: what a checkpoint writes, recovery reads back and exporters tail.

Keys begin with one letter. Values are MessagePack.

topic `selfserve.panes`
    c, measure, index    a cell: the values of its fields, in the measure's order. Written once, before its first use.
    p, measure, block    a block of panes: `{slot: number}` (`streams.core.panes`); a tombstone when it is empty. Of a measure with
                         very many cells it is a part of the block, and the keys of further parts end with their number.
    M                    META: closes each checkpoint. Readers apply what came before it only then.

topic `selfserve.state`
    a, customer          hot facts (activity)
    s, customer          cold facts (support, status)
    v, customer, id      a conversation's events, and the bot that they name
    h, customer          help sessions
    g, customer, name    a group of further facts (`streams.core.group`)
    A, account           what is known of an account that is at home here (`streams.core.account`)
    i, subject           interventions that were announced and not cleared: the hour, by trigger (`streams.core.sweep`)
    d, sequence          identities seen since the last checkpoint, for deduplication
    t, customer          deletion: nothing up to this instant may come back
    r, measure, block    the residue: closed figures of deleted customers, as a block of panes with its cells spelled out;
                         what is too long for one record lies in further ones, whose keys end with their number
    M                    META: where to go on
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from streams.core.measures import Cell
from streams.core.panes import Block

META_KEY: Final = b"M"
Clock = Literal["wall", "event"]


class Meta(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The closing record of a checkpoint of one partition number."""

    number: int
    """The partition number."""
    offsets: dict[str, int]
    """Next offset by source topic (names without prefix)."""
    newest: dict[str, int]
    """Greatest event time processed (ms), by source topic."""
    clock: Clock
    """How its evaluation time is meant."""
    evaluated: int | None = None
    """What this number contributes to the evaluation time (ms); None: nothing yet. The whole takes the least (wall) or the greatest + 1 (event)."""
    written: int
    """Wall time of the checkpoint (ms)."""
    fingerprint: str
    """Hash of the definitions that the panes were made with."""
    timezone: str
    results: dict[str, dict[str, int]] = {}
    """Records by topic and result since the beginning: their sum is the number of records consumed."""
    refused: dict[str, int] = {}
    """Dead letters by reason since the beginning."""
    since: int | None = None
    """Least event time seen (ms)."""
    sequence: int = 0
    """The last number given to a record of identities; each checkpoint goes on behind it."""
    hour: int = -1
    """The whole hour (minute since the epoch) as of which everybody was assessed; −1: nobody was."""
    hour_told: int = -1
    """The greatest hour that the numbers have told each other of (event clock); −1: none did."""
    accounts_waiting: bool = False
    """Some account's home was not told yet what changed with the account's customers here, or nobody asks for accounts."""
    accounts_told: bool = True
    """Some account's home was told something."""
    began: dict[str, int] = {}
    """From when on (ms) each own measure is counted, and each built-in one that was not counted once (`streams.core.coverage`); 0: since the beginning."""
    changed: int | None = None
    """From when on (ms) events are read by the present definitions; None: since the beginning."""
    basis: str = ""
    """Hash of the definitions that decide what is made of an event."""
    unread: list[str] = []
    """Built-in measures whose facts are not kept."""


_encode = msgspec.msgpack.Encoder(order=None).encode
_decode_meta = msgspec.msgpack.Decoder(Meta).decode
_decode_block = msgspec.msgpack.Decoder(dict[int, int]).decode
_decode_cell = msgspec.msgpack.Decoder(tuple[str | int, ...]).decode
_decode_key = msgspec.msgpack.Decoder(tuple[str, int]).decode
_decode_part_key = msgspec.msgpack.Decoder(tuple[str, int, int]).decode
_OF_THREE: Final = b"\x93"
"""How an array of three begins."""


class MetaRecord(msgspec.Struct, frozen=True):
    """A checkpoint is complete."""

    meta: Meta


class CellRecord(msgspec.Struct, frozen=True):
    """A cell has this index in its partition."""

    measure: str
    index: int
    cell: Cell


class BlockRecord(msgspec.Struct, frozen=True):
    """A block, or a part of it, has these numbers now; None: it is empty."""

    measure: str
    block: int
    numbers: Block | None
    part: int = 0


PaneRecord = MetaRecord | CellRecord | BlockRecord


def encode_meta(meta: Meta) -> bytes:
    """META's value; its key is `META_KEY`."""
    return _encode(meta)


def decode_meta(value: bytes) -> Meta:
    """The META of a value. Raises msgspec.DecodeError if it is none."""
    return _decode_meta(value)


def cell_record(measure: str, index: int, cell: Cell) -> tuple[bytes, bytes]:
    """Key and value of a cell."""
    return b"c" + _encode((measure, index)), _encode(cell)


def block_record(
    measure: str, block: int, numbers: Block | None, part: int = 0
) -> tuple[bytes, bytes | None]:
    """Key and value of a block of panes, or of a part of it."""
    key = _encode((measure, block, part) if part else (measure, block))
    return b"p" + key, None if numbers is None else _encode(numbers)


def parse_pane_record(key: bytes, value: bytes | None) -> PaneRecord | None:
    """What a record of `selfserve.panes` says; None for one that says nothing (a kind unknown to this version).

    Raises msgspec.DecodeError if it is damaged.
    """
    if key == META_KEY:
        return MetaRecord(_decode_meta(value)) if value is not None else None
    kind = key[:1]
    if kind == b"p":
        numbers = None if value is None else _decode_block(value)
        if key[1:2] == _OF_THREE:
            measure, block, part = _decode_part_key(key[1:])
            return BlockRecord(measure, block, numbers, part)
        measure, block = _decode_key(key[1:])
        return BlockRecord(measure, block, numbers)
    if kind == b"c" and value is not None:
        measure, index = _decode_key(key[1:])
        return CellRecord(measure, index, _decode_cell(value))
    return None

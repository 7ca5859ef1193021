"""Complete checkpoints from the records of one partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from streams.core.records import META_KEY, Meta, decode_meta


class Record(Protocol):
    """A record of `selfserve.panes`."""

    @property
    def key(self) -> bytes | None:
        """The key; records without one say nothing."""
        ...

    @property
    def value(self) -> bytes | None:
        """The value; None for a tombstone."""
        ...


class Checkpoint(NamedTuple):
    """One or more checkpoints in one piece: the last record of each key but META, and the last META."""

    records: Mapping[bytes, bytes | None]
    meta: Meta


class Assembler:
    """Holds records back until the META that closes their checkpoint has come."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[bytes, bytes | None] = {}

    def take(self, records: Iterable[Record]) -> Checkpoint | None:
        """Add records, in order, and return what they complete, if anything.

        Raises msgspec.DecodeError if a META is damaged.
        """
        complete: dict[bytes, bytes | None] = {}
        meta = None
        for record in records:
            key = record.key
            if key == META_KEY:
                if record.value is not None:
                    meta = record.value
                    complete.update(self._open)
                    self._open.clear()
            elif key is not None:
                self._open[key] = record.value
        return None if meta is None else Checkpoint(complete, decode_meta(meta))

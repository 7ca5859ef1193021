"""Recognising repeated events: 8-byte hashes of `source` and `id`, kept for a horizon in buckets of event minutes.

A repetition has the same event time, so only one bucket is looked at. Buckets of past minutes are frozen into sorted
arrays of 8 bytes a hash; what comes late to them lies beside in a set until the next freezing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from typing import Final

import msgspec
from xxhash import xxh3_64_intdigest

from streams.core.time import MINUTE_MS

FREEZE_AFTER: Final = 5
"""Minutes after which a bucket is frozen."""
OVERLAY: Final = 256
"""How many late hashes a frozen bucket gathers before they are merged."""
IDENTITIES_IN_RECORD: int = 100_000
"""New identities that lie in one record of the changelog: less than a megabyte, and more than a second brings."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(dict[int, bytes]).decode


_digest: Final = xxh3_64_intdigest


def seed_of(source: str) -> int:
    """What makes equal ids of two sources different."""
    return _digest(source.encode())


def identity_of(event_id: str, seed: int) -> int:
    """The 8-byte hash that stands for an event of the source behind `seed`."""
    return _digest(event_id.encode(), seed)


def is_in(frozen: array[int], identity: int) -> bool:
    """Whether a frozen bucket holds an identity."""
    i = bisect_left(frozen, identity)
    return i < len(frozen) and frozen[i] == identity


class Deduplication:
    """The identities seen within one horizon, in one partition."""

    __slots__ = ("_fresh", "_frozen", "_live", "_written", "horizon")

    def __init__(self, horizon_ms: int) -> None:
        self.horizon = horizon_ms // MINUTE_MS
        """In minutes."""
        self._live: dict[int, set[int]] = {}
        self._frozen: dict[int, array[int]] = {}
        self._fresh: dict[int, list[int]] = {}
        self._written: deque[tuple[int, int]] = deque()

    def bucket(self, minute: int) -> tuple[set[int], list[int], array[int] | None]:
        """What is kept of a minute: identities, those among them that are not yet stored, and frozen ones (`is_in`).

        Whoever finds an identity in neither the first nor the last adds it to the first two. Good until the next
        `take_fresh` or `expire`.
        """
        live = self._live.get(minute)
        if live is None:
            live = self._live[minute] = set()
        fresh = self._fresh.get(minute)
        if fresh is None:
            fresh = self._fresh[minute] = []
        return live, fresh, self._frozen.get(minute)

    def seen(self, identity: int, minute: int) -> bool:
        """Whether an identity was seen at this minute before; from now on it was."""
        live, fresh, frozen = self.bucket(minute)
        if identity in live or (frozen is not None and is_in(frozen, identity)):
            return True
        live.add(identity)
        fresh.append(identity)
        return False

    def knows(self, identity: int, minute: int) -> bool:
        """Whether an identity was seen at this minute before."""
        frozen = self._frozen.get(minute)
        return identity in self._live.get(minute, ()) or (frozen is not None and is_in(frozen, identity))

    def take_fresh(self, sequence: int) -> list[tuple[int, bytes]]:
        """The identities of the current checkpoint, packed, to be stored under `sequence` and those after it; mostly one record, or none."""
        fresh, self._fresh = self._fresh, {}
        parts: list[dict[int, bytes]] = []
        room = 0
        for minute, hashes in fresh.items():
            for start in range(0, len(hashes), IDENTITIES_IN_RECORD):
                some = hashes[start : start + IDENTITIES_IN_RECORD]
                if len(some) > room:
                    parts.append({})
                    room = IDENTITIES_IN_RECORD
                room -= len(some)
                parts[-1][minute] = array("Q", some).tobytes()
        self._written += [(sequence + i, max(part)) for i, part in enumerate(parts)]
        return [(sequence + i, _encode(part)) for i, part in enumerate(parts)]

    def load(self, sequence: int, value: bytes) -> None:
        """Take back what `take_fresh` packed."""
        minutes = _decode(value)
        self._written.append((sequence, max(minutes)))
        for minute, packed in minutes.items():
            hashes = array("Q")
            hashes.frombytes(packed)
            self._live.setdefault(minute, set()).update(hashes)

    def expire(self, newest: int) -> list[int]:
        """Forget what lies beyond the horizon before minute `newest`, freeze what is past; the sequences that are no longer needed."""
        oldest = newest - self.horizon
        for minute in [m for m in self._live if m < newest - FREEZE_AFTER]:
            bucket = self._live[minute]
            if minute < oldest:
                del self._live[minute]
            elif minute not in self._frozen or len(bucket) >= OVERLAY:
                frozen = self._frozen.get(minute)
                hashes = sorted(bucket if frozen is None else bucket.union(frozen))
                self._frozen[minute] = array("Q", hashes)
                del self._live[minute]
        for minute in [m for m in self._frozen if m < oldest]:
            del self._frozen[minute]
        gone: list[int] = []
        while self._written and self._written[0][1] < oldest:
            gone.append(self._written.popleft()[0])
        return gone

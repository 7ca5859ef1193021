"""The recorded history: values as they were when they were current.

Time is cut into slots of five minutes of evaluation time. The first evaluation in a slot is recorded under the slot's
beginning, so that several exporters write the same keys. Every slot is kept for 26 hours, those at full hours for
36 days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from app.evaluation.samples import Labels
from streams.core.time import DAY_MS, HOUR_MS, MINUTE_MS

SLOT_MS: Final = 5 * MINUTE_MS
FINE_MS: Final = 26 * HOUR_MS
"""How long every slot is kept."""
COARSE_MS: Final = 36 * DAY_MS
"""How long slots at full hours are kept."""


class Key(NamedTuple):
    """What a recorded value is filed under; ``slot`` is the slot's beginning in ms."""

    kpi: str
    labels: Labels
    slot: int


class Point(NamedTuple):
    """A recorded value, and the evaluation time (ms) that it belongs to."""

    at: int
    value: float
    numerator: float | None
    denominator: float | None


_encode: Final = msgspec.msgpack.Encoder().encode
_decode_key: Final = msgspec.msgpack.Decoder(Key).decode
_decode_point: Final = msgspec.msgpack.Decoder(Point).decode


def encode_key(key: Key) -> bytes:
    """Return the key of a record of `selfserve.history`."""
    return _encode(key)


def encode_point(point: Point) -> bytes:
    """Return the value of a record of `selfserve.history`."""
    return _encode(point)


def decode_record(key: bytes, value: bytes | None) -> tuple[Key, Point | None]:
    """Return what a record says; no point: it was taken away. Raises msgspec.DecodeError for anything else."""
    return _decode_key(key), None if value is None else _decode_point(value)


def slot_of(time: int) -> int:
    """Return the beginning (ms) of the slot that an evaluation time lies in."""
    return time // SLOT_MS * SLOT_MS


class History:
    """All recorded points that are still kept, in memory."""

    def __init__(self) -> None:
        self._series: dict[str, dict[Labels, dict[int, Point]]] = {}
        self._slots: dict[int, set[tuple[str, Labels]]] = {}
        self.last_slot: int | None = None
        """The latest slot that anything was recorded for."""

    def __len__(self) -> int:
        return sum(len(filed) for filed in self._slots.values())

    def put(self, key: Key, point: Point | None) -> None:
        """File a point, in the place of an earlier one with this key; None takes it away."""
        if point is None:
            self._remove(key.slot, (key.kpi, key.labels))
            return
        self._series.setdefault(key.kpi, {}).setdefault(key.labels, {})[key.slot] = point
        self._slots.setdefault(key.slot, set()).add((key.kpi, key.labels))
        if self.last_slot is None or key.slot > self.last_slot:
            self.last_slot = key.slot

    def is_due(self, time: int) -> bool:
        """Whether the slot of an evaluation time has not been recorded yet."""
        return self.last_slot is None or slot_of(time) > self.last_slot

    def expire(self, time: int) -> list[Key]:
        """Forget what is too old at an evaluation time (ms), and return the keys."""
        expired = []
        for slot in [slot for slot in self._slots if not is_kept(slot, time)]:
            for kpi, labels in list(self._slots[slot]):
                expired.append(Key(kpi, labels, slot))
                self._remove(slot, (kpi, labels))
        return expired

    def points(self, kpi: str) -> Iterator[tuple[Labels, list[Point]]]:
        """Yield each series of a KPI with its points in the order of time."""
        for labels, points in self._series.get(kpi, {}).items():
            yield labels, [points[slot] for slot in sorted(points)]

    def _remove(self, slot: int, series: tuple[str, Labels]) -> None:
        kpi, labels = series
        filed = self._slots.get(slot, set())
        if series not in filed:
            return
        filed.discard(series)
        if not filed:
            del self._slots[slot]
        points = self._series[kpi][labels]
        del points[slot]
        if not points:
            del self._series[kpi][labels]


def is_kept(slot: int, time: int) -> bool:
    """Whether a slot is kept at an evaluation time (both ms)."""
    return slot > time - (COARSE_MS if slot % HOUR_MS == 0 else FINE_MS)

"""Records of any number in the order of their times, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

import msgspec

from app.external_sort import ExternalSort, Room
from app.sending.records import Record

_NUMBER: Final = 8
_OFFSET: Final = 1 << 63  # times before 1970 sort before the others, too
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, str, bytes | None, bytes]).decode


def sorted_by_time(records: Iterable[Record], room: Room) -> Iterator[Record]:
    """Yield the records by time; those of the same time stay in order."""
    with closing(ExternalSort(room)) as found:
        for number, record in enumerate(records):
            time = (record.time_ms + _OFFSET).to_bytes(_NUMBER, "big")
            found.add(time + number.to_bytes(_NUMBER, "big") + _encode(record))
        for packed in found.read():
            yield Record(*_decode(memoryview(packed)[2 * _NUMBER :]))

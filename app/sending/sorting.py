"""Records of any number in the order of their times, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Final

import msgspec

from app.sending.records import Record

RUN_BYTES: Final = 64 * 1024 * 1024
"""About how much memory one sorted run takes."""

_OVERHEAD: Final = 300  # of a record in memory, beside the bytes of its value
_LENGTH: Final = 4
_by_time = itemgetter(0)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, str, bytes | None, bytes]).decode


def sorted_by_time(records: Iterable[Record], *, run_bytes: int = RUN_BYTES) -> Iterator[Record]:
    """Yield the records by time; those of the same time stay in order.

    What does not fit into one run goes to temporary files, sorted, and is merged from there.
    """
    with ExitStack() as files:
        runs: list[IO[bytes]] = []
        held: list[Record] = []
        size = 0
        for record in records:
            held.append(record)
            size += len(record.value) + _OVERHEAD
            if size >= run_bytes:
                runs.append(_write(held, files.enter_context(TemporaryFile(prefix="selfserve-sort-"))))
                held, size = [], 0
        held.sort(key=_by_time)
        yield from merge(*(_read(run) for run in runs), held, key=_by_time)


def _write(records: list[Record], run: IO[bytes]) -> IO[bytes]:
    records.sort(key=_by_time)
    for record in records:
        encoded = _encode(record)
        run.write(len(encoded).to_bytes(_LENGTH, "big") + encoded)
    run.seek(0)
    return run


def _read(run: IO[bytes]) -> Iterator[Record]:
    while length := run.read(_LENGTH):
        yield Record(*_decode(run.read(int.from_bytes(length, "big"))))

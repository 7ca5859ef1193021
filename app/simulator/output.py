"""Simulated events into a file: one event a line, nothing else."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from app.errors import UserError
from app.simulator.events import SimulatedEvent


def write_events(events: Iterable[SimulatedEvent], target: str) -> int:
    """Write NDJSON in the order of sending and return the number of events.

    ``target`` is a file, compressed if its name ends in ``.gz``, or ``-`` for standard output. The same events give
    the same bytes. Raises ``UserError`` when the file cannot be written.
    """
    count = 0
    try:
        with _opened(target) as stream:
            for event in events:
                stream.write(event.value + b"\n")
                count += 1
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror or error}") from error
    return count


class _Stream(Protocol):
    def write(self, data: bytes, /) -> int: ...


@contextmanager
def _opened(target: str) -> Iterator[_Stream]:
    if target == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif target.endswith(".gz"):
        # Neither name nor time in the header, or the bytes would not be the same.
        with (
            Path(target).open("wb") as raw,
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as stream,
        ):
            yield stream
    else:
        with Path(target).open("wb", buffering=1 << 20) as stream:
            yield stream

"""Byte strings of any number in their order, in bounded memory: sorted runs in temporary files, merged when read.

The files have no names, or lose them at once, so nothing of them is left however the process ends.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from typing import IO, Final

from app.errors import UserError

OVERHEAD: Final = 48
"""About how many bytes a held byte string takes beside its content."""
FAN_IN: Final = 64
"""How many runs are merged at once. More of them are first merged to longer ones."""

_BUFFER: Final = 64 * 1024
_LENGTH: Final = 4


@dataclass(frozen=True)
class Room:
    """What sorting may use: ``memory`` in bytes, and the directory of temporary files (the system's without one)."""

    memory: int
    directory: str | None = None

    def share(self, divisor: int) -> Room:
        """A part of the memory, in the same directory."""
        return Room(max(1, self.memory // divisor), self.directory)


class ExternalSort:
    """Add byte strings in any order, then read them in theirs. Equal ones are kept, each."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held: list[bytes] = []
        self.held_bytes = 0
        """How much memory the strings take that are not in files, about."""
        self.written_bytes = 0
        """How much has been written to temporary files."""
        # Runs by level: those of the next are merged of FAN_IN each.
        self._levels: list[list[IO[bytes]]] = []

    def add(self, record: bytes) -> None:
        """Add one. Raises ``UserError`` if the temporary directory does not take what memory cannot hold."""
        self._held.append(record)
        self.held_bytes += len(record) + OVERHEAD
        if self.held_bytes > self._room.memory:
            self._spill()

    def read(self) -> Iterator[bytes]:
        """All that was added, in order; to be called once, after the last was added."""
        self._held.sort()
        return merge(*(self._records(run) for level in self._levels for run in level), self._held)

    def close(self) -> None:
        """Give up all memory and files."""
        self._held.clear()
        for level in self._levels:
            _close(level)
        self._levels.clear()

    def _spill(self) -> None:
        self._held.sort()
        self._append(0, self._held)
        self._held.clear()
        self.held_bytes = 0

    def _append(self, level: int, records: Iterable[bytes]) -> None:
        """Write a run of a level; a full level becomes one run of the next."""
        if level == len(self._levels):
            self._levels.append([])
        runs = self._levels[level]
        runs.append(self._written(records))
        if len(runs) == FAN_IN:
            self._append(level + 1, merge(*map(self._records, runs)))
            _close(runs)
            runs.clear()

    def _written(self, records: Iterable[bytes]) -> IO[bytes]:
        try:
            # Kept open in `_levels`: it is read later.
            run = tempfile.TemporaryFile(  # noqa: SIM115
                prefix="selfserve-sort-", dir=self._room.directory, buffering=_BUFFER
            )
        except OSError as error:
            raise self._refused(error) from error
        try:
            for record in records:
                run.write(len(record).to_bytes(_LENGTH, "big"))
                run.write(record)
            self.written_bytes += run.tell()
            run.seek(0)
        except OSError as error:
            _close([run])
            raise self._refused(error) from error
        return run

    def _records(self, run: IO[bytes]) -> Iterator[bytes]:
        try:
            while length := run.read(_LENGTH):
                yield run.read(int.from_bytes(length, "big"))
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> UserError:
        directory = self._room.directory
        if directory is None:
            with suppress(OSError):
                directory = tempfile.gettempdir()
        reason = error.strerror or str(error)
        return UserError(
            f"{directory or 'temporary directory'}: sorting cannot use it for temporary files: {reason}\n"
            "What does not fit into memory goes there, at most about the size of the input without compression. Name"
            " another directory with --temporary-directory (sorting.directory), or allow more memory with"
            " --sort-memory (sorting.memory_megabytes)."
        )


def _close(runs: Iterable[IO[bytes]]) -> None:
    for run in runs:
        with suppress(OSError):  # what a full disk did not take is still in its buffer
            run.close()

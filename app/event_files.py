"""Files of events, in any order and of any size, read in the order of the events.

Every file is read once to know what is in it. What fits into memory stays there; of a file that is in order, as far as it is, nothing
is kept then, but it is read again when its turn comes; the rest is sorted in temporary files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import Final

from app.errors import UserError
from app.event_order import Repetitions, line_of, place_of, timed_of
from app.external_sort import OVERHEAD, ExternalSort, Room
from app.sending.lines import STDIN, Line, read_lines, total_bytes
from schemas.reasons import Refusal
from streams.core.batch import Timed

SEQUENCES: Final = 16
"""How many files are read again at the same time; each takes some 2 MB. Files that follow one another count as one."""


@dataclass
class _Part:
    """The beginning of a file, in order as it stands."""

    file: str
    first: int
    """The number of its first event."""
    lines: int = 0
    events: int = 0
    last: bytes = b""
    """The place of its last event."""


class EventFiles:
    """The valid events of some files: first `scan`, then `in_order`, then `close`."""

    def __init__(self, files: Sequence[str], room: Room, *, by_account: bool) -> None:
        self._files = files
        self._by_account = by_account
        self._memory = room.memory // 2
        self._sort = ExternalSort(room.share(2))
        self._repetitions = Repetitions(room.share(4))
        self._sequences: list[list[_Part]] = []
        self.events = 0
        self.first: int | None = None
        """The least event time (ms), if there is an event."""
        self.last: int | None = None
        """The greatest event time (ms)."""

    @property
    def written_bytes(self) -> int:
        """How much of the events has been written to temporary files."""
        return self._sort.written_bytes

    def scan(self, on_refusal: Callable[[Line, Refusal], None]) -> None:
        """Read all files. Raises ``UserError`` for a file that cannot be read, and for want of temporary space."""
        total_bytes(self._files)  # says which files are missing before any is read
        for file in self._files:
            self._scan(file, on_refusal)

    def _scan(self, file: str, on_refusal: Callable[[Line, Refusal], None]) -> None:
        again = file != STDIN and Path(file).is_file()
        part = _Part(file, self.events)
        held: list[bytes] = []  # of the part, unless it is read again
        held_bytes = 0
        ordered, dropped = again, False
        for line in read_lines([file], lambda _: None):
            timed = timed_of(line.raw)
            if isinstance(timed, Refusal):
                on_refusal(line, timed)
                continue
            place = self._note(timed)
            if ordered and place < part.last:
                ordered = False
                self._keep(held)
            if not ordered:
                self._sort.add(place + line.raw)
                continue
            part.lines, part.events, part.last = line.number, part.events + 1, place
            if dropped:
                continue
            held.append(place + line.raw)
            held_bytes += len(held[-1]) + OVERHEAD
            if self._sort.held_bytes + held_bytes > self._memory:
                dropped = ordered = self._read_again(part, place_of_first=held[0])
                if not dropped:
                    self._keep(held)
                held = []
        self._keep(held)

    def _note(self, timed: Timed) -> bytes:
        place = place_of(timed, self.events, by_account=self._by_account)
        self.events += 1
        self._repetitions.add(timed, place)
        time = timed.time
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        return place

    def _keep(self, records: list[bytes]) -> None:
        for record in records:
            self._sort.add(record)
        records.clear()

    def _read_again(self, part: _Part, *, place_of_first: bytes) -> bool:
        """Plan to read a file again, up to where it is in order; False if that would be too many at once."""
        for sequence in self._sequences:
            if sequence[-1].last < place_of_first:
                sequence.append(part)
                return True
        if len(self._sequences) == SEQUENCES:
            return False
        self._sequences.append([part])
        return True

    def in_order(self) -> Iterator[Timed]:
        """Yield every event once, in the order of ``streams.core.batch.in_order``; to be called once."""
        sorted_ = merge(*map(self._again, self._sequences), self._sort.read())
        for record in self._repetitions.left_out(sorted_):
            timed = timed_of(line_of(record))
            if isinstance(timed, Refusal):  # it was an event when it was read first
                raise TypeError(timed.message)
            yield timed

    def _again(self, sequence: list[_Part]) -> Iterator[bytes]:
        for part in sequence:
            number, place = part.first, b""
            for line in read_lines([part.file], lambda _: None):
                if line.number > part.lines:
                    break
                timed = timed_of(line.raw)
                if isinstance(timed, Refusal):
                    continue
                before, place = place, place_of(timed, number, by_account=self._by_account)
                number += 1
                if place < before:
                    break
                yield place + line.raw
            if place != part.last or number != part.first + part.events:
                raise UserError(f"{part.file}: changed while it was read; work with a copy of it")

    def close(self) -> None:
        """Give up all memory and temporary files."""
        self._sort.close()
        self._repetitions.close()

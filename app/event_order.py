"""Events of files of any size in the order in which they are folded, each once, in bounded memory.

An event is a byte string that sorts as ``streams.core.batch.in_order`` does: its place, then its line as it was read. So
sorting compares nothing but bytes, and an event is decoded where it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

from app.external_sort import ExternalSort, Room
from schemas.decode import read
from schemas.events import event_time_ms
from schemas.reasons import Refusal
from schemas.types import TYPE_OF_STRUCT
from streams.core.batch import Timed, identity_in, order_of

_IDENTITY: Final = 8
_FIXED: Final = 9  # the time, and whether it is a deletion
_NUMBER: Final = 8
_END: Final = b"\0\0"


def place_of(timed: Timed, number: int, *, by_account: bool) -> bytes:
    """What an event sorts by; ``number`` counts the events in the order in which they were read."""
    time, deletion, claim = order_of(timed, by_account=by_account)
    # A zero within the name is marked, so that the end sorts before whatever a longer name goes on with.
    name = claim.encode().replace(b"\0", b"\0\xff") if claim else b""
    return b"%b%b%b%b%b" % (
        time.to_bytes(8, "big"),
        b"\1" if deletion else b"\0",
        name,
        _END,
        number.to_bytes(_NUMBER, "big"),
    )


def timed_of(raw: bytes) -> Timed | Refusal:
    """The event of a line, or why it is none."""
    event = read(raw)
    if isinstance(event, Refusal):
        return event
    return Timed(event_time_ms(event), TYPE_OF_STRUCT[type(event)].topic, event)


def line_of(record: bytes) -> bytes:
    """The line that follows a place."""
    return record[record.index(_END, _FIXED) + len(_END) + _NUMBER :]


class Repetitions:
    """Which of the events are repeated: all of one identity but the first in order."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._identities = ExternalSort(room)

    def add(self, timed: Timed, place: bytes) -> None:
        """Note an event. One that is excluded repeats nothing, and is not repeated."""
        if not timed.event.is_bot and not timed.event.is_test:
            self._identities.add(identity_in(timed).to_bytes(_IDENTITY, "big") + place)

    def left_out(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """Yield all records, which are in order, but the repetitions; to be called once, after the last was added."""
        with closing(ExternalSort(self._room)) as repeated:
            last = b""
            for identity in self._identities.read():
                if identity[:_IDENTITY] == last:
                    repeated.add(identity[_IDENTITY:])
                last = identity[:_IDENTITY]
            self.close()
            places = repeated.read()
            place = next(places, None)
            for record in records:
                if place is not None and record.startswith(place):
                    place = next(places, None)
                else:
                    yield record

    def close(self) -> None:
        """Give up all memory and files."""
        self._identities.close()

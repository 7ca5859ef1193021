"""Records become figures only when the META that closes their checkpoint has come."""

from __future__ import annotations

from app.exporter.checkpoints import Assembler
from streams.core.records import META_KEY, encode_meta
from tests.app.exporter.support import Entry, meta


def closing(sequence: int) -> Entry:
    return Entry(META_KEY, encode_meta(meta(0, sequence=sequence)))


def test_nothing_before_the_closing_record() -> None:
    assembler = Assembler()
    assert assembler.take([Entry(b"p1", b"a"), Entry(b"p2", b"b")]) is None
    complete = assembler.take([closing(1)])
    assert complete is not None
    assert complete.records == {b"p1": b"a", b"p2": b"b"}
    assert complete.meta.sequence == 1


def test_several_checkpoints_become_one_and_the_open_one_waits() -> None:
    assembler = Assembler()
    complete = assembler.take(
        [
            Entry(b"p1", b"a"),
            closing(1),
            Entry(b"p1", b"b"),
            Entry(b"p2", None),
            closing(2),
            Entry(b"p1", b"c"),
        ]
    )
    assert complete is not None
    assert complete.records == {b"p1": b"b", b"p2": None}
    assert complete.meta.sequence == 2
    later = assembler.take([closing(3)])
    assert later is not None
    assert later.records == {b"p1": b"c"}


def test_a_checkpoint_without_changes_still_says_how_far_it_reaches() -> None:
    complete = Assembler().take([closing(7)])
    assert complete is not None
    assert complete.records == {}


def test_records_without_a_key_say_nothing() -> None:
    complete = Assembler().take([Entry(None, b"x"), Entry(META_KEY, None), closing(1)])
    assert complete is not None
    assert complete.records == {}

"""One report of a kind at a time."""

from __future__ import annotations

import logging

from app.log_flood import FloodFilter


def record(message: str, *arguments: object, name: str = "client.connection") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, None)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_repeats_is_told_once_and_later_how_often() -> None:
    clock = Clock()
    flood = FloodFilter("client", clock=clock)
    assert [flood.filter(record("node %s does not answer", n)) for n in range(5)] == [True, *[False] * 4]
    clock.now = 29.9
    assert not flood.filter(record("node %s does not answer", 5))
    clock.now = 30.0
    again = record("node %s does not answer", 6)
    assert flood.filter(again)
    assert again.getMessage() == "node 6 does not answer (and 5 more like it before)"
    clock.now = 60.0
    alone = record("node %s does not answer", 7)
    assert flood.filter(alone)
    assert alone.getMessage() == "node 7 does not answer"


def test_other_messages_and_other_loggers_pass() -> None:
    flood = FloodFilter("client", clock=Clock())
    assert flood.filter(record("one"))
    assert flood.filter(record("another"))
    assert flood.filter(record("one", name="client"))
    assert all(flood.filter(record("mine", name="clients")) for _ in range(3))

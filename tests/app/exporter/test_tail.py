"""What the tail does with what the client reports; `tests/integration/test_exporter.py` has the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, OffsetOutOfRangeError, TopicAuthorizationFailedError

from app.errors import UserError
from app.exporter.tail import Tail
from tests.app.exporter.support import ISSUES, Entry, World, Writer

HOURS = 3_600_000


class Consumer:
    """A consumer of one partition: a log, and a broker that answers, or not, or with an error."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log: list[Entry] = []
        self.offset = 0
        self.answers = True
        self.errors: list[Exception] = []
        self.fetched: int | None = None
        self.end: int | None = None
        self.rewound = 0

    async def getmany(self, **_: Any) -> dict[TopicPartition, Sequence[Entry]]:
        if self.errors:
            raise self.errors.pop(0)
        if not self.answers:
            return {}
        records = self.log[self.offset :]
        self.offset = self.end = len(self.log)
        self.fetched = self.world.now
        return {TopicPartition("panes", 0): records} if records else {}

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def seek(self, _: TopicPartition, offset: int) -> None:
        self.offset = offset
        self.rewound += 1

    def last_stable_offset(self, _: TopicPartition) -> int | None:
        return self.end

    def last_poll_timestamp(self, _: TopicPartition) -> int | None:
        return self.fetched

    async def position(self, _: TopicPartition) -> int:
        return self.offset


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World(partitions=1)
        self.consumer = Consumer(self.world)
        monkeypatch.setattr("app.exporter.tail.AIOKafkaConsumer", lambda **_: self.consumer)
        monkeypatch.setattr("app.exporter.tail._RETRY_S", 0)
        self.tail = Tail(self.world.live, "broker", "panes")
        self.writer = self.world.writers[0]

    def write(self, n: int = 1) -> None:
        self.writer.panes["issues"].add(
            ("confirmed", "1", "chat", "free", "smb"), self.world.now // 60_000 - 1, n
        )
        begin = len(self.writer.log)
        self.writer.checkpoint(written=self.world.now, evaluated=self.world.now)
        self.consumer.log += self.writer.log[begin:]

    async def rounds(self, n: int) -> None:
        left = n

        class DoneError(Exception):
            pass

        def applied() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise DoneError

        with pytest.raises(DoneError):
            await self.tail.run(applied)

    def denominator(self) -> float | None:
        figures = self.world.live.figures()
        if figures is None:
            return None
        family = figures.families["kpi_self_service_resolution_denominator"]
        return next(sample.value for sample in family if ("window", "1d") in sample.labels)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_checkpoints_are_applied_and_the_end_is_noticed(bench: Bench) -> None:
    bench.write(2)
    asyncio.run(bench.rounds(1))
    assert bench.denominator() == 2
    bench.write(3)
    asyncio.run(bench.rounds(1))
    assert bench.denominator() == 5


def test_errors_of_the_broker_are_waited_out(bench: Bench) -> None:
    bench.write(2)
    bench.consumer.errors = [KafkaConnectionError("away"), KafkaConnectionError("still away")]
    asyncio.run(bench.rounds(3))
    assert bench.denominator() == 2
    assert bench.consumer.rewound == 0


def test_offsets_that_are_gone_mean_reading_all_again(bench: Bench) -> None:
    bench.write(2)
    asyncio.run(bench.rounds(1))
    bench.consumer.log.clear()
    bench.world.writers[0] = bench.writer = Writer(0)
    bench.write(7)
    bench.consumer.errors = [OffsetOutOfRangeError({TopicPartition("panes", 0): 99})]
    asyncio.run(bench.rounds(1))
    assert bench.denominator() is None
    asyncio.run(bench.rounds(1))
    assert bench.denominator() == 7


@pytest.mark.parametrize(("away_ms", "rewound"), [(11 * HOURS, 0), (13 * HOURS, 1)])
def test_after_a_long_absence_everything_is_read_again(bench: Bench, away_ms: int, rewound: int) -> None:
    """Tombstones live for a day: who has missed more than half of it cannot know what is gone."""
    bench.write(2)
    asyncio.run(bench.rounds(1))
    bench.consumer.answers = False
    bench.world.now += away_ms
    asyncio.run(bench.rounds(2))
    assert bench.consumer.rewound == 0
    bench.consumer.answers = True
    bench.write(1)
    asyncio.run(bench.rounds(2))
    assert bench.consumer.rewound == rewound
    assert bench.denominator() == 3
    asyncio.run(bench.rounds(2))
    assert bench.consumer.rewound == rewound


def test_missing_rights_end_it_with_a_word_on_what_to_grant(bench: Bench) -> None:
    bench.consumer.errors = [TopicAuthorizationFailedError("panes")]
    with pytest.raises(UserError, match=r"read the topic panes\. Grant it Read"):
        asyncio.run(bench.rounds(1))


def test_faults_of_the_program_are_not_waited_out(bench: Bench) -> None:
    bench.consumer.errors = [TypeError("a bug")]
    with pytest.raises(TypeError, match="a bug"):
        asyncio.run(bench.rounds(1))


def test_an_exporters_lag_grows_while_the_broker_is_away(bench: Bench) -> None:
    bench.world.write(0, ISSUES)
    asyncio.run(bench.rounds(1))
    bench.consumer.answers = False
    bench.world.now += 61_000
    asyncio.run(bench.rounds(1))
    assert bench.world.live.lag_ms() == 61_000
    assert bench.denominator() is None

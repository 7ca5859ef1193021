"""Batches meet the state they belong to, in order and once, or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from faust.types import TP

from streams.batches import Batch, End, Fetched, OffsetOutOfRange
from streams.config import WorkerConfig
from streams.core.definitions import Definitions
from streams.core.partition import PartitionState
from streams.errors import EngineError, GapError, ProcessingError
from streams.failure import Failure
from streams.metrics import StateCounters
from streams.names import SOURCES, Names
from streams.owner import MAX_REREADS, Owner
from streams.partition_owner import PartitionOwner

NUMBER = 2


class Taken(NamedTuple):
    topic: str
    records: tuple[Any, ...]


class Tape(PartitionState):
    """A state that only writes down what it is given."""

    def __init__(self) -> None:
        super().__init__(NUMBER, 4, Definitions())
        self.taken: list[Taken] = []

    def process(self, topic: str, records: Sequence[Any]) -> None:
        self.taken.append(Taken(topic, tuple(records)))
        if "poison" in records:
            raise RuntimeError("poison")


class Bench:
    """An owner of one number at offset 10 of every topic, in its first epoch."""

    def __init__(self) -> None:
        config = WorkerConfig(bootstrap_servers="nowhere:1", group="g", partitions=4, topic_prefix="p.")
        self.failure = Failure()
        names = Names(prefix="p.", group="g")
        self.state = Tape()
        self.owner = Owner(config, names, lambda _: self.state, self.failure)
        self.part = PartitionOwner(
            number=NUMBER,
            state=self.state,
            producer=None,
            dead_letter_partitions=1,
            intervention_partitions=1,
            offsets=dict.fromkeys(SOURCES, 10),
            evaluated=None,
            before=StateCounters.of(self.state),
            committed_at=time.monotonic(),
        )
        self.owner.owned[NUMBER] = self.part
        self.epoch, self.targets = self.owner.begin_epoch()

    def batch(
        self,
        start: int,
        *records: Any,
        end: int | None = None,
        epoch: int | None = None,
        topic: str = "product.events",
    ) -> Batch:
        end = start + len(records) if end is None else end
        return Batch(TP(f"p.{topic}", NUMBER), self.epoch if epoch is None else epoch, start, end, records)


@pytest.fixture
def bench() -> Bench:
    return asyncio.run(build())


async def build() -> Bench:
    return Bench()


def test_an_epoch_begins_where_the_offsets_stand(bench: Bench) -> None:
    assert bench.targets == {TP(f"p.{topic}", NUMBER): 10 for topic in SOURCES}


def test_batches_that_join_are_processed_under_the_logical_name(bench: Bench) -> None:
    bench.owner.apply(bench.batch(10, "a", "b"))
    # A marker lay behind the first two.
    bench.owner.apply(bench.batch(12, "c", end=14))
    assert bench.state.taken == [Taken("product.events", ("a", "b")), Taken("product.events", ("c",))]
    assert bench.part.offsets == {**dict.fromkeys(SOURCES, 10), "product.events": 14}
    assert not bench.failure


def test_batches_of_an_earlier_epoch_are_never_applied(bench: Bench) -> None:
    old = bench.batch(10, "a")
    bench.owner.begin_epoch()
    bench.owner.apply(old)
    assert bench.state.taken == []
    assert bench.part.offsets["product.events"] == 10


def test_batches_of_numbers_that_are_not_owned_are_left_alone(bench: Bench) -> None:
    bench.owner.apply(bench.batch(10, "a")._replace(tp=TP("p.product.events", 3)))
    assert bench.state.taken == []
    assert not bench.failure


def test_a_hole_is_read_again(bench: Bench) -> None:
    bench.owner.apply(bench.batch(12, "c"))
    # Nor is anything else applied that was popped before.
    bench.owner.apply(bench.batch(10, "x", topic="support.events"))
    assert bench.state.taken == []
    missed = bench.owner.missed
    assert missed
    assert not bench.failure

    bench.epoch, targets = bench.owner.begin_epoch()
    assert targets == bench.targets
    missed = bench.owner.missed
    assert not missed
    bench.owner.apply(bench.batch(10, "a", "b", "c"))
    assert bench.part.offsets["product.events"] == 13
    assert not bench.failure


def test_what_is_missed_again_and_again_ends_the_worker(bench: Bench) -> None:
    for _ in range(MAX_REREADS):
        bench.owner.apply(bench.batch(11, "a"))
        assert not bench.failure
        bench.epoch, _ = bench.owner.begin_epoch()
    bench.owner.apply(bench.batch(11, "a"))

    assert bench.state.taken == []
    assert isinstance(bench.failure.error, EngineError)
    assert "the batch at 11 does not follow the last one, which ended at 10" in str(bench.failure.error)


def test_a_batch_that_was_applied_begins_the_count_of_what_is_missed_anew(bench: Bench) -> None:
    for at in range(10, 10 + 2 * MAX_REREADS):
        bench.owner.apply(bench.batch(at + 1, "b"))
        bench.epoch, _ = bench.owner.begin_epoch()
        bench.owner.apply(bench.batch(at, "a"))
    assert not bench.failure


def test_an_overlap_ends_the_worker_and_is_not_applied(bench: Bench) -> None:
    bench.owner.apply(bench.batch(9, "a"))
    assert bench.state.taken == []
    assert isinstance(bench.failure.error, EngineError)
    assert "does not follow the last one, which ended at 10" in str(bench.failure.error)


def test_after_a_fault_in_processing_nothing_is_applied_or_moved_on(bench: Bench) -> None:
    bench.owner.apply(bench.batch(10, "a", "poison"))
    bench.owner.apply(bench.batch(10, "b", topic="support.events"))
    assert isinstance(bench.failure.error, ProcessingError)
    assert "p.product.events, partition 2, offsets 10 to 11" in str(bench.failure.error)
    assert len(bench.state.taken) == 1
    assert bench.part.offsets == dict.fromkeys(SOURCES, 10)


def ends(position: int, end: int, *, age_ms: int = 0) -> dict[TP, End]:
    fetched = time.time_ns() // 1_000_000 - age_ms
    return {TP(f"p.{topic}", NUMBER): End(position, end, fetched) for topic in SOURCES}


def test_a_topic_stands_at_its_end_when_all_that_was_fetched_is_processed(bench: Bench) -> None:
    batch = bench.batch(10, "a", "b")
    assert bench.owner.at_end(bench.part) == []
    bench.owner.handed_over(Fetched(bench.epoch, (batch,), ends(12, 12)))
    assert set(bench.owner.at_end(bench.part)) == {*SOURCES} - {"product.events"}
    assert bench.owner.lag(bench.part, "product.events") == 2
    bench.owner.apply(batch)
    assert set(bench.owner.at_end(bench.part)) == {*SOURCES}
    assert bench.owner.lag(bench.part, "product.events") == 0


def test_a_topic_with_records_to_come_does_not_stand_at_its_end(bench: Bench) -> None:
    bench.owner.handed_over(Fetched(bench.epoch, (), ends(10, 12)))
    assert bench.owner.at_end(bench.part) == []
    assert bench.owner.lag(bench.part, "support.events") == 2


def test_an_answer_that_is_old_does_not_count(bench: Bench) -> None:
    bench.owner.handed_over(Fetched(bench.epoch, (), ends(10, 10, age_ms=6_000)))
    assert bench.owner.at_end(bench.part) == []


def test_what_was_seen_before_a_seek_does_not_count_after_it(bench: Bench) -> None:
    bench.owner.handed_over(Fetched(bench.epoch, (), ends(10, 10)))
    bench.owner.begin_epoch()
    assert bench.owner.at_end(bench.part) == []
    bench.owner.handed_over(Fetched(bench.epoch, (), ends(10, 10)))
    assert bench.owner.at_end(bench.part) == []
    assert bench.owner.lag(bench.part, "support.events") is None


def test_records_that_went_missing_while_running_are_a_gap(bench: Bench) -> None:
    bench.owner.fetch_failed(OffsetOutOfRange(TP("p.product.events", NUMBER), 10, beginning=15, end=20))
    assert isinstance(bench.failure.error, GapError)
    assert "offsets 10 to 14 (5 records at most)" in str(bench.failure.error)


def test_the_first_error_is_the_one_that_counts(bench: Bench) -> None:
    bench.owner.fetch_failed(KeyError("first"))
    bench.owner.fetch_failed(KeyError("second"))
    assert "first" in str(bench.failure.error)


def test_a_worker_that_joins_counts_from_its_last_progress_and_an_owner_from_its_checkpoints(
    bench: Bench,
) -> None:
    assert bench.owner.stalled_since() == bench.owner.last_progress
    bench.owner.ready = True
    assert bench.owner.stalled_since() == bench.part.committed_at
    bench.owner.owned.clear()
    assert bench.owner.stalled_since() is None


def test_in_a_rebalance_nothing_is_checkpointed_behind_the_last_checkpoint(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    async def write(part: PartitionOwner, at_end: Any) -> None:
        written.append(part.number)
        bench.failure.set(KeyError("enough"))

    monkeypatch.setattr(bench.owner._checkpoints, "write", write)

    async def run() -> None:
        assert bench.part.changed
        forever = asyncio.create_task(bench.owner.checkpoint_forever())
        for _ in range(10):
            await asyncio.sleep(0)
        assert written == []
        bench.owner.ready = True
        await forever

    asyncio.run(run())
    assert written == [NUMBER]

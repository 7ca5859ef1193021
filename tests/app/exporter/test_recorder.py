"""What is recorded, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from app.exporter.history import SLOT_MS, History, Key, Point, slot_of
from app.exporter.recorder import Recorder
from app.exporter.views import KpiView
from tests.app.exporter.support import ISSUES, NOW, World, world_with_figures


class Topic:
    """Takes what is written; can be slow, and can fail."""

    def __init__(self) -> None:
        self.points: list[tuple[Key, Point]] = []
        self.expired: list[Key] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failure: Exception | None = None

    async def write(self, points: Iterable[tuple[Key, Point]], expired: Iterable[Key]) -> None:
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        self.points += points
        self.expired += expired


def recorder(world: World, history: History, topic: Topic) -> Recorder:
    views = {kpi.id: KpiView(kpi) for kpi in world.catalogue.values()}
    return Recorder(world.live, history, views, topic.write)


def move(world: World, by: int) -> None:
    world.now += by
    for number in range(2):
        world.write(number)
    world.caught_up()


def test_every_kpis_overall_values_once_a_slot() -> None:
    async def scenario() -> None:
        world, history, topic = world_with_figures(), History(), Topic()
        recording = recorder(world, history, topic)
        for _ in range(3):
            recording.record_if_due()
        await recording.close()
        keys = [key for key, _ in topic.points]
        assert len(keys) == len(set(keys)) == len(history)
        assert {key.slot for key in keys} == {slot_of(NOW - 300)}
        assert {key.kpi for key in keys} >= {"self_service_resolution", "time_to_resolution", "active_users"}
        written = dict(topic.points)
        labels = (
            ("window", "1h"),
            ("resolution", "confirmed"),
            ("channel", "all"),
            ("plan", "all"),
            ("segment", "all"),
        )
        point = written[Key("self_service_resolution", labels, slot_of(NOW - 300))]
        assert point == Point(NOW - 300, 0.75, 6, 8)
        assert not [key for key in keys if "chat" in dict(key.labels).values()]
        assert not [key for key in keys if dict(key.labels).get("window") == "5m" and key.kpi == "reopen"]

        move(world, SLOT_MS)
        recording.record_if_due()
        await recording.close()
        assert {key.slot for key, _ in topic.points} == {slot_of(NOW - 300), slot_of(NOW + SLOT_MS)}

    asyncio.run(scenario())


def test_old_points_are_taken_away() -> None:
    async def scenario() -> None:
        world, history, topic = world_with_figures(), History(), Topic()
        old = Key(
            "reopen",
            (("window", "1h"), ("channel", "all")),
            slot_of(NOW - 30 * 3_600_000) // SLOT_MS * SLOT_MS,
        )
        old = old._replace(slot=old.slot if old.slot % 3_600_000 else old.slot + SLOT_MS)
        history.put(old, Point(old.slot, 0.5, 1, 2))
        recording = recorder(world, history, topic)
        recording.record_if_due()
        await recording.close()
        assert topic.expired == [old]

    asyncio.run(scenario())


def test_nothing_is_recorded_without_current_figures() -> None:
    async def scenario() -> None:
        world, history, topic = World(), History(), Topic()
        recording = recorder(world, history, topic)
        recording.record_if_due()
        world.write(0, ISSUES)
        world.write(1)
        recording.record_if_due()
        await recording.close()
        assert topic.points == []
        assert history.last_slot is None

    asyncio.run(scenario())


def test_while_a_slot_is_being_written_the_next_waits() -> None:
    async def scenario() -> None:
        world, history, topic = world_with_figures(), History(), Topic()
        recording = recorder(world, history, topic)
        topic.open.clear()
        recording.record_if_due()
        move(world, SLOT_MS)
        recording.record_if_due()
        assert history.last_slot == slot_of(NOW - 300)
        topic.open.set()
        await recording.close()
        recording.record_if_due()
        await recording.close()
        assert history.last_slot == slot_of(NOW + SLOT_MS)

    asyncio.run(scenario())


def test_a_fault_in_writing_is_not_swallowed() -> None:
    async def scenario() -> None:
        world, history, topic = world_with_figures(), History(), Topic()
        recording = recorder(world, history, topic)
        topic.failure = TypeError("a bug")
        recording.record_if_due()
        with pytest.raises(TypeError, match="a bug"):
            await recording.close()
        move(world, SLOT_MS)
        with pytest.raises(TypeError, match="a bug"):
            recording.record_if_due()

    asyncio.run(scenario())


def test_a_slot_without_any_value_is_over_as_well() -> None:
    async def scenario() -> None:
        world, history, topic = world_with_figures(), History(), Topic()
        recording = Recorder(world.live, history, {}, topic.write)
        recording.record_if_due()
        await recording.close()
        assert topic.points == []
        assert not history.is_due(NOW - 300)

    asyncio.run(scenario())

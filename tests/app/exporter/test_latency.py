"""The histogram of how old events are when the figures hold them."""

from __future__ import annotations

from tests.app.exporter.support import NOW, World

MINUTE = NOW // 60_000 * 60_000


def observed(world: World) -> tuple[float, float]:
    registry = world.live.latency.registry
    name = "selfserve_event_to_value_seconds"
    count, total = registry.get_sample_value(f"{name}_count"), registry.get_sample_value(f"{name}_sum")
    assert count is not None
    assert total is not None
    return count, total


def running() -> World:
    world = World(partitions=1)
    world.write(0, newest={"product.events": NOW - 5_000})
    world.caught_up()
    return world


def test_what_is_met_while_catching_up_is_not_observed() -> None:
    assert observed(running()) == (0, 0)


def test_the_newest_event_of_each_checkpoint() -> None:
    world = running()
    world.now = NOW + 600
    world.write(0, newest={"product.events": NOW - 5_000, "support.events": NOW})
    assert observed(world) == (1, 0.6)


def test_not_before_the_evaluation_time_has_reached_its_minute() -> None:
    world = running()
    world.now = MINUTE + 60_400
    world.write(0, newest={"product.events": MINUTE + 60_100}, evaluated=MINUTE + 60_000)
    assert observed(world) == (0, 0)
    world.now += 1_000
    world.write(0, newest={"product.events": MINUTE + 60_100}, evaluated=MINUTE + 60_001)
    assert observed(world) == (1, 1.3)


def test_late_events_and_replays_are_not_observed() -> None:
    world = running()
    world.write(0, newest={"product.events": NOW - 5_000, "support.events": NOW - 9_000})
    world.write(0, newest={"product.events": NOW}, clock="event")
    assert observed(world) == (0, 0)

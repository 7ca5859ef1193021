"""When figures are shown, and what is said when they are not."""

from __future__ import annotations

from tests.app.exporter.support import ISSUES, NOW, World, world_with_figures

RESOLUTION = "kpi_self_service_resolution_denominator"


def denominator(world: World) -> float:
    figures = world.live.figures()
    assert figures is not None
    return next(
        sample.value
        for sample in figures.families[RESOLUTION]
        if dict(sample.labels)["window"] == "1h" and set(dict(sample.labels).values()) == {"1h", "all"}
    )


def test_the_figures_are_the_sum_over_the_partitions_at_the_least_evaluation_time() -> None:
    world = world_with_figures()
    assert world.live.time == NOW - 300
    assert denominator(world) == 8


def test_no_figures_before_all_partitions_have_been_read() -> None:
    world = World()
    world.write(0, ISSUES)
    world.write(1)
    assert world.live.figures() is None
    assert world.live.reasons() == ["the panes of 2 of 2 partitions have not been read to their end"]
    world.caught_up()
    assert world.live.reasons() == []
    assert denominator(world) == 5


def test_no_figures_before_every_partition_number_has_reported() -> None:
    world = World()
    world.write(0, ISSUES)
    world.caught_up()
    assert world.live.figures() is None
    assert world.live.reasons() == []
    assert world.live.notes() == ["no worker has ever reported for partition 1"]


def test_figures_vanish_when_the_exporter_lags_and_come_back() -> None:
    world = world_with_figures()
    world.now += 60_000
    assert world.live.figures() is not None
    world.now += 1
    assert world.live.figures() is None
    assert world.live.reasons() == ["nothing new has been read for 60 s; beyond 60 s no KPI is published"]
    world.caught_up()
    assert world.live.figures() is not None


def test_workers_that_fall_silent_hold_the_time_but_not_the_figures() -> None:
    world = world_with_figures()
    world.now += 3_600_000
    world.caught_up()
    world.live.advance()
    assert world.live.time == NOW - 300
    assert denominator(world) == 8
    assert world.live.notes() == ["no worker has lately reported for partition 0, 1; the figures stand still"]


def test_evaluated_once_for_each_state() -> None:
    world = world_with_figures()
    figures = world.live.figures()
    assert world.live.figures() is figures
    world.write(0, evaluated=NOW - 200)
    assert world.live.figures() is figures, "the least evaluation time and the numbers are the same"
    world.write(1, evaluated=NOW - 250)
    moved = world.live.figures()
    assert moved is not figures
    world.write(0, ISSUES[:1], evaluated=NOW)
    assert world.live.figures() is not moved
    assert denominator(world) == 11


def test_reading_anew_forgets_the_panes_but_not_the_time() -> None:
    world = world_with_figures()
    world.live.reset()
    assert world.live.figures() is None
    assert world.live.time == NOW - 300
    for number in range(2):
        world.write(number, ISSUES, evaluated=NOW - 10_000)
    world.caught_up()
    assert world.live.time == NOW - 300


def test_another_time_zone_is_said() -> None:
    world = World(timezone="Europe/Berlin")
    world.write(0)
    world.write(1)
    assert world.live.notes() == ["workers count calendar days in UTC, this exporter in Europe/Berlin"]

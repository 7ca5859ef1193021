from __future__ import annotations

import pytest

from app.bench.measures import Measure, Ratio, Spread, ratios, spread, summarise
from app.bench.plan import BARE_TYPED, COMPARISONS, CONTESTANTS, STOCK_FAUST, WORKER, Comparison


def test_rates_are_events_by_wall_and_by_cpu_time() -> None:
    measure = Measure(events=900, seconds=3.0, cpu_seconds=4.5)
    assert measure.per_second == 300
    assert measure.per_cpu_second == 200


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5.0], Spread(5.0, 5.0, 5.0)),
        ([9.0, 1.0, 2.0], Spread(2.0, 1.0, 9.0)),
        ([4.0, 1.0, 2.0, 9.0], Spread(3.0, 1.0, 9.0)),
    ],
)
def test_a_spread_is_the_median_between_the_extremes(values: list[float], expected: Spread) -> None:
    assert spread(values) == expected


def test_one_slow_round_does_not_move_the_figure() -> None:
    rounds = [Measure(100, 1.0, 1.0), Measure(100, 50.0, 2.0), Measure(100, 1.25, 0.5)]
    summary = summarise("somebody", rounds)
    assert summary.events_per_second == Spread(80.0, 2.0, 100.0)
    assert summary.events_per_cpu_second == Spread(100.0, 50.0, 200.0)
    assert summary.rounds == rounds


def test_ratios_are_those_of_the_medians_in_wall_and_in_cpu_time() -> None:
    summaries = {
        WORKER.name: summarise("w", [Measure(300, 1.0, 1.0)]),
        BARE_TYPED.name: summarise("b", [Measure(1_000, 1.0, 2.0)]),
    }
    (found,) = ratios(summaries, [Comparison(WORKER, BARE_TYPED, 0.3), Comparison(WORKER, STOCK_FAUST, 40.0)])
    assert found == Ratio(WORKER.name, BARE_TYPED.name, wall=0.3, cpu=0.6, goal=0.3)
    assert found.reached is True


@pytest.mark.parametrize(
    ("wall", "goal", "reached"), [(0.29, 0.3, False), (41.0, 40.0, True), (1.0, None, None)]
)
def test_a_goal_is_reached_in_wall_time(wall: float, goal: float | None, reached: bool | None) -> None:
    assert Ratio("a", "b", wall=wall, cpu=99.0, goal=goal).reached is reached


def test_only_contestants_are_compared() -> None:
    assert {side for comparison in COMPARISONS for side in comparison[:2]} <= set(CONTESTANTS)

"""Delivery: other moments and repeats, never other events."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.delivery import Courier
from app.simulator.events import SimulatedEvent
from app.simulator.scenarios import SCENARIOS, Delivery, Stretch
from app.simulator.simulation import Simulation
from tests.app.simulator.samples import HOUR, MINUTE, MONDAY, SECOND, events

SHARES = st.floats(0, 0.3)


def deliver(policy: Delivery, times: list[int], *, seed: int = 1) -> list[SimulatedEvent]:
    courier = Courier(policy, Random(seed), origin_ms=0)
    sent: list[SimulatedEvent] = []
    for n, time in enumerate(sorted(times)):
        courier.post("t", b"k", b"%d" % n, time)
        sent += courier.collect()
    return [*sent, *courier.drain()]


@given(
    st.lists(st.integers(0, 10 * HOUR), max_size=200),
    st.builds(Delivery, duplicates=SHARES, delayed=SHARES, late=SHARES),
    st.none() | st.just(Stretch(first_ms=HOUR, length_ms=HOUR, every_ms=3 * HOUR)),
    st.integers(0, 10),
)
def test_everything_arrives_at_least_once_in_order_of_sending_and_not_before_it_happened(
    times: list[int], policy: Delivery, outage: Stretch | None, seed: int
) -> None:
    sent = deliver(Delivery(**{**vars(policy), "outage": outage}), times, seed=seed)
    assert [e.send_ms for e in sent] == sorted(e.send_ms for e in sent)
    assert all(e.send_ms >= e.time_ms for e in sent)
    counts = Counter(e.value for e in sent)
    assert set(counts) == {b"%d" % n for n in range(len(times))}
    assert max(counts.values(), default=0) <= 2
    if outage is not None:
        assert not any(outage.end_of(e.time_ms) and e.send_ms < (outage.end_of(e.time_ms) or 0) for e in sent)


def test_shares_are_as_given() -> None:
    times = list(range(0, 40_000 * SECOND, SECOND))
    policy = Delivery(duplicates=0.05, delayed=0.1, late=0.02, late_by_ms=(HOUR, 2 * HOUR))
    sent = deliver(policy, times)
    assert len(sent) - len(times) == pytest.approx(0.05 * len(times), rel=0.1)
    behind = Counter(e.value for e in sent if e.send_ms - e.time_ms >= HOUR)
    assert len(behind) == pytest.approx(0.02 * len(times), rel=0.15)
    once = {e.value: e for e in reversed(sent)}.values()
    late = sum(0 < e.send_ms - e.time_ms < HOUR for e in once)
    assert late == pytest.approx(0.1 * len(times), rel=0.1)


def test_late_data_is_the_steady_traffic_delivered_differently() -> None:
    steady = events("steady", customers=1_000, rate=1.0, duration_ms=6 * HOUR)
    late = events("late-data", customers=1_000, rate=1.0, duration_ms=6 * HOUR)
    assert {e.value for e in late} == {e.value for e in steady}
    assert sum(e.send_ms - e.time_ms >= 2 * MINUTE for e in late) > 0.2 * len(late)
    assert len(late) - len({e.value for e in late}) > 0.03 * len(late)
    assert sum(e.send_ms - e.time_ms >= 2 * MINUTE for e in steady) < 0.01 * len(steady)


def test_in_an_outage_nothing_is_sent_and_afterwards_everything() -> None:
    stretch = SCENARIOS["outage"].delivery.outage
    assert stretch is not None
    cut_off = events("outage", customers=1_000, rate=5.0, duration_ms=HOUR)
    silent = [e for e in cut_off if stretch.end_of(e.send_ms - MONDAY)]
    assert not silent
    happened = {e.value for e in cut_off if stretch.end_of(e.time_ms - MONDAY)}
    assert len(happened) > 0.2 * len(cut_off)
    steady = events("steady", customers=1_000, rate=5.0, duration_ms=HOUR)
    assert {e.value for e in cut_off} == {e.value for e in steady}


def test_stretches_count_from_the_moment_at_which_the_scenario_begins() -> None:
    one = Simulation(SCENARIOS["steady"], customers=500, rate=5, start_ms=MONDAY, seed=1)
    list(one.advance(MONDAY + 7 * MINUTE))
    one.switch(SCENARIOS["outage"], rate=5)
    sent = [e.send_ms - (MONDAY + 7 * MINUTE) for e in one.advance(MONDAY + 17 * MINUTE)]
    assert any(MINUTE < at < 2 * MINUTE for at in sent)
    assert not any(2 * MINUTE <= at < 5 * MINUTE for at in sent)
    assert any(at >= 5 * MINUTE for at in sent)

"""When an exporter may publish."""

from __future__ import annotations

from app.exporter.freshness import Freshness

NOW = 1_780_000_000_000


def test_not_before_every_partition_has_been_read_to_its_end() -> None:
    freshness = Freshness(2, stale_after_ms=60_000)
    assert freshness.behind == [0, 1]
    freshness.observe(0, at_end=True, fetched=NOW)
    freshness.observe(1, at_end=False, fetched=NOW)
    assert freshness.behind == [1]
    assert freshness.lag_ms(NOW) is None
    assert not freshness.is_current(NOW)
    freshness.observe(1, at_end=True, fetched=NOW - 300)
    assert freshness.lag_ms(NOW) == 300
    assert freshness.is_current(NOW)


def test_a_partition_that_falls_behind_makes_it_stale_after_a_while() -> None:
    freshness = Freshness(2, stale_after_ms=60_000)
    for partition in range(2):
        freshness.observe(partition, at_end=True, fetched=NOW)
    later = NOW + 60_000
    freshness.observe(0, at_end=True, fetched=later)
    freshness.observe(1, at_end=False, fetched=later)
    assert freshness.is_current(later)
    assert not freshness.is_current(later + 1)
    freshness.observe(1, at_end=True, fetched=later + 2)
    assert freshness.is_current(later + 2)


def test_a_broker_that_does_not_answer_makes_it_stale_after_a_while() -> None:
    freshness = Freshness(1, stale_after_ms=60_000)
    for now in (NOW, NOW + 30_000, NOW + 61_000):
        # Without an answer the last fetch stays the last.
        freshness.observe(0, at_end=True, fetched=NOW)
        assert freshness.is_current(now) == (now <= NOW + 60_000)


def test_reading_anew_starts_from_nothing() -> None:
    freshness = Freshness(1, stale_after_ms=60_000)
    freshness.observe(0, at_end=True, fetched=NOW)
    freshness.reset()
    assert freshness.behind == [0]
    assert not freshness.is_current(NOW)
    freshness.observe(0, at_end=True, fetched=None)
    assert freshness.behind == [0]

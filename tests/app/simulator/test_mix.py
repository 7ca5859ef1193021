"""The benchmark's mix: the same bytes every time, in the proportions of its table."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from app.simulator.events import SimulatedEvent
from app.simulator.mix import (
    BENCHMARK_SPAN_MS,
    BENCHMARK_START_MS,
    BENCHMARK_WEIGHTS,
    DUPLICATES,
    LATE,
    benchmark_mix,
)
from schemas.decode import read
from schemas.events import Event, event_time_ms, key_of, type_name
from schemas.types import EVENT_TYPES

N = 60_000


@pytest.fixture(scope="module")
def mix() -> list[SimulatedEvent]:
    return list(benchmark_mix(N))


@pytest.fixture(scope="module")
def typed(mix: list[SimulatedEvent]) -> list[Event]:
    found = [read(sent.value) for sent in mix]
    assert all(isinstance(event, Event) for event in found)
    return [event for event in found if isinstance(event, Event)]


def test_it_is_the_same_every_time_and_differs_by_seed(mix: list[SimulatedEvent]) -> None:
    assert list(benchmark_mix(N)) == mix
    assert {e.value for e in islice(benchmark_mix(N, seed=2), 100)}.isdisjoint(e.value for e in mix)


def test_it_has_as_many_records_as_asked(mix: list[SimulatedEvent]) -> None:
    assert len(mix) == N
    assert list(benchmark_mix(0)) == []
    assert len(list(benchmark_mix(1))) == 1


def test_every_type_has_a_weight_and_product_use_is_seventy_percent() -> None:
    assert set(BENCHMARK_WEIGHTS) == set(EVENT_TYPES)
    by_topic: Counter[str] = Counter()
    for name, weight in BENCHMARK_WEIGHTS.items():
        by_topic[EVENT_TYPES[name].topic] += round(weight * 10)
    assert by_topic == {
        "product.events": 7_000,
        "support.events": 1_800,
        "account.events": 700,
        "feedback.events": 500,
    }


def test_types_come_in_the_proportions_of_the_table(typed: list[Event]) -> None:
    found = Counter(type_name(event) for event in typed)
    for name, weight in BENCHMARK_WEIGHTS.items():
        expected = weight / 1_000 * N
        assert found[name] == pytest.approx(expected, abs=5 * expected**0.5 + 3)


def test_the_proportions_are_the_same_from_beginning_to_end(typed: list[Event]) -> None:
    halves = [Counter(type_name(event) for event in half) for half in (typed[: N // 2], typed[N // 2 :])]
    for name in ("page.viewed", "conversation.resolved", "help.article_viewed", "email.delivered"):
        assert halves[0][name] == pytest.approx(halves[1][name], rel=0.25)


def test_each_is_keyed_by_its_customer_on_its_topic(mix: list[SimulatedEvent], typed: list[Event]) -> None:
    for sent, event in zip(mix, typed, strict=True):
        key = key_of(event)
        assert key is not None
        assert (sent.key, sent.time_ms) == (key.encode(), event_time_ms(event))
        assert sent.topic == EVENT_TYPES[type_name(event)].topic


def test_one_percent_is_repeated_and_one_percent_is_late(mix: list[SimulatedEvent]) -> None:
    assert N - len({e.value for e in mix}) == pytest.approx(DUPLICATES * N, rel=0.15)
    once = {e.value: e for e in reversed(mix)}.values()
    late = sum(e.send_ms - e.time_ms >= 5 * 60_000 for e in once)
    assert late == pytest.approx(LATE * N, rel=0.15)


def test_it_spans_two_hours_in_the_order_of_sending(mix: list[SimulatedEvent]) -> None:
    sent = [e.send_ms for e in mix]
    assert sent == sorted(sent)
    assert sent[0] == BENCHMARK_START_MS
    assert BENCHMARK_START_MS + 0.99 * BENCHMARK_SPAN_MS < sent[-1] < BENCHMARK_START_MS + BENCHMARK_SPAN_MS


def test_customers_are_many_and_unequal(mix: list[SimulatedEvent]) -> None:
    by_key = Counter(e.key for e in mix)
    assert len(by_key) > 20_000
    ranked = [count for _, count in by_key.most_common()]
    assert 0.12 < sum(ranked[: len(ranked) // 100]) / N < 0.35


def test_most_conversation_events_belong_to_a_conversation_that_was_started(typed: list[Event]) -> None:
    started = {e.conversation_id for e in typed if type_name(e) == "conversation.started"}
    others = [e for e in typed if type_name(e) == "conversation.message"]
    assert sum(e.conversation_id in started for e in others) > 0.99 * len(others)

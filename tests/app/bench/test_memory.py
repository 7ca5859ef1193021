"""The customers whose memory is measured are those that the figure speaks of."""

from __future__ import annotations

from collections import Counter

from app.bench.memory import CONVERSATION_DAY, DAYS, FEATURES, Growth, Memory, fill, life, memory_of, records
from streams.core.definitions import Definitions
from streams.core.partition import PartitionState


def test_each_has_ten_active_days_five_features_and_one_conversation() -> None:
    state = PartitionState(0, 1, Definitions())
    fill(state, 50)

    assert state.customers == 50
    for customer in state.ledger.customers.values():
        assert customer.days.bit_count() == DAYS == 10
        assert len(customer.opened().conversations) == 1
    used = {event["feature"] for day in range(DAYS) for event in life(7, 0.5, day) if "feature" in event}
    assert used == set(FEATURES)
    assert len(used) == 5


def test_every_record_counts() -> None:
    state = PartitionState(0, 1, Definitions())
    fill(state, 20)

    results: Counter[str] = Counter()
    for by_result in state.results.values():
        results.update(by_result)
    assert +results == {"processed": 20 * (DAYS + 4)}
    assert not state.take_changes().state


def test_records_come_in_the_order_of_the_days() -> None:
    days = [
        event_day
        for record in records(5)
        if record.topic == "product.events"
        for event_day in [record.timestamp // 86_400_000]
    ]
    assert days == sorted(days)
    assert len(list(life(1, 0.0, CONVERSATION_DAY))) == 5
    assert len(list(life(1, 0.0, CONVERSATION_DAY + 1))) == 1


def test_what_does_not_depend_on_the_number_of_customers_is_told_apart() -> None:
    found = memory_of(Growth(1_000, 1_600_000), Growth(4_000, 3_400_000))
    assert found == Memory(4_000, bytes_per_customer=850.0, bytes_per_further_customer=600.0)

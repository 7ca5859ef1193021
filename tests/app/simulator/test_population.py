"""Customers: how unequal they are, and that there are never more of them than slots."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from app.simulator.population import EVERYTHING, ISSUE, SESSION, Population
from tests.app.simulator.samples import HOUR, events, parsed


def population(size: int = 1_000, seed: int = 1) -> Population:
    return Population(size, Random(seed), seed=seed)


def test_a_few_customers_cause_much_of_the_traffic() -> None:
    found = parsed(events(customers=10_000, rate=20.0, duration_ms=HOUR))
    by_user = Counter(event["user_id"] for event in found if "user_id" in event)
    ranked = [count for _, count in by_user.most_common()]
    assert 0.1 < sum(ranked[:100]) / sum(ranked) < 0.4
    assert len(by_user) > 2_000


def test_the_skew_is_the_one_asked_for() -> None:
    people = population(10_000)
    picked = [people.pick(0, 3.0) for _ in range(20_000)]
    top = sum(customer is not None and customer.slot < 100 for customer in picked)
    # One in a hundred makes the share 0.01 ** (1 / 3); slots that are still free pass to others.
    assert top / len(picked) == pytest.approx(0.01 ** (1 / 3), abs=0.02)


def test_a_busy_or_tired_customer_is_not_picked() -> None:
    people = population(3)
    for customer in filter(None, (people.pick(0, 1.0) for _ in range(100))):
        customer.busy = SESSION
        customer.quiet_until = 1_000
    assert people.pick(SESSION, 1.0) is None
    assert people.pick(ISSUE, 1.0, rested_at=999) is None
    assert people.pick(ISSUE, 1.0, rested_at=1_000) is not None


def test_sign_ups_take_free_slots_then_those_of_quiet_customers() -> None:
    people = population(100)
    ids = set()
    for n in range(500):
        customer = people.sign_up(f"n{n}")
        assert customer is not None
        ids.add(customer.id)
        assert 0 <= customer.slot < 100
    assert len(ids) == 500
    assert len({c.id for c in (people.pick(0, 1.0) for _ in range(5_000)) if c is not None}) <= 100


def test_nobody_signs_up_where_everybody_is_busy() -> None:
    people = population(4)
    for customer in filter(None, (people.pick(0, 1.0) for _ in range(100))):
        customer.busy = EVERYTHING
    assert people.sign_up("n") is None


def test_a_removed_customer_is_not_picked_and_the_slot_is_given_to_the_next() -> None:
    people = population(1)
    customer = people.pick(0, 1.0)
    assert customer is not None
    people.remove(customer)
    assert people.pick(0, 1.0) is None
    successor = people.sign_up("next")
    assert successor is not None
    assert (successor.slot, successor.id) == (customer.slot, f"{customer.id}-next")


def test_accounts_have_one_segment_and_few_admins() -> None:
    people = population(600)
    everybody = {c.id: c for c in (people.pick(0, 1.0) for _ in range(20_000)) if c is not None}.values()
    segments: dict[str, set[str]] = {}
    for customer in everybody:
        segments.setdefault(customer.organisation.id, set()).add(customer.organisation.segment)
    assert len(segments) > 100
    assert all(len(found) == 1 for found in segments.values())
    roles = Counter(customer.role for customer in everybody)
    assert 0.15 < roles["admin"] / roles.total() < 0.4

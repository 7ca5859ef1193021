"""Facts of subscriptions: any order and repetition says the same, and what can be asked of them."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Decoder, encode

from schemas import events as e
from streams.core.dimensions import Dimensions
from streams.core.subscriptions import (
    CANCELLED,
    CHANGED,
    MAX_CHANGES,
    MAX_PERIODS,
    MAX_TOLD,
    STARTED,
    Change,
    Period,
    Subscriptions,
)
from streams.core.told import told_at

times = st.integers(0, 20)


def change(time: int, kind: int, subscription: str = "s1", *, before: str = "", after: str = "") -> Change:
    return Change(time, kind, subscription, before, after, "", 0, 0, "EUR", "customer", "")


pieces = st.one_of(
    st.builds(lambda t: Subscriptions(signed_up=t), times),
    st.builds(lambda t, p: Subscriptions(plans=[(t, p)]), times, st.sampled_from("abc")),
    st.builds(lambda t, p: Subscriptions(segments=[(t, p)]), times, st.sampled_from("xy")),
    st.builds(
        lambda t, k, s: Subscriptions(changes=[change(t, k, s)]),
        times,
        st.integers(0, 2),
        st.sampled_from("st"),
    ),
    st.builds(lambda t, d: Subscriptions(periods=[Period(t, "s", due=d)]), times, times),
    st.builds(lambda t, d: Subscriptions(periods=[Period(t, "s", renewed=d)]), times, times),
)


@given(st.lists(pieces, max_size=12), st.randoms(use_true_random=False))
def test_facts_join_in_any_order_and_any_number_of_times(
    parts: list[Subscriptions], rng: random.Random
) -> None:
    straight, mixed = Subscriptions(), Subscriptions()
    for part in parts:
        straight.merge(part)
    halves = [Subscriptions(), Subscriptions()]
    for part in rng.sample(parts, len(parts)) + rng.sample(parts, len(parts) // 2):
        rng.choice(halves).merge(part)
    for half in halves:
        mixed.merge(half)
    assert mixed == straight
    assert Decoder(Subscriptions).decode(encode(straight)) == straight


def test_the_plan_at_a_time_is_the_latest_told_by_then_else_the_first() -> None:
    facts = Subscriptions(plans=[(10, "free"), (20, "pro"), (20, "team")])
    assert [told_at(facts.plans, t, "now") for t in (5, 10, 19, 20, 99)] == [
        "free",
        "free",
        "free",
        "team",
        "team",
    ]
    assert told_at(Subscriptions().plans, 5, "now") == "now"


def test_a_customer_has_an_active_subscription_from_the_first_start_to_the_last_end() -> None:
    facts = Subscriptions(
        changes=[
            change(1, CANCELLED),
            change(2, STARTED),
            change(3, CHANGED, "s2"),
            change(4, CANCELLED),
            change(5, CANCELLED, "s2"),
            change(5, CANCELLED, "s3"),
            change(6, STARTED),
        ]
    )
    assert facts.active() == [(2, 1), (5, -1), (6, 1)]


def test_a_subscription_has_the_plan_that_its_latest_change_told() -> None:
    facts = Subscriptions(
        changes=[
            change(2, STARTED, after="pro"),
            change(4, CHANGED, before="pro", after="team"),
            change(5, CHANGED),
            change(6, CANCELLED, before="team"),
            change(7, CANCELLED, "s2"),
        ]
    )
    held = facts.held()["s1"]
    assert [told_at(held, t, "-") for t in (1, 2, 4, 5, 6)] == ["pro", "pro", "team", "team", "team"]
    assert "s2" not in facts.held()


def test_what_is_remembered_is_bounded_and_the_plans_in_between_stay() -> None:
    facts = Subscriptions()
    for n in range(2 * MAX_CHANGES):
        facts.join_change(change(n, CHANGED, f"s{n}"))
        facts.join_period(Period(n, "s", due=n))
    assert [c.time for c in facts.changes] == list(range(MAX_CHANGES, 2 * MAX_CHANGES))
    assert [p.end for p in facts.periods] == list(range(2 * MAX_CHANGES - MAX_PERIODS, 2 * MAX_CHANGES))

    dimensions = Dimensions(8)
    identified = e.UserIdentified(id="1", time=0, user_id="u")
    for n in range(10 * MAX_TOLD):
        facts.join(identified, n, "free" if n < 5 * MAX_TOLD else "pro", "", dimensions)
    assert len(facts.plans) == MAX_TOLD
    assert told_at(facts.plans, 5 * MAX_TOLD - 1, "") == "free"
    assert told_at(facts.plans, 5 * MAX_TOLD, "") == "pro"

"""Facts of growth: any order and repetition says the same, and nobody can store more than is allowed."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Decoder, encode

from streams.core.definitions import Definitions
from streams.core.facts.growth import GrowthFacts
from streams.core.groups.growth import MAX_INVITATIONS, MAX_ORDERS, Growth

times = st.integers(0, 20)
pieces = st.one_of(
    st.builds(lambda t, r: GrowthFacts(signup=t, referred=r), times, st.booleans()),
    st.builds(
        lambda n, t, p: GrowthFacts(orders={n: (t, p)}), st.sampled_from("ab"), times, st.sampled_from("xy")
    ),
    st.builds(lambda n, t: GrowthFacts(invitations={n: (t, "")}), st.sampled_from("ab"), times),
)
GROWTH = Growth(Definitions())


@given(st.lists(pieces, max_size=12), st.randoms(use_true_random=False))
def test_facts_join_in_any_order_and_any_number_of_times(
    parts: list[GrowthFacts], rng: random.Random
) -> None:
    straight, mixed = GrowthFacts(), GrowthFacts()
    for part in parts:
        GROWTH.merge(straight, part)
    halves = [GrowthFacts(), GrowthFacts()]
    for part in rng.sample(parts, len(parts)) + rng.sample(parts, len(parts) // 2):
        GROWTH.merge(rng.choice(halves), part)
    for half in halves:
        GROWTH.merge(mixed, half)
    assert mixed == straight
    assert Decoder(GrowthFacts).decode(encode(straight)) == straight


def test_the_latest_orders_and_invitations_are_kept() -> None:
    facts = GrowthFacts()
    for n in random.Random(1).sample(range(400), 400):
        GROWTH.merge(facts, GrowthFacts(orders={str(n): (n, "web")}, invitations={str(n): (n, "")}))
    assert {time for time, _ in facts.orders.values()} == set(range(400 - MAX_ORDERS, 400))
    assert {time for time, _ in facts.invitations.values()} == set(range(400 - MAX_INVITATIONS, 400))

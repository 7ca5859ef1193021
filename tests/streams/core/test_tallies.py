"""Plain counts of one customer: what is given up early stays counted."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core import tallies
from streams.core.batch import Sums
from streams.core.dimensions import DIMENSIONS, OF_A_CUSTOMER, OTHER, Dimensions
from streams.core.facts.counts import Tally
from streams.core.measures import Contribution
from streams.core.time import ALL
from tests.oracle.generate import random_events
from tests.support.cluster import Cluster
from tests.support.figures import folded

FIELDS = ("network", "sentiment")
NUMBERS = st.lists(
    st.tuples(
        st.just("mentions"),
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(["good", "bad", "unknown"])),
        st.integers(0, 9),
        st.integers(1, 3),
    ),
    max_size=60,
)


def total(numbers: list[Contribution]) -> int:
    return sum(n for _, _, _, n in numbers)


@given(NUMBERS, st.integers(1, 6), st.integers(4, 20))
def test_no_number_is_lost_and_no_bound_exceeded(added: list[Contribution], cells: int, numbers: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "MAX_TALLIES", cells)
        patch.setattr(tallies, "MAX_NUMBERS", numbers)
        dimensions = Dimensions(100)
        held: list[Tally] = []
        counted, closed = [], []
        for one in added:
            counted.append(tallies.add(held, one, FIELDS, DIMENSIONS, dimensions))
            before = {minute for tally in held for minute in tally.numbers}
            given_up = tallies.surplus(held)
            closed += given_up
            assert sum(len(tally.numbers) for tally in held) <= numbers
            if given_up:
                assert min(before) in {minute for _, _, minute, _ in given_up}
        # Beside those with a name: other with each of what is unknown and not.
        assert len(held) <= cells + 2
        kept = [(t.measure, t.cell, minute, n) for t in held for minute, n in t.numbers.items()]
        assert total(kept) + total(closed) == total(added) == total(counted)
        assert sum(OTHER in cell for _, cell, _, _ in counted) == dimensions.overflow[OF_A_CUSTOMER]


def test_the_figures_are_those_of_all_events_also_when_numbers_are_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tallies, "MAX_NUMBERS", 8)
    rng = random.Random(9)
    # A flag takes back what is still with its customer only.
    events: list[dict[str, Any]] = [
        event for event in random_events(rng, 1_500) if not event["type"].startswith("user.")
    ]
    cluster = Cluster(2)
    cluster.produce(events)
    cluster.run(rng)
    at = cluster.newest() + 1
    found = Sums(cluster.numbers(), at, cluster.parts[0].state.rules)
    batch = folded(events, at, cluster.definitions)
    expected = Sums(batch.contributions(), at, batch.rules)
    for measure in ("sessions", "visits", "feedback", "mentions", "core_actions", "activities"):
        assert expected.cells(measure, ALL), measure
        assert found.cells(measure, ALL) == expected.cells(measure, ALL)
    for part in cluster.parts:
        assert not part.state.verify()
        assert any(list(panes.numbers()) for panes in part.state.ledger.residue)

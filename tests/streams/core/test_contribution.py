"""Differences of contributions: whatever path they take, they turn the one into the other."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.core.contribution import difference
from streams.core.measures import Contribution

CONTRIBUTIONS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.tuples(st.sampled_from(["x", "unknown"])),
        st.integers(0, 3),
        st.sampled_from([1, 1, -1, 5]),
    ),
    max_size=20,
)


def summed(contributions: list[Contribution]) -> Counter[tuple[object, ...]]:
    numbers: Counter[tuple[object, ...]] = Counter()
    for measure, cell, minute, n in contributions:
        numbers[measure, cell, minute] += n
    return numbers


@given(CONTRIBUTIONS, CONTRIBUTIONS, st.booleans())
def test_before_and_difference_are_after(
    before: list[Contribution], after: list[Contribution], as_many: bool
) -> None:
    if as_many:
        after = (after + before)[: len(before)]
    kept = list(before), list(after)
    delta = difference(before, after)
    assert (before, after) == kept
    joined, expected = summed(before + delta), summed(after)
    assert {place: n for place, n in joined.items() if n} == {place: n for place, n in expected.items() if n}


@given(CONTRIBUTIONS)
def test_nothing_moves_where_nothing_changes(contributions: list[Contribution]) -> None:
    assert not contributions or difference(contributions, list(contributions)) == []

"""Logarithmic buckets against the exact, sorted durations."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.distributions import (
    BUCKETS,
    LONGEST,
    bounds_of,
    bucket_of,
    quantile,
    quantiles,
    representative,
)

durations = st.one_of(
    st.integers(0, 1_000), st.integers(0, 40 * 86_400_000), st.integers(0, LONGEST), st.just(LONGEST)
)
shares = st.one_of(st.sampled_from([0.0, 0.5, 0.75, 0.9, 1.0]), st.floats(0, 1))


def exact(values: list[int], q: float) -> float:
    ordered = sorted(values)
    position = q * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


@given(durations)
def test_a_bucket_holds_its_durations_and_is_within_half_a_percent_of_them(ms: int) -> None:
    bucket = bucket_of(ms)
    low, high = bounds_of(bucket)
    assert low <= ms <= high
    assert abs(representative(bucket) - ms) <= 0.005 * ms


@given(durations, durations)
def test_longer_durations_never_have_smaller_buckets(a: int, b: int) -> None:
    assert (bucket_of(a) <= bucket_of(b)) if a <= b else (bucket_of(a) >= bucket_of(b))


@given(st.integers(0, BUCKETS - 1))
def test_every_bound_falls_into_its_own_bucket(bucket: int) -> None:
    assert [bucket_of(bound) for bound in bounds_of(bucket)] == [bucket, bucket]


def test_buckets_leave_no_gap() -> None:
    bounds = [bounds_of(bucket) for bucket in range(BUCKETS)]
    assert bounds[0] == (0, 0)
    assert bounds[-1][1] == LONGEST
    assert all(before[1] + 1 == after[0] for before, after in pairwise(bounds))


def test_the_bounds_are_those_that_recorded_panes_were_made_with() -> None:
    bounds = ",".join(str(bounds_of(bucket)[0]) for bucket in range(BUCKETS))
    assert (BUCKETS, hashlib.sha256(bounds.encode()).hexdigest()[:16]) == (3895, "bc8a8ba086a1eaa0")


@given(st.lists(durations, min_size=1, max_size=60), shares)
def test_a_quantile_is_within_one_percent_of_the_exact_one(values: list[int], q: float) -> None:
    expected = exact(values, q)
    assert abs(quantile(Counter(map(bucket_of, values)), q) - expected) <= 0.01 * expected


@given(st.lists(durations, min_size=1), st.lists(durations), st.lists(shares))
def test_what_is_added_can_be_taken_back(kept: list[int], taken: list[int], qs: list[float]) -> None:
    counts = Counter(map(bucket_of, kept + taken))
    counts.subtract(map(bucket_of, taken))
    assert quantiles(counts, qs) == quantiles(Counter(map(bucket_of, kept)), qs)


def test_a_quantile_between_two_ranks_is_interpolated() -> None:
    assert quantiles({bucket_of(60): 1, bucket_of(70): 1}, (0, 0.25, 0.5, 1)) == [60, 62.5, 65, 70]
    assert quantile({0: 3, bucket_of(60): 1}, 0.9) == pytest.approx(42)


def test_one_duration_is_every_quantile() -> None:
    assert quantiles({7: 1}, (0, 0.5, 0.9, 1)) == [7, 7, 7, 7]


@pytest.mark.parametrize("ms", [-1, LONGEST + 1])
def test_impossible_durations_are_refused(ms: int) -> None:
    with pytest.raises(ValueError, match="between 0 and"):
        bucket_of(ms)


@pytest.mark.parametrize("bucket", [-1, BUCKETS])
def test_there_is_nothing_beyond_the_last_bucket(bucket: int) -> None:
    with pytest.raises(IndexError, match="is none of"):
        representative(bucket)


def test_no_durations_have_no_quantiles() -> None:
    for counts in ({}, {3: 0}):
        with pytest.raises(ValueError, match="without durations"):
            quantile(counts, 0.5)
    with pytest.raises(ValueError, match="negative"):
        quantile({3: -1}, 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile({3: 1}, 1.5)

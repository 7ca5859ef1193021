"""Distributions of durations: counts in logarithmic buckets, which add up, retract, and give quantiles.

A bucket is an integer. Up to 100 ms each millisecond has a bucket of its own, from there on every bucket is
as wide as its representative can be within 0.5 % of each value in it. The bounds are made with integers alone, so a
duration falls into the same bucket on every machine.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

LONGEST: Final = (1 << 62) - 1
"""The longest duration that has a bucket (ms)."""


def _lower_bounds() -> list[int]:
    bounds = [0]
    low = 1
    while low <= LONGEST:
        bounds.append(low)
        # With the harmonic mean of both ends as representative, the error is (high - low) / (high + low).
        low = low * 201 // 199 + 1
    return bounds


_BOUNDS: Final = _lower_bounds()
BUCKETS: Final = len(_BOUNDS)
"""How many buckets there are: 0 <= bucket < BUCKETS."""


def bucket_of(ms: int) -> int:
    """Return the bucket of a duration of `ms` milliseconds.

    Raises ValueError if it is negative or longer than `LONGEST`.
    """
    if 0 <= ms <= LONGEST:
        return bisect_right(_BOUNDS, ms) - 1
    raise ValueError(f"a duration lies between 0 and {LONGEST} ms, not {ms}")


def bounds_of(bucket: int) -> tuple[int, int]:
    """Return the shortest and the longest duration (ms, both inclusive) of a bucket.

    Raises IndexError if there is no such bucket.
    """
    if not 0 <= bucket < BUCKETS:
        raise IndexError(f"bucket {bucket} is none of 0 to {BUCKETS - 1}")
    low = _BOUNDS[bucket]
    high = _BOUNDS[bucket + 1] - 1 if bucket + 1 < BUCKETS else LONGEST
    return low, high


def representative(bucket: int) -> float:
    """Return the duration (ms) that stands for a bucket: within 0.5 % of each of its values.

    Raises IndexError if there is no such bucket.
    """
    low, high = bounds_of(bucket)
    return 2 * low * high / (low + high) if high else 0.0


def quantiles(counts: Mapping[int, int], qs: Iterable[float]) -> list[float]:
    """Return quantiles (ms) of a distribution given as counts by bucket, each within 1 % of the exact one.

    Quantile q lies at position `q * (n - 1)` of the sorted durations, interpolated linearly between the two adjacent
    ranks. Buckets with a count of 0 may be there. Raises ValueError if nothing was counted, a count is negative, or q
    is not between 0 and 1.
    """
    buckets = sorted(counts)
    # A bucket without durations ends where the one before it ends, and so is never found.
    ends = list(accumulate(map(counts.__getitem__, buckets)))
    if not ends or (not ends[-1] and not any(counts.values())):
        raise ValueError("a distribution without durations has no quantiles")
    if min(counts.values()) < 0:
        raise ValueError(f"a count is negative: {min(counts.values())}")
    total = ends[-1]

    def at(rank: int) -> float:
        return representative(buckets[bisect_right(ends, rank)])

    found = []
    for q in qs:
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile lies between 0 and 1, not {q}")
        position = q * (total - 1)
        rank = math.floor(position)
        low = at(rank)
        share = position - rank
        found.append(low + share * (at(rank + 1) - low) if share else low)
    return found


def quantile(counts: Mapping[int, int], q: float) -> float:
    """Return one quantile (ms); see `quantiles`."""
    return quantiles(counts, (q,))[0]

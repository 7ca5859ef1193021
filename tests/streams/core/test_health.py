"""The health of an account, by hand and within its bounds."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definitions import Definitions
from streams.core.health import Health
from streams.core.time import DAY_MS

NOON = 1_741_003_200_000
"""2025-03-03 12:00 UTC."""
TODAY = NOON // DAY_MS


def health_of(
    day0: int, days: int, contacts: list[int], answers: list[tuple[int, int]], at: int = NOON
) -> int:
    today = (at - 1) // DAY_MS
    score, until = Health(Definitions()).score(
        day0, days, contacts, answers, at, today, (today + 1) * DAY_MS + 1
    )
    assert until > at
    return score


def defined(days: set[int], contacts: list[int], answers: list[tuple[int, int]]) -> int:
    """The definition as it is written down, without bits and bounds."""
    d = Definitions()
    used = [day for day in days if day <= TODAY]
    parts = [
        (d.health_recency, Fraction(100 * max(0, 30 - (TODAY - max(used))), 30) if used else 0),
        (
            d.health_depth,
            Fraction(
                100 * min(d.health_depth_days, sum(day > TODAY - 30 for day in used)), d.health_depth_days
            ),
        ),
    ]
    load = sum(NOON - 30 * DAY_MS <= time < NOON for time in contacts)
    parts.append((d.health_support, Fraction(100 * max(0, d.health_contacts - load), d.health_contacts)))
    pleased = [points for time, points in answers if NOON - 90 * DAY_MS <= time < NOON]
    if pleased:
        parts.append((d.health_satisfaction, Fraction(sum(pleased), len(pleased))))
    mean = Fraction(sum(weight * part for weight, part in parts)) / sum(weight for weight, _ in parts)
    return floor(mean + Fraction(1, 2))


def around(days: int) -> st.SearchStrategy[int]:
    edge = NOON - days * DAY_MS
    return st.integers(NOON - 100 * DAY_MS, NOON + 10 * DAY_MS) | st.sampled_from((edge - 1, edge, edge + 1))


@given(
    st.sets(st.integers(TODAY - 40, TODAY + 3), max_size=20),
    st.lists(around(30) | around(0), max_size=8),
    st.lists(st.tuples(around(90) | around(0), st.integers(0, 100)), max_size=8),
)
@settings(max_examples=200)
def test_health_is_what_its_definition_says(
    days: set[int], contacts: list[int], answers: list[tuple[int, int]]
) -> None:
    day0 = min(days, default=0)
    bits = sum(1 << day - day0 for day in days)
    found = health_of(day0, bits, sorted(contacts), sorted(answers))
    assert found == defined(days, contacts, answers)
    assert 0 <= found <= 100


def test_health_by_hand() -> None:
    # Used today and on five of the 29 days before: recency 100, depth 50; one contact: 80; one answer: 75.
    found = health_of(TODAY - 9, 0b1000011111, [NOON - 1], [(NOON - 1, 75)])
    assert found == round((30 * 100 + 30 * 50 + 20 * 80 + 20 * 75) / 100)
    # Nothing at the hour itself counts, nor what is too old; without answers their weight is shared.
    late = [NOON - 30 * DAY_MS - 1, NOON]
    found = health_of(TODAY - 9, 0b1000011111, late, [(NOON, 0)])
    assert found == round((30 * 100 + 30 * 50 + 20 * 100) / 80)
    health = Health(Definitions())
    assert [health.band(score) for score in (70, 69, 40, 39)] == ["good", "fair", "fair", "poor"]

"""Of an own ratio the numerator is part of the denominator, or it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.overlay.measures import read_measures
from app.overlay.subsets import _implies
from streams.core.groups.own import _test
from streams.core.own import Condition
from tests.app.overlay.support import definition, laid_over, located, mistakes

SEARCH = {"events": "help.searched", "count": "events"}


def over(part: dict[str, Any], whole: dict[str, Any], **value: Any) -> dict[str, Any]:
    return {
        "measures": {"part": SEARCH | part, "whole": SEARCH | whole},
        "kpis": {
            "x": definition(
                value={
                    "form": "ratio",
                    "numerator": {"measure": "part"},
                    "denominator": {"measure": "whole"},
                    **value,
                },
                dimensions=[],
            )
        },
    }


GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the same": ({}, {}),
    "a condition more": ({"where": {"plan": "pro"}}, {}),
    "fewer types": ({}, {"events": ["help.searched", "help.solved"]}),
    "fewer values": ({"where": {"plan": "pro"}}, {"where": {"plan": ["pro", "team"]}}),
    "closer bounds": (
        {"where": {"data.results": {"above": 3}}},
        {"where": {"data.results": {"at_least": 3}}},
    ),
    "a value within bounds": ({"where": {"data.results": 3}}, {"where": {"data.results": {"at_most": 3}}}),
    "a value is there": ({"where": {"plan": "pro"}}, {"where": {"plan": {"present": True}}}),
    "both left out": ({"where": {"plan": {"present": False}}}, {"where": {"plan": {"present": False}}}),
    "customers": ({"count": "customers", "where": {"plan": "pro"}}, {"count": "customers"}),
}

BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a condition less": (
        {},
        {"where": {"plan": "pro"}},
        "it wants plan to be something that this one does not ask for",
    ),
    "more types": ({"events": ["help.searched", "help.solved"]}, {}, "help.solved is none of its events"),
    "more values": ({"where": {"plan": ["pro", "free"]}}, {"where": {"plan": "pro"}}, "it wants plan"),
    "wider bounds": (
        {"where": {"data.results": {"at_least": 3}}},
        {"where": {"data.results": {"above": 3}}},
        "it wants data.results",
    ),
    "another way of counting": ({"count": "customers"}, {}, "one counts customers, the other events"),
    "sums": (
        {"count": {"sum": "data.results"}},
        {"count": {"sum": "data.results"}},
        "one counts sum, the other sum",
    ),
    "left out for there": (
        {"where": {"plan": {"present": False}}},
        {"where": {"plan": {"present": True}}},
        "it wants plan",
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_part_is_a_ratio(tmp_path: Path, case: str) -> None:
    part, whole = GOOD[case]
    assert "x" in laid_over(tmp_path, over(part, whole)).kpis


@pytest.mark.parametrize("case", BAD)
def test_what_may_be_more_is_none(tmp_path: Path, case: str) -> None:
    part, whole, reason = BAD[case]
    (found,) = mistakes(tmp_path, over(part, whole))

    assert "kpis.x.value.numerator: part may count what whole does not: " in found
    assert reason in found
    assert found.endswith("; ask for the same there, or make the KPI a quotient")


def test_a_filter_of_the_denominator_holds_for_the_numerator(tmp_path: Path) -> None:
    plan: dict[str, Any] = {"dimensions": ["plan"]}
    other: dict[str, Any] = {"dimensions": ["plan"]}
    filtered = {"denominator": {"measure": "whole", "where": {"plan": ["pro"]}}}
    (found,) = mistakes(tmp_path, over(plan, other, **filtered))
    assert "it is read where plan is pro alone" in found

    both = filtered | {"numerator": {"measure": "part", "where": {"plan": ["pro"]}}}
    assert "x" in laid_over(tmp_path, over(plan, other, **both)).kpis


numbers = st.integers(-3, 3)
bounds = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("above", "at_least", "below", "at_most"), numbers),
).filter(bool)
conditions = st.one_of(
    bounds,
    numbers,
    st.lists(numbers, min_size=1, max_size=3),
    st.sampled_from([{"present": True}, {"present": False}]),
)


def condition(written: Any) -> Condition:
    problems: list[Any] = []
    entry = {"m": SEARCH | {"where": {"data.results": written}}}
    found = read_measures(located(entry), problems)
    assert not problems
    return found["m"].where[0]


@given(conditions, conditions)
def test_what_is_implied_holds_for_every_value(one: Any, other: Any) -> None:
    first, second = condition(one), condition(other)
    if _implies(first, second):
        for value in (None, *range(-5, 6), *(n + 0.5 for n in range(-5, 5))):
            if _test(first)(value):
                assert _test(second)(value), value


def test_a_part_knows_its_wholes_at_second_hand_too(tmp_path: Path) -> None:
    def share(part: str, whole: str) -> dict[str, Any]:
        value = {"form": "ratio", "numerator": {"measure": part}, "denominator": {"measure": whole}}
        return definition(value=value, dimensions=[])

    measures = {
        "few": {**SEARCH, "where": {"data.results": {"above": 5}}},
        "some": {**SEARCH, "where": {"data.results": {"above": 3}}},
        "more": dict(SEARCH),
    }
    kpis = {"x": share("few", "some"), "y": share("some", "more")}
    found = {one.name: one for one in laid_over(tmp_path, {"measures": measures, "kpis": kpis}).measures}
    plain = read_measures(located(measures), [])

    assert found["few"].parts_of == tuple(sorted((plain["some"].digest, plain["more"].digest)))
    assert found["some"].parts_of == (plain["more"].digest,)
    assert found["more"] == plain["more"]

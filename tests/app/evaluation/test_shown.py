"""Which dimension values are shown by name."""

from __future__ import annotations

from typing import Any

from tests.app.evaluation.support import evaluated, kpi
from tests.app.evaluation.test_forms import ADOPTION, KNOWN, RATIO


def shown(found: dict[str, float], family: str) -> dict[str, float]:
    prefix = f"answered_{family}{{window=1h,channel="
    return {
        series.removeprefix(prefix).rstrip("}"): value
        for series, value in found.items()
        if series.startswith(prefix)
    }


def test_the_largest_denominators_are_shown_and_the_rest_is_other() -> None:
    cells: dict[Any, int] = {("abandoned", f"c{n:02}"): n for n in range(1, 26)}
    cells |= {("confirmed", "c01"): 1, ("confirmed", "c02"): 2}
    found = evaluated(kpi(**RATIO), {("issues", "1h"): cells}, KNOWN)
    denominators = shown(found, "denominator")
    assert len(denominators) == 22
    # Of the values 1 to 25 (the first two with a numerator on top), c01 to c05 are the smallest.
    assert denominators["other"] == 1 + 2 + 3 + 4 + 5 + 1 + 2
    assert shown(found, "numerator")["other"] == 3
    assert shown(found, "ratio")["other"] == 3 / 18
    assert sum(denominators.values()) == 2 * denominators["all"]
    assert denominators["c06"] == 6


def test_equal_volumes_are_shown_by_numerator_and_then_by_name() -> None:
    cells = {("abandoned", "a"): 1, ("confirmed", "c"): 1, ("abandoned", "b"): 1}
    found = evaluated(kpi(**RATIO), {("issues", "1h"): cells}, KNOWN, top=2)
    assert shown(found, "denominator") == {"all": 3, "c": 1, "a": 1, "other": 1}


def test_what_the_workers_call_other_is_part_of_it_and_takes_no_place() -> None:
    cells = {("abandoned", "other"): 100, ("confirmed", "a"): 2, ("confirmed", "b"): 1}
    both = evaluated(kpi(**RATIO), {("issues", "1h"): cells}, KNOWN, top=2)
    assert shown(both, "denominator") == {"all": 103, "a": 2, "b": 1, "other": 100}
    one = evaluated(kpi(**RATIO), {("issues", "1h"): cells}, KNOWN, top=1)
    assert shown(one, "denominator") == {"all": 103, "a": 2, "other": 101}


def test_distinct_counts_are_never_folded() -> None:
    cells: dict[Any, Any] = {
        ("active", "1d"): {("free",): 3, ("pro",): 2, ("team",): 1},
        ("active_by_platform", "1d"): {("ios",): 2, ("web",): 3, ("tv",): 1},
        ("members", "all"): {("free",): 10},
    }
    found = evaluated(kpi(**ADOPTION), cells, KNOWN, top=2)
    assert not [series for series in found if "other" in series]
    assert "answered_numerator{window=1d,platform=web,plan=all}" in found
    assert "answered_numerator{window=1d,platform=ios,plan=all}" in found
    assert "answered_numerator{window=1d,platform=tv,plan=all}" not in found
    assert "answered_numerator{window=1d,platform=all,plan=team}" not in found


def test_each_window_ranks_its_own_values() -> None:
    windows = {
        ("issues", "1h"): {("confirmed", "a"): 2, ("confirmed", "b"): 1},
        ("issues", "1d"): {("confirmed", "a"): 2, ("confirmed", "b"): 9},
    }
    found = evaluated(kpi(**{**RATIO, "windows": ["1h", "1d"]}), windows, KNOWN, top=1)
    assert found["answered_denominator{window=1h,channel=a}"] == 2
    assert found["answered_denominator{window=1d,channel=b}"] == 9
    assert found["answered_denominator{window=1d,channel=other}"] == 2

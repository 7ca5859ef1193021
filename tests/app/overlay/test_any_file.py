"""Whatever an overlay file holds, it is read or refused with places; it never fails in another way."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config.source import SettingsError
from app.overlay.read import read_overlay
from tests.support.own_kpis import written
from tests.support.own_kpis_page import overlay_text

PAGE: dict[str, Any] = yaml.safe_load(overlay_text())

words = st.sampled_from(
    [
        *(
            "none",
            "events",
            "customers",
            "sum",
            "help.searched",
            "data.results",
            "plan",
            "issues",
            "event",
            "last",
        ),
        *(
            "ratio",
            "level",
            "distribution",
            "score",
            "computed",
            "7d",
            "day",
            "channel",
            "1",
            "",
            "x~y",
            "a.b",
        ),
    ]
)
scalars = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=True) | words | st.text(max_size=3)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def outcome(file: Path) -> list[str]:
    try:
        read_overlay(file)
    except SettingsError as error:
        return [problem.where for problem in error.problems] or ["no problem"]
    return []


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "overlay.yaml"


@given(
    st.dictionaries(
        st.sampled_from(["families", "measures", "kpis", "changes", "other"]),
        st.dictionaries(st.sampled_from(["nps", "csat", "own", "m"]), values, max_size=3) | values,
    )
)
@settings(max_examples=60)
def test_any_document(file: Path, document: dict[str, Any]) -> None:
    for where in outcome(written(file, document)):
        assert where.startswith(str(file))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inside for place in places(one, (*path, key)))]


PLACES = [place for place in places(PAGE) if place]


@given(st.sampled_from(PLACES), values)
@settings(max_examples=120)
def test_any_value_at_any_place_of_the_example(file: Path, place: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(PAGE)
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    for where in outcome(written(file, document)):
        assert where.startswith(str(file))


@given(st.sampled_from(PLACES))
@settings(max_examples=40)
def test_any_place_of_the_example_left_out(file: Path, place: tuple[Any, ...]) -> None:
    document = copy.deepcopy(PAGE)
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    del parent[place[-1]]
    for where in outcome(written(file, document)):
        assert where.startswith(str(file))

"""A difference between a published figure and selfserve's does not get through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.realdata.comparison import EACH, Reference
from tests.realdata.page import with_tables

FIGURES = {
    "cases": 4580,
    "mean_s": 960985.334,
    "rate": 0.097255,
    "p50_s": 500.0,
    "per_day": {"mon": 3, "tue": 5},
    "by_product": {"a": {"cases": 3, "median_s": 7.5}, "b": {"cases": 0, "median_s": None}},
}


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(FIGURES))
    return Reference(path)


def test_counts_have_to_be_equal(reference: Reference) -> None:
    assert reference.compare("cases", found=4580.0, by="").wrong() == []
    assert reference.compare("cases", found=4579, by="").wrong() == [
        "cases: the reference has 4580, selfserve 4579"
    ]


@pytest.mark.parametrize(
    ("name", "near", "far"), [("mean_s", 960985.3344, 960985.335), ("rate", 0.0972554, 0.097256)]
)
def test_a_number_may_differ_by_what_the_reference_rounds(
    reference: Reference, name: str, near: float, far: float
) -> None:
    assert reference.compare(name, found=near, by="").wrong() == []
    assert len(reference.compare(name, found=far, by="").wrong()) == 1


def test_a_tolerance_is_relative(reference: Reference) -> None:
    near = reference.compare("p50_s", found=504.0, by="", tolerance=0.01)
    assert near.wrong() == []
    assert near.off() == pytest.approx(0.008)
    assert len(reference.compare("p50_s", found=506.0, by="", tolerance=0.01).wrong()) == 1


def test_of_several_numbers_each_counts(reference: Reference) -> None:
    found = reference.compare("per_day", found={"mon": 3, "tue": 4}, by="")
    assert found.wrong() == ["per_day / tue: the reference has 5, selfserve 4"]
    with pytest.raises(AssertionError, match="sun"):
        reference.compare("per_day", found={"sun": 4}, by="").wrong()
    with pytest.raises(AssertionError, match="nothing"):
        reference.compare("per_day", found={}, by="").wrong()


def test_what_the_reference_does_not_have_selfserve_must_not_have(reference: Reference) -> None:
    place = ("by_product", EACH, "median_s")
    neither = reference.compare(*place, found={"a": 7.5}, by="")
    assert neither.wrong() == []
    assert ("by_product", "b", "median_s") in [leaf for leaf, _, _ in neither.pairs()]
    assert len(reference.compare(*place, found={"a": 7.5, "b": 0.0}, by="").wrong()) == 1


def test_every_number_of_a_reference_has_a_place(reference: Reference) -> None:
    assert ("by_product", "b", "median_s") in set(reference.leaves())
    assert len(list(reference.leaves())) == 10


def test_a_page_without_the_parts_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.realdata.page.figures", lambda _: "the figures")
    block = "<!-- generated: {0}, by x -->\nold\n<!-- end of {0} -->"
    page = "\n".join(block.format(name) for name in ("figures", "not compared"))
    assert "\nthe figures\n" in with_tables(page, tmp_path)
    assert "old" not in with_tables(page, tmp_path)
    with pytest.raises(ValueError, match="not compared"):
        with_tables(block.format("figures"), tmp_path)

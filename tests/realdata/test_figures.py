"""Every published figure that a KPI of selfserve can have is what selfserve computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.realdata.logs import GROUPS, LOGS, all_comparisons, comparisons, opened
from tests.realdata.page import PAGE, with_tables

pytestmark = [pytest.mark.data, pytest.mark.slow]

SHA256 = {"helpdesk": ("sha256", "helpdesk_full.csv"), "sparkify": ("sha256",)}


@pytest.mark.parametrize("dataset", LOGS)
def test_the_log_is_the_one_that_the_figures_are_of(dataset: str, recorded_data: Path) -> None:
    log = opened(dataset, recorded_data)
    assert log.sha256 == log.reference.at(*SHA256[dataset])


@pytest.mark.parametrize(("dataset", "group"), GROUPS)
def test_every_figure_is_the_published_one(dataset: str, group: str, recorded_data: Path) -> None:
    found = comparisons(dataset, group, recorded_data)
    assert found
    assert [line for comparison in found if not comparison.because for line in comparison.wrong()] == []


@pytest.mark.parametrize(("dataset", "group"), GROUPS)
def test_what_is_said_to_differ_does(dataset: str, group: str, recorded_data: Path) -> None:
    explained = [found for found in comparisons(dataset, group, recorded_data) if found.because]
    assert [found.place for found in explained if not found.wrong()] == []


@pytest.mark.parametrize("dataset", LOGS)
def test_every_published_figure_is_compared_or_there_is_a_reason(dataset: str, recorded_data: Path) -> None:
    reasons = LOGS[dataset].not_compared
    compared = {leaf for found in all_comparisons(dataset, recorded_data) for leaf, _, _ in found.pairs()}
    leaves = set(opened(dataset, recorded_data).reference.leaves())
    excused = {leaf for leaf in leaves if any(leaf[: len(place)] == place for place in reasons)}
    assert leaves - excused - compared == set()
    assert compared & excused == set()
    assert [place for place in reasons if not any(leaf[: len(place)] == place for leaf in leaves)] == []


def test_the_page_shows_these_figures(recorded_data: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text, recorded_data) == text, "write it with: python -m tests.realdata.page"

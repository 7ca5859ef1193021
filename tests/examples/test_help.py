"""The worked examples of docs/examples/help.md: the events there, the figures here."""

from __future__ import annotations

import pytest

from tests.examples.page import Found, Page

PAGE = Page("help.md")
SECTION = "Three customers with questions"


@pytest.fixture(scope="module")
def tuesday() -> Found:
    return PAGE.figures(SECTION, "2025-01-07T12:00Z")


@pytest.mark.parametrize(
    ("kpi", "labels", "expected"),
    [
        ("help_search_success", {}, (2, 3)),
        ("help_search_success", {"platform": "web"}, (1, 2)),
        ("help_search_success", {"platform": "ios"}, (1, 1)),
        ("help_search_no_result", {}, (1, 3)),
        ("help_search_no_result", {"platform": "web"}, (1, 2)),
        ("help_search_no_result", {"platform": "ios"}, (0, 1)),
        ("article_effectiveness", {}, (2, 3)),
        ("article_effectiveness", {"article": "export"}, (2, 2)),
        ("article_effectiveness", {"article": "refund"}, (0, 1)),
        ("article_helpful", {}, (1, 2)),
        ("article_helpful", {"article": "export"}, (1, 1)),
        ("article_helpful", {"article": "refund"}, (0, 1)),
        ("in_app_help_usage", {}, (2, 3)),
        ("in_app_help_usage", {"platform": "web"}, (1, 2)),
        ("in_app_help_usage", {"platform": "ios"}, (0, 1)),
    ],
)
def test_figures(tuesday: Found, kpi: str, labels: dict[str, str], expected: tuple[int, int]) -> None:
    assert tuesday.ratio(kpi, window="7d", **labels) == expected


def test_a_search_counts_once_its_assumption_time_is_over() -> None:
    assert PAGE.figures(SECTION, "2025-01-07T09:02Z").ratio("help_search_success", window="7d") == (0, 1)

"""The worked examples of docs/examples/flows.md: the events there, the figures here."""

from __future__ import annotations

from tests.examples.page import Page

PAGE = Page("flows.md")


def test_onboarding() -> None:
    monday = PAGE.figures("Onboarding", "2025-01-06T12:00Z")
    assert monday.ratio("onboarding_completion", window="1d") == (1, 1)
    assert monday.ratio("onboarding_task_completion", window="1d") == (3, 3)
    later = PAGE.figures("Onboarding", "2025-01-13T12:00Z")
    assert later.ratio("onboarding_completion", window="30d") == (1, 3)
    assert later.ratio("onboarding_completion", window="30d", platform="ios") == (1, 1)
    assert later.ratio("onboarding_completion", window="30d", platform="web") == (0, 2)
    assert later.ratio("onboarding_completion", window="6h") == (0, 2)
    assert later.ratio("onboarding_task_completion", window="30d") == (5, 9)
    tasks = [
        later.ratio("onboarding_task_completion", window="30d", step=step)
        for step in ("profile", "project", "invite")
    ]
    assert tasks == [(2, 3), (2, 3), (1, 3)]


def test_tours() -> None:
    assert PAGE.figures("Tours", "2025-01-06T11:32Z").ratio("tour_completion", window="1d") == (2, 2)
    after = PAGE.figures("Tours", "2025-01-06T11:33Z")
    assert after.ratio("tour_completion", window="1d") == (2, 3)
    assert after.ratio("tour_completion", window="1d", flow="editor") == (1, 1)
    assert after.ratio("tour_completion", window="1d", flow="reports") == (1, 2)


def test_a_journey() -> None:
    figures = PAGE.figures("A journey", "2025-01-15T00:00Z")
    steps = ("1", "2", "3", "all")
    progression = [figures.ratio("milestone_progression", window="30d", step=step) for step in steps]
    assert progression == [(3, 4), (2, 3), (1, 2), (6, 9)]
    drop_off = [figures.ratio("drop_off", window="30d", step=step) for step in steps]
    assert drop_off == [(1, 4), (1, 3), (1, 2), (3, 9)]
    assert figures.ratio("drop_off", window="30d", step="4") is None

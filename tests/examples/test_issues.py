"""The worked examples of docs/examples/issues.md: the events there, the figures here."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.load import load_catalogue
from tests.examples.page import Found, Page, milliseconds
from tests.oracle import compute
from tests.support.figures import batch_figures, differing

PAGE = Page("issues.md")
SIX = "Six needs for help"
MONDAY, TUESDAY = "2025-01-06T18:00Z", "2025-01-07T12:00Z"


def test_resolution() -> None:
    kpi = "self_service_resolution"
    monday, tuesday = (PAGE.figures(SIX, time) for time in (MONDAY, TUESDAY))
    assert monday.value(f"{kpi}_ratio", window="7d") == 1 / 5
    assert monday.value(f"{kpi}_denominator", window="7d") == 5
    assert tuesday.value(f"{kpi}_denominator", window="7d") == 6
    assert tuesday.value(f"{kpi}_ratio", window="7d") == 2 / 6
    for outcome in ("confirmed", "assumed"):
        assert tuesday.value(f"{kpi}_ratio", window="7d", resolution=outcome) == 1 / 6


def test_abandonment() -> None:
    monday, tuesday = (PAGE.figures(SIX, time) for time in (MONDAY, TUESDAY))
    assert monday.ratio("self_service_abandonment", window="7d") == (1, 3)
    assert tuesday.ratio("self_service_abandonment", window="7d") == (1, 4)
    assert monday.ratio("self_service_abandonment", window="7d", channel="help_center") == (1, 2)
    assert monday.ratio("self_service_abandonment", window="7d", channel="email") == (0, 1)
    assert monday.ratio("conversation_abandonment", window="7d") == (1, 4)
    assert monday.ratio("conversation_abandonment", window="7d", channel="chat") == (1, 2)
    assert monday.ratio("conversation_abandonment", window="7d", medium="text") == (1, 4)
    patient = PAGE.figures(SIX, MONDAY, short_abandon_ms=15 * 60_000)
    assert patient.ratio("conversation_abandonment", window="7d") == (0, 3)


def test_time_to_resolution_and_reopening() -> None:
    monday = PAGE.figures(SIX, MONDAY)
    assert monday.value("time_to_resolution_seconds", window="7d", stat="mean") == 5400
    assert monday.value("time_to_resolution_seconds", window="7d", stat="mean", channel="chat") == 3600
    assert monday.value("time_to_resolution_observations", window="7d", resolver="agent") == 2
    last = PAGE.figures(SIX, MONDAY, resolution="last")
    assert last.value("time_to_resolution_seconds", window="7d", stat="mean") == 9900
    assert monday.ratio("reopen", window="7d") == (1, 2)


@pytest.mark.parametrize(
    ("week", "confirmed", "assumed", "share", "band"),
    [
        (0, 20, 10, 0.60, "improvement_needed"),
        (1, 24, 15, 0.78, "good"),
        (2, 26, 16, 0.84, "excellent"),
    ],
)
def test_resolution_of_the_case(week: int, confirmed: int, assumed: int, share: float, band: str) -> None:
    events: list[dict[str, Any]] = []

    def happens(kind: str, monday: int, customer: int, data: dict[str, Any]) -> None:
        time = monday + (customer if kind == "help.searched" else customer + 2) * 60_000
        event = {"topic": "support.events", "type": kind, "time": time, "id": f"{kind} {time}"}
        events.append(event | {"user_id": f"u{customer}", "data": data})

    # The weeks before leave nothing in this one.
    for past, (solved, answered) in enumerate(((20, 10), (24, 15), (26, 16))[: week + 1]):
        monday = milliseconds("2025-01-06T09:00Z") + past * 7 * 86_400_000
        for n in range(50):
            happens("help.searched", monday, n, {"search_id": f"s{n}", "results": 2})
            if n < solved:
                happens("help.solved", monday, n, {})
            elif n < solved + answered:
                happens("help.article_viewed", monday, n, {"article": "a", "in_app": False})
    at = milliseconds("2025-01-12T00:00Z") + week * 7 * 86_400_000
    figures = batch_figures(events, at)
    assert not differing(compute(events, at), figures)
    found = Found(figures).value("self_service_resolution_ratio", window="7d")
    assert found == share == (confirmed + assumed) / 50
    named = load_catalogue()["self_service_resolution"].band_of(share)
    assert named is not None
    assert named.name == band

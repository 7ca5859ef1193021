"""The worked examples of docs/examples/health.md: the events there, the figures here."""

from __future__ import annotations

from tests.examples.page import Page

PAGE = Page("health.md")


def test_health() -> None:
    noon = PAGE.figures("Health", "2025-01-06T12:30Z")
    assert noon.value("health_score", plan="pro") == 70
    assert noon.value("health_score", plan="free") == 59
    assert noon.value("health_score") == 64.5
    assert [noon.value("health_score_accounts", band=band) for band in ("good", "fair", "poor")] == [
        1,
        1,
        None,
    ]
    assert noon.value("health_score_accounts") == 2
    later = PAGE.figures("Health", "2025-01-06T13:10Z")
    assert later.value("health_score", plan="free") == 54
    assert later.value("health_score") == 62


def test_interventions() -> None:
    def called(time: str) -> dict[str, float]:
        figures = PAGE.figures("Interventions", time)
        triggers = ("drop_off", "inactivity", "falling_health", "failed_searches", "all")
        found = {trigger: figures.value("interventions", trigger=trigger) for trigger in triggers}
        return {trigger: value for trigger, value in found.items() if value is not None}

    assert called("2025-01-06T10:59Z") == {"all": 0}
    assert called("2025-01-06T11:00Z") == {"failed_searches": 1, "all": 1}
    assert called("2025-01-07T09:00Z") == {"failed_searches": 1, "all": 1}
    assert called("2025-01-07T10:00Z") == {"all": 0}
    assert called("2025-01-13T09:59Z") == {"all": 0}
    assert called("2025-01-13T10:00Z") == {"drop_off": 1, "all": 1}
    assert called("2025-01-20T10:00Z") == {"drop_off": 1, "inactivity": 2, "all": 3}

"""The worked examples of docs/examples/adoption.md: the events there, the figures here."""

from __future__ import annotations

from typing import Any

from tests.examples.page import Found, Page, milliseconds
from tests.oracle import compute
from tests.support.figures import batch_figures, differing

PAGE = Page("adoption.md")
ROLES = "Two roles"
NOON = "2025-01-06T12:00Z"


def test_adoption_by_role() -> None:
    noon = PAGE.figures(ROLES, NOON)
    assert noon.ratio("role_adoption", window="1d", role="admin") == (1, 2)
    assert noon.ratio("role_adoption", window="1d", role="member") == (1, 3)
    assert noon.ratio("role_adoption", window="1d") == (2, 5)


def test_features() -> None:
    noon = PAGE.figures(ROLES, NOON)
    for kpi in ("feature_adoption", "feature_activation"):
        assert noon.ratio(kpi, window="1d") == (2, 5)
        assert noon.ratio(kpi, window="1d", feature="export") == (1, 5)
        assert noon.ratio(kpi, window="1d", feature="search") == (1, 5)
        assert noon.ratio(kpi, window="7d", feature="export") == (2, 5)


def test_frequency() -> None:
    noon = PAGE.figures(ROLES, NOON)
    assert noon.value("usage_frequency_daily_numerator", window="7d") == 4
    assert noon.value("usage_frequency_daily_quotient", window="7d") == 2
    assert noon.value("usage_frequency_sessions_quotient", window="7d") == 1.5


def test_self_service_adoption_of_the_case() -> None:
    events: list[dict[str, Any]] = []

    def happens(kind: str, time: str, customer: int, data: dict[str, Any]) -> None:
        at = milliseconds(time)
        topic = "account.events" if kind == "user.signed_up" else "support.events"
        event = {"topic": topic, "type": kind, "time": at, "id": f"{kind} {time} {customer}"}
        events.append(event | {"user_id": f"u{customer}", "data": data})

    for customer in range(20):
        happens("user.signed_up", "2025-01-06T09:00Z", customer, {})
    for month, customers in (("2025-03", 9), ("2025-09", 15)):
        for customer in range(customers):
            search = {"search_id": f"{month}-{customer}", "results": 3}
            happens("help.searched", f"{month}-20T09:00Z", customer, search)
    for time, share in (("2025-03-31T00:00Z", (9, 20)), ("2025-09-30T00:00Z", (15, 20))):
        figures = batch_figures(events, milliseconds(time))
        assert not differing(compute(events, milliseconds(time)), figures)
        assert Found(figures).ratio("self_service_adoption", window="30d") == share

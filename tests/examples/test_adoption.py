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


def test_active_users_and_stickiness() -> None:
    noon, next_day = (PAGE.figures(ROLES, time) for time in (NOON, "2025-01-07T09:30Z"))
    assert [noon.value("active_users", window=w) for w in ("day", "1d", "7d", "30d")] == [2, 2, 2, 2]
    assert [noon.value("active_users", window="1d", role=role) for role in ("admin", "member")] == [1, 1]
    assert [next_day.value("active_users", window=w) for w in ("day", "1d", "30d")] == [0, 1, 2]
    assert noon.ratio("stickiness") == (2, 2)
    assert next_day.ratio("stickiness") == (1, 2)


def test_self_service_among_active_customers() -> None:
    kpi, heading = "self_service_adoption", "Self-service among active customers"
    assert PAGE.figures(heading, NOON).ratio(kpi, window="1h") == (3, 4)
    among = PAGE.figures(heading, NOON, self_service_adoption_among="active")
    assert among.ratio(kpi, window="1h") == (1, 2)
    assert among.ratio(kpi, window="1d") == (2, 3)
    assert among.ratio(kpi, window="1d", plan="pro") == (1, 2)
    # The denominator of a channel is that of all customers.
    for channel, customers in (("web", 2), ("help_center", 1)):
        assert among.value(f"{kpi}_numerator", window="1d", channel=channel) == customers
        assert among.value(f"{kpi}_ratio", window="1d", channel=channel) == customers / 3
    assert among.value("adoption_numerator", window="1d") == 3


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

"""The worked examples of docs/examples/satisfaction.md: the events there, the figures here."""

from __future__ import annotations

import pytest

from tests.examples.page import Page

PAGE = Page("satisfaction.md")
NOON, EARLY = "2025-01-06T12:00Z", "2025-01-06T10:00Z"


def test_nps() -> None:
    early, noon = (PAGE.figures("Six recommendations", time) for time in (EARLY, NOON))
    assert early.value("nps_score", window="1d") == 0
    kinds = ("promoter", "passive", "detractor")
    assert [early.value("nps_responses", window="1d", **{"class": kind}) for kind in kinds] == [2, 1, 2]
    assert noon.value("nps_score", window="1d") == 40
    assert noon.value("nps_score", window="1h") == 100


def test_csat_and_ces() -> None:
    noon = PAGE.figures("Four requests", NOON)
    assert noon.ratio("csat", window="1d") == (2, 3)
    assert noon.ratio("csat", window="1d", channel="chat") == (1, 2)
    assert noon.value("csat_mean", window="1d") == pytest.approx(10 / 3)
    assert noon.value("csat_response_ratio", window="1d") == 3 / 4
    assert noon.value("csat_response_ratio", window="1d", channel="chat") == 1
    assert noon.value("ces_score", window="1d", feature="export") == 5


def test_engagement() -> None:
    first, second = (
        PAGE.figures("A fortnight of messages", time) for time in ("2025-01-08T00:00Z", "2025-01-14T00:00Z")
    )
    assert first.ratio("email_engagement", window="30d") == (1, 1)
    assert second.ratio("email_engagement", window="30d", campaign="welcome") == (1, 3)
    assert second.ratio("customer_engagement", window="30d") == (2, 4)
    assert second.ratio("customer_engagement", window="30d", channel="email") == (1, 3)
    assert second.ratio("customer_engagement", window="30d", channel="chat") == (1, 1)


def test_feedback_mentions_and_enhancements() -> None:
    noon = PAGE.figures("Said of their own accord", NOON)
    assert noon.value("feedback_volume", window="1d") == 3
    assert noon.value("feedback_volume", window="1d", feature="export") == 2
    assert noon.value("feedback_volume", window="1d", milestone="first_report") == 1
    assert noon.ratio("feedback_quality", window="1d") == (2, 3)
    assert noon.ratio("feedback_quality", window="1d", feature="export") == (1, 2)
    assert noon.value("social_mentions", window="1d", network="forum") == 1
    assert noon.value("enhancement_lead_time_seconds", window="1d", stat="mean") == 172_800

"""Searches, articles and help in the product: examples computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.examples import Json, Result, Talk, at, event

NEXT = at("12:00", day=1)
DAY = 24 * 3_600_000


def search(time: int | str = "09:00", name: str = "q1", results: int = 3, **envelope: Any) -> Json:
    return event("help.searched", time, data={"search_id": name, "results": results}, **envelope)


def click(time: int | str, name: str = "q1") -> Json:
    return event("help.result_clicked", time, data={"search_id": name, "article": "a"})


def view(time: int | str, article: str = "a", in_app: bool = False, **envelope: Any) -> Json:
    return event("help.article_viewed", time, data={"article": article, "in_app": in_app}, **envelope)


def rating(time: int | str, helpful: bool, user: str = "u1") -> Json:
    return event("help.article_rated", time, user, {"article": "a", "helpful": helpful})


def contact(time: int) -> list[Json]:
    return Talk().start(time, partner="agent").events


def test_a_search_succeeds_by_a_click_and_is_decided_a_day_later() -> None:
    events = [search(), click("09:01"), search("09:30", "q2"), click("09:31", "other")]
    assert Result(events, at("09:00", day=1)).counts("help_search_success", window="all") == (0, 0)
    assert Result(events, at("09:00", day=1) + 1).counts("help_search_success", window="5m") == (1, 1)
    assert Result(events, NEXT).counts("help_search_success", window="all") == (1, 2)


@pytest.mark.parametrize(("after", "solved"), [(-1, 1), (0, 0), (DAY - 1, 0), (DAY, 1)])
def test_a_contact_within_the_assumption_time_spoils_search_and_view(after: int, solved: int) -> None:
    events = [search(), click("09:00"), view("09:00"), *contact(at("09:00") + after)]
    result = Result(events, NEXT)
    assert result.counts("help_search_success", window="all") == (solved, 1)
    assert result.counts("article_effectiveness", window="all", article="a") == (solved, 1)


def test_a_click_after_the_assumption_time_is_too_late() -> None:
    for after, clicked in ((DAY - 1, 1), (DAY, 0)):
        events = [search(), click(at("09:00") + after)]
        assert Result(events, NEXT).counts("help_search_success", window="all") == (clicked, 1)


def test_a_search_is_what_its_earliest_event_says() -> None:
    events = [search("09:05", results=3, platform="ios"), search("09:00", results=0, platform="web")]
    result = Result(events, at("09:06"))
    assert result.counts("help_search_no_result", window="30m") == (1, 1)
    assert result.counts("help_search_no_result", window="30m", platform="web") == (1, 1)
    assert result("help_search_no_result_denominator", window="30m", platform="ios") is None


def test_each_view_counts_but_not_twice_in_one_millisecond() -> None:
    events = [view("09:00"), view("09:00"), view("09:00", "b"), view("09:01")]
    assert Result(events, NEXT).counts("article_effectiveness", window="all") == (3, 3)


def test_the_latest_rating_counts_and_of_several_at_once_the_helpful_one() -> None:
    changed = [rating("09:00", helpful=True), rating("09:01", helpful=False), rating("09:00", True, "u2")]
    assert Result(changed, NEXT).counts("article_helpful", window="all", article="a") == (1, 2)
    at_once = [rating("09:00", helpful=True), rating("09:00", helpful=False)]
    assert Result(at_once, NEXT).counts("article_helpful", window="all") == (1, 1)


def test_what_a_deletion_leaves() -> None:
    events = [search(), click("09:01"), view("09:00"), rating("09:02", helpful=True)]
    before = [*events, event("user.deleted", "10:00")]
    after = [*events, event("user.deleted", at("09:00", day=1))]
    for told, decided in ((before, 0), (after, 1)):
        result = Result(told, NEXT)
        assert result.counts("help_search_success", window="all") == (decided, decided)
        assert result.counts("article_effectiveness", window="all") == (decided, decided)
        assert result.counts("article_helpful", window="all") == (1, 1)


def test_in_app_help_and_activity_both_lie_in_the_window() -> None:
    events = [event("page.viewed", "09:00"), view("11:50", in_app=True), event("page.viewed", "11:55", "u2")]
    result = Result(events, at("12:00"))
    assert result.counts("in_app_help_usage", window="1d") == (1, 2)
    assert result.counts("in_app_help_usage", window="1h") == (0, 1)


def test_in_app_help_is_told_by_the_channel_or_by_the_view() -> None:
    for told, counts in (
        (view("11:00", channel="in_app"), 1),
        (view("11:00", in_app=True, channel="web"), 1),
        (search("11:00", channel="in_app"), 1),
        (view("11:00"), 0),
        (
            event(
                "flow.started",
                "11:00",
                data={"flow": "f", "flow_id": "1", "kind": "self_service"},
                channel="in_app",
            ),
            0,
        ),
    ):
        events = [event("page.viewed", "09:00"), told]
        assert Result(events, at("12:00")).counts("in_app_help_usage", window="1d") == (counts, 1)


def test_by_platform_both_happen_on_it() -> None:
    events = [
        event("page.viewed", "09:00", platform="web"),
        event("page.viewed", "09:10", platform="ios"),
        view("10:00", in_app=True, platform="web"),
        view("10:00", in_app=True, platform="android"),
    ]
    result = Result(events, at("12:00"))
    assert result.counts("in_app_help_usage", window="1d", platform="web") == (1, 1)
    assert result.counts("in_app_help_usage", window="1d", platform="ios") == (0, 1)
    assert result("in_app_help_usage_denominator", window="1d", platform="android") is None

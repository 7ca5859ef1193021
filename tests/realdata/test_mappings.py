"""What rows of the recorded logs become; on rows made up here, so that no log is needed."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.realdata.helpdesk import CLOSURE, LAST, Row, activities, conversations
from tests.realdata.sparkify import levels, page_events, plays, signups, upgrades, uses
from tests.realdata.values import over_all, read_events


def ticket(name: str, *done: str, customer: str = "c1") -> list[Row]:
    """A ticket with one activity an hour."""
    return [
        {
            "row": f"{name}-{hour}",
            "Case ID": name,
            "Activity": activity,
            "Resource": "agent",
            "Complete Timestamp": f"2012/03/01 {hour:02}:00:00.000",
            "customer": customer,
            "product": f"product of {name}",
        }
        for hour, activity in zip(count(8), done, strict=False)
    ]


def types(rows: list[Row], **choices: str) -> list[tuple[str, str]]:
    return [(event["time"][11:13], event["type"]) for event in conversations(rows, **choices)]


def test_every_row_is_an_activity_of_whom_the_chosen_column_names() -> None:
    rows = ticket("t1", "Assign seriousness", "Closed") + ticket("t2", "Wait", customer="c2")
    assert [event["user_id"] for event in activities(rows)] == ["c1", "c1", "c2"]
    assert {event["user_id"] for event in activities(rows, user="Resource")} == {"agent"}
    assert {event["plan"] for event in activities(rows, plan="product")} == {
        "product of t1",
        "product of t2",
    }


def test_a_ticket_begins_with_its_first_row_whatever_that_is() -> None:
    assert types(ticket("t1", "Resolve ticket")) == [
        ("08", "conversation.started"),
        ("08", "conversation.resolved"),
    ]


def test_the_first_work_after_each_resolution_reopens() -> None:
    rows = ticket("t1", "Wait", "Resolve ticket", "Resolve ticket", "Wait", "Wait", "Resolve ticket", "Wait")
    assert types(rows)[1:] == [
        ("09", "conversation.resolved"),
        ("10", "conversation.resolved"),
        ("11", "conversation.reopened"),
        ("13", "conversation.resolved"),
        ("14", "conversation.reopened"),
    ]


def test_closing_reopens_nothing_and_can_be_taken_for_resolving() -> None:
    rows = ticket("t1", "Wait", "Resolve ticket", "Closed")
    assert types(rows)[1:] == [("09", "conversation.resolved")]
    assert types(rows, resolution=CLOSURE)[1:] == [("10", "conversation.resolved")]


def test_taking_in_charge_is_a_reply_and_after_a_resolution_a_reopening_too() -> None:
    rows = ticket("t1", "Take in charge ticket", "Resolve ticket", "Take in charge ticket")
    assert types(rows) == [
        ("08", "conversation.started"),
        ("08", "conversation.message"),
        ("09", "conversation.resolved"),
        ("10", "conversation.reopened"),
        ("10", "conversation.message"),
    ]


def test_the_rows_of_a_ticket_need_not_stand_together_and_belong_to_its_first_customer() -> None:
    mine, other = ticket("t1", "Wait", "Resolve ticket"), ticket("t2", "Wait")
    mine[1]["customer"] = "c2"
    events = conversations([mine[0], *other, mine[1]], channel="product")
    assert [(event["conversation_id"], event["user_id"], event["channel"]) for event in events] == [
        ("t1", "c1", "product of t1"),
        ("t1", "c1", "product of t1"),
        ("t2", "c1", "product of t2"),
    ]


def test_what_the_tickets_become_is_valid_and_no_two_events_are_one() -> None:
    rows = ticket("t1", "Wait", "Take in charge ticket", "Resolve ticket", "Take in charge ticket")
    events = activities(rows) + conversations(rows)
    assert not read_events(events).refused
    assert len({event["id"] for event in events}) == len(events)


def page(name: str, user: str = "7", item: int = 0) -> dict[str, Any]:
    return {
        "ts": 1541105830796,
        "userId": user,
        "sessionId": 38,
        "itemInSession": item,
        "page": name,
        "level": "free",
    }


def test_a_page_is_one_event_of_the_type_that_it_stands_for() -> None:
    events = page_events([page("Home"), page("NextSong", item=1), page("Help", item=2)], platform="level")
    assert [(event["id"], event["type"], event["platform"]) for event in events] == [
        ("38-0", "page.viewed", "free"),
        ("38-1", "feature.used", "free"),
        ("38-2", "help.article_viewed", "free"),
    ]
    assert not read_events(events).refused


def test_a_page_of_nobody_is_refused() -> None:
    read = read_events(page_events([page("Home"), page("Login", user="", item=1)]))
    assert (len(read.events), dict(read.refused)) == (1, {"no_customer": 1})
    assert over_all(read.events, "active_users").number("kpi_active_users", window="all") == 1


def test_a_session_can_stand_in_for_the_user() -> None:
    assert [event["user_id"] for event in page_events([page("Home", user="")], user="sessionId")] == ["38"]


def test_the_last_row_of_a_ticket_can_be_taken_for_resolving() -> None:
    rows = ticket("t1", "Resolve ticket", "Wait", "Closed")
    assert types(rows, resolution=LAST)[1:] == [("10", "conversation.resolved")]


def test_what_begins_with_a_user_is_valid_and_said_once() -> None:
    rows = [
        page("Home", item=0),
        page("NextSong", item=1),
        page("Submit Upgrade", item=2),
        page("Login", "", 3),
    ]
    for row in rows:
        row["registration"] = 1540919166796.0
    told = [*signups(rows), *levels(rows), *plays(rows), *upgrades(rows)]
    assert [event["type"] for event in told] == [
        "user.signed_up",
        *["user.identified"] * 3,
        "milestone.reached",
        "subscription.started",
    ]
    assert not read_events(told).refused
    assert len({event["id"] for event in told}) == len(told)
    assert [event["time"] for event in signups(rows, at="registration")] == [1540919166796]
    assert [event["feature"] for event in uses(rows, "page")] == [row["page"] for row in rows]

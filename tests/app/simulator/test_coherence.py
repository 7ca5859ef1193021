"""Lifecycles make sense: nothing happens before what it presupposes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from tests.app.simulator.samples import data, events, parsed

EventObject = dict[str, Any]


@pytest.fixture(scope="module", params=["daily", "resolution-drop"])
def sample(request: pytest.FixtureRequest) -> list[EventObject]:
    return parsed(events(request.param, customers=3_000))


def grouped(sample: list[EventObject], key: str) -> dict[str, list[EventObject]]:
    groups: dict[str, list[EventObject]] = defaultdict(list)
    for event in sample:
        if key in event:
            groups[event[key]].append(event)
    return groups


def first_of(sample: list[EventObject], type_: str, name: str) -> dict[str, EventObject]:
    found: dict[str, EventObject] = {}
    for event in sample:
        if event["type"] == type_:
            found.setdefault(data(event, name), event)
    return found


def assert_follows(sample: list[EventObject], type_: str, name: str, presupposed: str) -> None:
    """Every event of a type comes after one of another type with the same id and the same customer."""
    before = first_of(sample, presupposed, name)
    found = [event for event in sample if event["type"] == type_]
    assert found
    for event in found:
        origin = before[data(event, name)]
        assert origin["time_ms"] <= event["time_ms"]
        assert origin["user_id"] == event["user_id"]


def test_a_new_customer_does_nothing_before_signing_up(sample: list[EventObject]) -> None:
    by_user = grouped(sample, "user_id")
    signed_up = {e["user_id"]: e["time_ms"] for e in sample if e["type"] == "user.signed_up"}
    assert len(signed_up) > 100
    for user, time in signed_up.items():
        assert min(event["time_ms"] for event in by_user[user]) == time
    # Those who were customers before the simulation began never sign up in it.
    assert all("-" in user for user in signed_up)


def test_everybody_who_is_new_has_signed_up(sample: list[EventObject]) -> None:
    signed_up = {e["user_id"] for e in sample if e["type"] == "user.signed_up"}
    newcomers = {e["user_id"] for e in sample if "-" in e.get("user_id", "") and not e.get("is_test")}
    assert newcomers <= signed_up


def test_a_deleted_customer_is_not_heard_of_again(sample: list[EventObject]) -> None:
    by_user = grouped(sample, "user_id")
    deleted = [event for event in sample if event["type"] == "user.deleted"]
    assert deleted
    for event in deleted:
        assert max(e["time_ms"] for e in by_user[event["user_id"]]) == event["time_ms"]


def test_an_identified_visitor_was_there_before(sample: list[EventObject]) -> None:
    visits = {e["anonymous_id"]: e for e in sample if e["type"] == "visit.started" and "anonymous_id" in e}
    identified = [e for e in sample if e["type"] == "user.identified"]
    assert identified
    for event in identified:
        assert visits[event["anonymous_id"]]["time_ms"] <= event["time_ms"]


def test_a_conversation_begins_with_its_start_and_stays_with_one_customer_and_channel(
    sample: list[EventObject],
) -> None:
    conversations = grouped(sample, "conversation_id")
    assert len(conversations) > 500
    for course in conversations.values():
        assert [e["type"] for e in course].count("conversation.started") == 1
        start = next(e for e in course if e["type"] == "conversation.started")
        assert start["time_ms"] == course[0]["time_ms"]
        assert {(e["user_id"], e["channel"]) for e in course} == {(start["user_id"], start["channel"])}


def test_only_what_is_resolved_is_reopened_and_then_resolved_again_or_left(sample: list[EventObject]) -> None:
    reopened = 0
    for course in grouped(sample, "conversation_id").values():
        is_resolved = False
        for event in course:
            if event["type"] == "conversation.reopened":
                assert is_resolved
                reopened += 1
                is_resolved = False
            elif event["type"] == "conversation.resolved":
                assert not is_resolved
                is_resolved = True
            elif event["type"] == "conversation.message":
                assert not is_resolved
    assert reopened > 10


def test_only_a_bot_hands_over_and_afterwards_it_is_silent(sample: list[EventObject]) -> None:
    handed_over = 0
    for course in grouped(sample, "conversation_id").values():
        start = next(e for e in course if e["type"] == "conversation.started")
        silent = data(start, "with") != "bot"
        for event in course:
            if event["type"] == "conversation.handed_off":
                assert not silent
                handed_over += 1
                silent = True
            if event["type"] == "conversation.message":
                assert not (silent and data(event, "actor") == "bot")
                assert data(event, "actor") != "agent" or silent
    assert handed_over > 20


def test_flows_start_before_their_steps_and_only_whole_ones_complete(sample: list[EventObject]) -> None:
    flows: dict[str, list[EventObject]] = defaultdict(list)
    for event in sample:
        if event["type"].startswith("flow."):
            flows[data(event, "flow_id")].append(event)
    kinds = {data(course[0], "kind") for course in flows.values()}
    assert kinds == {"onboarding", "tour", "checkout", "self_service", "journey"}
    for course in flows.values():
        assert course[0]["type"] == "flow.started"
        steps = data(course[0], "steps")
        done = [data(e, "step") for e in course if e["type"] == "flow.step_completed"]
        assert len(done) == len(set(done)) <= (steps if isinstance(steps, int) else len(steps))
        if course[-1]["type"] == "flow.completed":
            assert len(done) == (steps if isinstance(steps, int) else len(steps))


def test_a_click_belongs_to_a_search_that_found_something(sample: list[EventObject]) -> None:
    assert_follows(sample, "help.result_clicked", "search_id", "help.searched")
    searches = first_of(sample, "help.searched", "search_id")
    clicked = {data(e, "search_id") for e in sample if e["type"] == "help.result_clicked"}
    assert all(data(searches[search], "results") > 0 for search in clicked)


def test_an_article_is_read_before_it_is_rated(sample: list[EventObject]) -> None:
    viewed = {(e["user_id"], data(e, "article")) for e in sample if e["type"] == "help.article_viewed"}
    rated = {(e["user_id"], data(e, "article")) for e in sample if e["type"] == "help.article_rated"}
    assert rated
    assert rated <= viewed


@pytest.mark.parametrize(
    ("type_", "name", "presupposed"),
    [
        ("survey.responded", "request_id", "survey.sent"),
        ("email.engaged", "email_id", "email.delivered"),
        ("subscription.renewed", "period_end", "subscription.renewal_due"),
    ],
)
def test_answers_follow_what_they_answer(
    sample: list[EventObject], type_: str, name: str, presupposed: str
) -> None:
    assert_follows(sample, type_, name, presupposed)


def test_an_accepted_invitation_was_sent_by_a_colleague(sample: list[EventObject]) -> None:
    sent = first_of(sample, "invite.sent", "invite_id")
    accepted = [e for e in sample if e["type"] == "invite.accepted"]
    assert accepted
    for event in accepted:
        origin = sent[data(event, "invite_id")]
        assert origin["time_ms"] < event["time_ms"]
        assert origin["account_id"] == event["account_id"]
        assert origin["user_id"] != event["user_id"]


def test_the_plan_of_an_account_changes_with_its_subscription_only(sample: list[EventObject]) -> None:
    plans: dict[str, str] = {}
    changes = 0
    for event in sample:
        if "plan" not in event:
            continue
        before = plans.get(event["account_id"], event["plan"])
        if event["plan"] != before:
            assert event["type"].startswith("subscription.")
            changes += 1
        plans[event["account_id"]] = event["plan"]
    assert changes > 10


def test_recurring_revenue_adds_up(sample: list[EventObject]) -> None:
    mrr: dict[str, int] = {}
    for event in sample:
        if data(event, "mrr") is not None:
            now = data(event, "mrr")
            before = mrr.get(event["account_id"])
            assert before is None or before + data(event, "mrr_delta") == now
            assert now >= 0
            mrr[event["account_id"]] = now
    assert len(mrr) > 20


def test_a_session_begins_with_its_start(sample: list[EventObject]) -> None:
    for course in grouped(sample, "session_id").values():
        assert course[0]["type"] == "session.started"
        assert len({event["user_id"] for event in course}) == 1


def test_bots_and_tests_say_so_and_real_customers_do_not(sample: list[EventObject]) -> None:
    assert any(event.get("is_bot") for event in sample)
    assert any(event.get("is_test") for event in sample)
    assert not any(event.get("is_bot") or event.get("is_test") for event in sample if "account_id" in event)


def test_an_enhancement_ships_after_it_was_requested(sample: list[EventObject]) -> None:
    requested = first_of(sample, "enhancement.requested", "enhancement_id")
    shipped = [e for e in sample if e["type"] == "enhancement.shipped"]
    assert shipped
    for event in shipped:
        assert data(event, "requested_at") < event["time_ms"]
        origin = requested.get(data(event, "enhancement_id"))
        assert origin is None or origin["time_ms"] == data(event, "requested_at")

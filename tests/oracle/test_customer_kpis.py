"""active_users, stickiness, adoption and self_service_adoption: examples computed by hand."""

from __future__ import annotations

import pytest

from tests.oracle import OracleSettings
from tests.oracle.examples import Result, Talk, at, event
from tests.oracle.settings import ACTIVE_EVENTS

NOON = at("12:00")


def test_active_users_are_counted_once_each_by_their_last_activity() -> None:
    events = [
        *(event("page.viewed", at("11:30", day=-n), "daily") for n in range(20)),
        event("page.viewed", at("11:30", day=-5), "weekly"),
        event("page.viewed", at("11:30", day=-29), "monthly"),
        event("page.viewed", at("11:30", day=-31), "once"),
    ]
    result = Result(events, NOON)
    counted = {
        window: result("active_users", window=window) for window in ("1h", "1d", "7d", "30d", "all", "day")
    }
    assert counted == {"1h": 1, "1d": 1, "7d": 2, "30d": 3, "all": 4, "day": 1}


@pytest.mark.parametrize("kind", sorted(ACTIVE_EVENTS))
def test_each_active_event_makes_a_customer_active(kind: str) -> None:
    assert Result([event(kind, "11:00", data={"kind": "tour"})], NOON)("active_users", window="1d") == 1


@pytest.mark.parametrize(
    "kind", ["user.signed_up", "help.searched", "visit.started", "conversation.started", "email.engaged"]
)
def test_other_events_do_not(kind: str) -> None:
    assert Result([event(kind, "11:00")], NOON)("active_users", window="1d") == 0


def test_a_customer_counts_under_its_plan_of_now_and_under_each_platform_it_used() -> None:
    events = [
        event("page.viewed", "08:00", "u1", plan="free", platform="web"),
        event("page.viewed", "11:30", "u1", platform="ios"),
        event("visit.started", "11:40", "u1", plan="pro", platform="tv"),
        event("page.viewed", "11:50", "u2", plan="pro"),
    ]
    result = Result(events, NOON)
    assert result("active_users", window="1d") == 2
    assert result("active_users", window="1d", plan="pro") == 2
    assert result("active_users", window="1d", plan="free") is None
    assert [result("active_users", window="1d", platform=p) for p in ("web", "ios", "unknown")] == [1, 1, 1]
    assert [result("active_users", window="1h", platform=p) for p in ("web", "ios", "unknown")] == [
        None,
        1,
        1,
    ]
    assert result("active_users", window="1d", platform="tv") is None


def test_eligibility_does_not_matter_for_active_users() -> None:
    events = [
        event("page.viewed", "10:00"),
        event("account.eligibility_changed", "10:01", data={"eligible": False}),
    ]
    assert Result(events, NOON)("active_users", window="1d") == 1


@pytest.mark.parametrize(
    ("zone", "today"),
    # T is Tuesday 00:30 UTC: Tuesday in Berlin (01:30), still Monday in New York (19:30).
    [("UTC", {"c"}), ("Europe/Berlin", {"b", "c"}), ("America/New_York", {"a", "b", "c"})],
)
def test_a_calendar_day_is_that_of_the_zone(zone: str, today: set[str]) -> None:
    events = [
        event("page.viewed", at("22:59:59.999"), "a", plan="a"),
        event("page.viewed", at("23:00"), "b", plan="b"),
        event("page.viewed", at("00:10", day=1), "c", plan="c"),
        event("page.viewed", at("04:59:59.999"), "d", plan="d"),
    ]
    result = Result(events, at("00:30", day=1), OracleSettings(timezone=zone))
    assert {plan for plan in "abcd" if result("active_users", window="day", plan=plan)} == today
    assert result("active_users", window="day") == len(today)


def test_at_midnight_the_day_is_the_one_that_has_just_ended() -> None:
    events = [event("page.viewed", "10:00")]
    assert Result(events, at("00:00", day=1))("active_users", window="day") == 1
    assert Result(events, at("00:00", day=1) + 1)("active_users", window="day") == 0


def test_a_day_on_which_the_clocks_go_forward_begins_at_its_own_midnight() -> None:
    # Sunday 2025-03-30 in Berlin begins at 23:00 UTC of Saturday and ends after 23 hours, at 22:00 UTC.
    sunday = 83
    events = [
        event("page.viewed", at("22:59:59.999", day=sunday - 1), "saturday"),
        event("page.viewed", at("23:00", day=sunday - 1), "first"),
        event("page.viewed", at("21:59:59.999", day=sunday), "last"),
        event("page.viewed", at("22:00", day=sunday), "monday"),
    ]
    berlin = OracleSettings(timezone="Europe/Berlin")
    assert Result(events, at("22:00", day=sunday), berlin)("active_users", window="day") == 2
    assert Result(events, at("22:00", day=sunday) + 1, berlin)("active_users", window="day") == 1


def test_stickiness_is_today_s_share_of_the_month_s_active_users() -> None:
    # Last active: two within a day, three more within 30 days, one before: 2 / 5.
    last = {"a": 0, "b": 0, "c": 2, "d": 10, "e": 29, "f": 31}
    events = [event("page.viewed", at("11:00", day=-days), user) for user, days in last.items()]
    result = Result(events, NOON)
    assert result.counts("stickiness") == (2, 5)
    assert result("stickiness_ratio") == 0.4


def test_stickiness_by_plan_uses_the_plan_of_now() -> None:
    events = [
        event("page.viewed", at("11:00", day=-3), "a", plan="free"),
        event("page.viewed", at("11:00", day=-3), "b", plan="free", segment="small"),
        event("visit.started", at("11:00"), "b", plan="pro"),
        event("page.viewed", at("11:00"), "c", plan="pro"),
    ]
    result = Result(events, NOON)
    assert result.counts("stickiness", plan="free") == (0, 1)
    assert result("stickiness_ratio", plan="free") == 0
    assert result.counts("stickiness", plan="pro") == (1, 2)
    assert result.counts("stickiness", segment="small") == (0, 1)


def test_stickiness_without_anyone_in_30_days_is_absent() -> None:
    result = Result([event("page.viewed", at("11:00", day=-31))], NOON)
    assert result.counts("stickiness") == (0, 0)
    assert result("stickiness_ratio") is None


def test_adoption_is_the_active_share_of_the_eligible() -> None:
    # Known are a, b, c, d; d has been withdrawn; active within a day are a and d: 1 / 3.
    events = [
        event("page.viewed", "10:00", "a"),
        event("user.signed_up", "10:00", "b"),
        event("page.viewed", at("10:00", day=-2), "c"),
        event("page.viewed", "10:00", "d"),
        event("account.eligibility_changed", "11:00", "d", {"eligible": False}),
        event("email.delivered", "10:00", "nobody"),
    ]
    result = Result(events, NOON)
    assert result.counts("adoption", window="1d") == (1, 3)
    assert result("adoption_ratio", window="1d") == 1 / 3
    assert result.counts("adoption", window="7d") == (2, 3)
    assert result.counts("adoption", window="1h") == (0, 3)


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "email.delivered",
            "survey.sent",
            "social.mentioned",
            "enhancement.requested",
            "enhancement.shipped",
        ),
        *("user.flagged", "user.unflagged", "user.deleted", "account.eligibility_changed"),
    ],
)
def test_some_events_make_nobody_a_customer(kind: str) -> None:
    events = [
        event(kind, "10:00", data={"eligible": True, "requested_at": 0}),
        event("user.unflagged", "10:01"),
    ]
    assert Result(events, NOON)("adoption_denominator", window="all") == 0


@pytest.mark.parametrize(
    "kind", ["email.engaged", "survey.responded", "user.identified", "visit.started", "help.searched"]
)
def test_all_others_do(kind: str) -> None:
    assert Result([event(kind, "10:00")], NOON)("adoption_denominator", window="1h") == 1


@pytest.mark.parametrize(
    ("changes", "eligible"),
    [
        ([("09:00", False)], 0),
        ([("09:00", False), ("09:30", True)], 1),
        ([("09:30", False), ("09:00", True)], 0),
        ([("11:00", False), ("11:00", True)], 1),
    ],
)
def test_the_latest_change_of_eligibility_holds_and_true_wins_a_tie(
    changes: list[tuple[str, bool]], eligible: int
) -> None:
    made = [event("account.eligibility_changed", time, data={"eligible": to}) for time, to in changes]
    for order in (made, made[::-1]):
        events = [event("page.viewed", "10:00"), *order]
        assert Result(events, NOON)("adoption_denominator", window="1d") == eligible


def test_adoption_by_plan_and_segment_is_among_the_eligible_of_that_plan() -> None:
    events = [
        event("page.viewed", "11:30", "a", plan="free"),
        event("user.signed_up", "09:00", "b", plan="free"),
        event("user.signed_up", "09:00", "c", plan="pro", segment="large"),
        event("page.viewed", "11:00", "d", plan="team"),
        event("account.eligibility_changed", "11:10", "d", {"eligible": False}),
    ]
    result = Result(events, NOON)
    assert result.counts("adoption", window="1h", plan="free") == (1, 2)
    assert result.counts("adoption", window="1h", plan="pro") == (0, 1)
    assert result("adoption_ratio", window="1h", segment="large") == 0
    assert result.counts("adoption", window="1h", plan="team") == (None, None)


@pytest.mark.parametrize(
    ("kind", "data", "acts"),
    [
        ("help.searched", {}, 1),
        ("help.result_clicked", {}, 1),
        ("help.article_viewed", {}, 1),
        ("help.article_rated", {"helpful": False}, 1),
        ("help.solved", {}, 1),
        ("flow.started", {"kind": "self_service"}, 1),
        ("flow.step_completed", {"kind": "self_service"}, 1),
        ("flow.completed", {"kind": "self_service"}, 1),
        ("flow.completed", {"kind": "onboarding"}, 0),
        ("page.viewed", {}, 0),
    ],
)
def test_self_service_actions(kind: str, data: dict[str, object], acts: int) -> None:
    result = Result([event(kind, "11:00", data=data)], NOON)
    assert result.counts("self_service_adoption", window="1d") == (acts, 1)


def test_a_message_is_self_service_while_it_is_written_to_a_bot() -> None:
    def acting(talk: Talk) -> float | None:
        return Result(talk.events, NOON)("self_service_adoption_numerator", window="1d")

    assert acting(Talk(channel="bot").start("10:00").say("10:01", "customer")) == 1
    assert acting(Talk(channel="chat").start("10:00", partner="bot").say("10:01", "customer")) == 1
    assert acting(Talk(channel="chat").start("10:00").say("10:01", "customer")) == 0
    assert acting(Talk(channel="bot").start("10:00", partner="agent").say("10:01", "customer")) == 0
    assert acting(Talk(channel="bot").start("10:00").say("10:01", "bot")) == 0
    # Without a start the default is the same: bot on channel bot, else agent.
    assert acting(Talk(channel="bot").say("10:01", "customer")) == 1
    assert acting(Talk(channel="chat").say("10:01", "customer")) == 0


def test_a_message_after_an_agent_came_in_is_not_self_service() -> None:
    # The only message to the bot alone is that of 10:01, which the last hour does not hold.
    for came_in in ("say", "hand_off", "resolve"):
        talk = Talk(channel="bot").start("10:00").say("10:01", "customer")
        {
            "say": lambda t: t.say("10:30", "agent", public=False),
            "hand_off": lambda t: t.hand_off("10:30"),
            "resolve": lambda t: t.resolve("10:30", "agent"),
        }[came_in](talk)
        talk.say("11:30", "customer")
        result = Result(talk.events, NOON)
        assert result.counts("self_service_adoption", window="1h") == (0, 1)
        assert result.counts("self_service_adoption", window="1d") == (1, 1)


def test_in_the_same_millisecond_the_customer_wrote_before_the_agent() -> None:
    talk = Talk(channel="bot").start("11:00").say("11:30", "agent").say("11:30", "customer")
    assert Result(talk.events, NOON)("self_service_adoption_numerator", window="1h") == 1


def test_self_service_adoption_is_the_acting_share_of_the_eligible() -> None:
    # Eligible a, b, c, d (e withdrawn); acting within the day a, b, e: 2 / 4.
    events = [
        event("help.searched", "10:00", "a"),
        event("help.searched", "10:00", "a"),
        event("flow.started", "11:30", "b", {"kind": "self_service"}),
        event("page.viewed", "10:00", "c"),
        event("help.searched", at("10:00", day=-3), "d"),
        event("help.searched", "10:00", "e"),
        event("account.eligibility_changed", "10:01", "e", {"eligible": False}),
    ]
    result = Result(events, NOON)
    assert result.counts("self_service_adoption", window="1d") == (2, 4)
    assert result("self_service_adoption_ratio", window="1d") == 0.5
    assert result.counts("self_service_adoption", window="1h") == (1, 4)
    assert result.counts("self_service_adoption", window="7d") == (3, 4)


def test_self_service_adoption_by_channel_has_the_denominator_of_all() -> None:
    talk = (
        Talk(user="a", channel="bot")
        .start("10:00")
        .say("10:01", "customer")
        .say("11:30", "customer", channel=None)
    )
    talk.say("10:40", "customer", channel="chat")
    events = [
        *talk.events,
        event("help.searched", "10:00", "a"),
        event("help.searched", "11:30", "b", channel="in_app"),
        event("flow.started", "10:30", "b", {"kind": "self_service"}),
        event("page.viewed", "10:00", "c", plan="pro"),
    ]
    result = Result(events, NOON)
    assert result.counts("self_service_adoption", window="1d", channel="bot") == (1, 3)
    assert result.counts("self_service_adoption", window="1d", channel="chat") == (1, 3)
    assert result.counts("self_service_adoption", window="1d", channel="help_center") == (2, 3)
    assert result.counts("self_service_adoption", window="1d", channel="in_app") == (1, 3)
    assert result("self_service_adoption_ratio", window="1d", channel="help_center") == 2 / 3
    # In the last hour: a on bot (its message names none, the conversation does), b in the product.
    assert result.counts("self_service_adoption", window="1h", channel="bot") == (1, 3)
    assert result.counts("self_service_adoption", window="1h", channel="in_app") == (1, 3)
    assert result.counts("self_service_adoption", window="1h", channel="help_center") == (None, None)
    assert result.counts("self_service_adoption", window="1d", plan="pro") == (0, 1)
    assert result.counts("self_service_adoption", window="1d", plan="unknown") == (2, 2)

"""The oracle's KPIs of growth: examples computed by hand."""

from __future__ import annotations

from typing import Any

from tests.oracle.examples import Json, Result, at, event

NOON = at("12:00")


def signed_up(time: int | str, user: str, **data: Any) -> Json:
    return event("user.signed_up", time, user, data)


def ordered(time: str, user: str, order: str, **envelope: Any) -> Json:
    return event("order.completed", time, user, {"order_id": order}, **envelope)


def grown(time: str, delta: int, **told: Any) -> Json:
    data = {"subscription_id": "s", "mrr": 9000, "mrr_delta": delta, "currency": "EUR"}
    return event("subscription.changed", time, "a", data | {"initiated_by": "customer"} | told)


def test_an_order_counts_once_where_it_was_told_first() -> None:
    events = [
        event("visit.started", "09:00", "a", platform="web"),
        ordered("09:30", "a", "o1", platform="web"),
        ordered("09:20", "a", "o1", platform="ios"),
        ordered("09:40", "b", "o1"),
    ]
    result = Result(events, NOON)
    assert result.counts("conversion", window="1d") == (2, 1)
    assert result.counts("conversion", window="1d", platform="ios") == (1, 0)
    assert result.counts("conversion", window="1d", platform="web") == (0, 1)
    assert result("conversion_quotient", window="1d", platform="ios") is None


def test_a_signup_is_the_first_and_referred_if_any_says_so() -> None:
    events = [
        signed_up("09:00", "a"),
        signed_up("11:30", "a", referred_by="b"),
        signed_up(at("09:00", day=-3), "b"),
        signed_up("10:00", "c", invite_id="i"),
    ]
    result = Result(events, NOON)
    assert result.counts("referral", window="1d") == (2, 2)
    assert result.counts("referral", window="7d") == (2, 3)
    assert result.counts("referral", window="1h") == (0, 0)


def test_flagged_customers_are_fake_signups_until_the_flag_is_lifted() -> None:
    events = [
        signed_up("09:00", "a"),
        signed_up("09:00", "b"),
        event("user.flagged", "10:00", "b", {"reason": "fake"}),
        event("user.flagged", "10:01", "b", {"reason": "bot"}),
        event("user.flagged", "10:01", "nobody", {"reason": "bot"}),
    ]
    result = Result(events, NOON)
    assert result.counts("fake_signups", window="1d") == (1, 2)
    assert result.counts("fake_signups", window="1d", reason="bot") == (1, 2)
    assert result("fake_signups_ratio", window="1d", reason="fake") is None
    assert result.counts("referral", window="1d") == (0, 1)
    lifted = Result([*events, event("user.unflagged", "11:00", "b", {"reason": "bot"})], NOON)
    assert lifted.counts("fake_signups", window="1d") == (0, 2)
    gone = Result([*events, event("user.deleted", "11:00", "b")], NOON)
    assert gone.counts("fake_signups", window="1d") == (1, 2)


def test_invitations_are_counted_once_for_each_person() -> None:
    events = [
        event("invite.accepted", "09:00", "a", {"invite_id": "i"}),
        event("invite.accepted", "09:01", "a", {"invite_id": "i"}),
        event("invite.accepted", "09:02", "b", {"invite_id": "i"}),
        event("page.viewed", "09:03", "c"),
    ]
    assert Result(events, NOON).counts("viral_coefficient", window="1d") == (2, 1)


def test_expansion_is_what_customers_added_themselves() -> None:
    events = [
        grown("09:00", 500, to="pro"),
        grown("09:01", 300, plan="x"),
        grown("09:02", -200),
        grown("09:03", 100, initiated_by="system"),
        grown("09:04", 50, currency="usd", to="pro"),
    ]
    values = Result(events, NOON).values
    added = {
        (dict(labels)["currency"], dict(labels)["plan"]): value
        for (name, labels), value in values.items()
        if name == "kpi_expansion_mrr_minor_units" and ("window", "1d") in labels
    }
    eur = {("EUR", "all"): 800, ("EUR", "pro"): 500, ("EUR", "unknown"): 300}
    assert added == eur | {("USD", "all"): 50, ("USD", "pro"): 50}

"""KPIs over accounts: examples computed by hand."""

from __future__ import annotations

from typing import Any

from tests.oracle import OracleSettings
from tests.oracle.examples import Json, Result, at, event

NOON = at("12:00")


def used(time: int | str, user: str, account: str | None = None, **envelope: Any) -> Json:
    named: dict[str, Any] = {} if account is None else {"account_id": account}
    return event("page.viewed", time, user, **named, **envelope)


def changed(time: str, eligible: bool, scope: str, user: str | None = "u1", **envelope: Any) -> Json:
    data = {"eligible": eligible, "scope": scope}
    return event("account.eligibility_changed", time, user, data, **envelope)


def test_colleagues_are_one_account_and_others_one_each() -> None:
    events = [
        used("10:00", "a", "org"),
        used(at("10:00", day=-3), "b", "org"),
        used(at("10:00", day=-3), "c", "idle"),
        used("10:00", "d"),
    ]
    result = Result(events, NOON)
    assert result.counts("account_activity", window="1d") == (2, 3)
    assert result.counts("account_activity", window="7d") == (3, 3)


def test_a_customer_belongs_to_the_account_named_last_with_all_that_it_did() -> None:
    events = [used("10:00", "a", "old"), used(at("10:00", day=-3), "b", "old"), used("10:01", "a", "new")]
    result = Result([*events, used("10:02", "a")], NOON)
    assert result.counts("account_activity", window="1d") == (1, 2)


def test_the_scope_decides_whose_eligibility_it_is() -> None:
    events = [used("10:00", "a", "org"), used("10:00", "b", "org")]
    of_user = Result([*events, changed("11:00", False, "user", "a", account_id="org")], NOON)
    assert of_user.counts("account_activity", window="1d") == (1, 1)
    assert of_user.counts("adoption", window="1d") == (1, 1)
    of_account = Result([*events, changed("11:00", False, "account", "a", account_id="org")], NOON)
    assert of_account.counts("account_activity", window="1d") == (0, 0)
    assert of_account.counts("adoption", window="1d") == (2, 2)


def test_without_an_account_the_scope_says_nothing() -> None:
    result = Result([used("10:00", "a"), changed("11:00", False, "account", "a")], NOON)
    assert result.counts("account_activity", window="1d") == (0, 0)
    assert result.counts("adoption", window="1d") == (0, 0)


def test_flagged_and_deleted_customers_are_no_members_but_what_they_said_of_the_account_stays() -> None:
    events = [
        used("10:00", "a", "org"),
        changed("10:01", False, "account", "a", account_id="org"),
        event("user.flagged", "10:02", "a", {"reason": "fake"}),
    ]
    assert Result(events, NOON).counts("account_activity", window="1d") == (0, 0)
    colleague = [*events, used("10:05", "b", "org")]
    assert Result(colleague, NOON).counts("account_activity", window="1d") == (0, 0)
    back = [*colleague, changed("10:06", True, "account", "b", account_id="org")]
    assert Result(back, NOON).counts("account_activity", window="1d") == (1, 1)
    gone = [*back, event("user.deleted", "11:00", "b")]
    assert Result(gone, NOON).counts("account_activity", window="1d") == (0, 0)


def test_the_plan_is_the_one_told_last_by_the_minute() -> None:
    events = [
        used("10:00:10.000", "a", "org", plan="pro"),
        used("10:00:50.000", "b", "org", plan="free"),
        used("10:05", "b", "org"),
    ]
    assert Result(events, NOON).counts("account_activity", window="1d", plan="pro") == (1, 1)
    later = [*events, used("10:01", "b", "org", plan="free")]
    assert Result(later, NOON).counts("account_activity", window="1d", plan="free") == (1, 1)


def test_core_actions_per_active_account_by_feature() -> None:
    def act(time: int | str, user: str, feature: str, core: bool, **envelope: Any) -> Json:
        return event("feature.used", time, user, {"core": core}, feature=feature, **envelope)

    events = [
        act("10:00", "a", "export", True, account_id="org"),
        act("10:01", "b", "export", True, account_id="org"),
        act("10:02", "b", "search", False, account_id="org"),
        act("10:03", "c", "report", True),
        act(at("10:00", day=-3), "d", "report", True),
    ]
    result = Result(events, NOON)
    assert result.counts("core_feature_usage", window="1d") == (3, 2)
    assert result.counts("core_feature_usage", window="1d", feature="export") == (2, 2)
    assert result("core_feature_usage_numerator", window="1d", feature="search") is None
    assert result.counts("core_feature_usage", window="7d", feature="report") == (2, 3)


def test_accounts_may_be_the_customers() -> None:
    events = [used("10:00", "a", "org"), used("10:01", "b", "org"), used("10:02", "a")]
    result = Result(events, NOON, OracleSettings(customer="account"))
    assert result("active_users", window="1d") == 2
    assert result.counts("account_activity", window="1d") == (2, 2)


def billed(
    kind: str, time: int | str, user: str, mrr: int, delta: int, by: str = "customer", **envelope: Any
) -> Json:
    data = {"subscription_id": "s", "mrr": mrr, "mrr_delta": delta, "currency": "EUR", "initiated_by": by}
    return event(f"subscription.{kind}", time, user, data, **envelope)


def test_upsells_that_customers_start_among_those_who_pay() -> None:
    events = [
        billed("started", at("10:00", day=-9), "a", 100, 100, account_id="org"),
        billed("changed", "10:00", "b", 200, 100, account_id="org"),
        billed("started", at("10:00", day=-9), "c", 100, 100, plan="pro"),
        billed("changed", at("10:00", day=-3), "c", 300, 200),
        billed("started", at("10:00", day=-9), "d", 100, 100, account_id="sold"),
        billed("changed", "10:00", "d", 200, 100, "sales", account_id="sold"),
        billed("started", at("10:00", day=-9), "e", 0, 0, account_id="free"),
        billed("started", at("10:00", day=-9), "f", 100, 100, account_id="gone"),
        billed("changed", "10:00", "f", 200, 100, account_id="gone"),
        billed("cancelled", "10:01", "g", 200, -200, account_id="gone"),
    ]
    result = Result(events, NOON)
    assert result.counts("self_serve_upsell", window="1d") == (1, 3)
    assert result.counts("self_serve_upsell", window="7d") == (2, 3)
    assert result.counts("self_serve_upsell", window="7d", plan="pro") == (1, 1)


def test_a_flag_on_who_sent_it_leaves_the_account_s_subscription() -> None:
    events = [
        billed("started", "10:00", "a", 100, 100, account_id="org"),
        billed("started", "10:00", "b", 100, 100),
        event("user.flagged", "11:00", "a", {"reason": "fake"}),
        event("user.flagged", "11:00", "b", {"reason": "fake"}),
    ]
    assert Result(events, NOON).counts("self_serve_upsell", window="1d") == (0, 1)

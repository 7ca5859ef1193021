"""The oracle's KPIs of free and paid plans: examples computed by hand."""

from __future__ import annotations

from typing import Any

from tests.oracle import OracleSettings
from tests.oracle.examples import Json, Result, at, event

NOON = at("12:00")


def signed_up(time: int | str, plan: str, **envelope: Any) -> Json:
    return event("user.signed_up", time, "a", plan=plan, **envelope)


def subscription(change: str, time: int | str, **envelope: Any) -> Json:
    told = {"subscription_id": "s", "mrr": 0, "mrr_delta": 0, "currency": "EUR", "initiated_by": "customer"}
    to = envelope.pop("to", None)
    return event(f"subscription.{change}", time, "a", told | ({} if to is None else {"to": to}), **envelope)


def test_every_spell_on_free_plans_is_an_item() -> None:
    events = [
        signed_up(at("09:00", day=-3), "free"),
        subscription("started", "08:00", to="pro"),
        subscription("cancelled", "09:00", plan="free"),
        subscription("started", "10:00", to="pro"),
    ]
    result = Result(events, NOON)
    assert result.counts("free_to_paid", window="1d") == (2, 2)
    assert result.counts("free_to_paid", window="1h") == (0, 0)
    assert result.counts("upgrade", window="1d") == (0, 2)
    assert result("time_to_upgrade_seconds", window="7d", stat="mean") == 3 * 86_400 - 3_600


def test_a_paid_plan_ends_with_the_last_subscription() -> None:
    events = [subscription("started", "09:00", to="pro"), subscription("cancelled", "10:00", plan="pro")]
    result = Result(events, NOON)
    assert result.counts("upgrade", window="1h") == (0, 0)
    assert result.counts("upgrade", window="1d") == (0, 1)
    assert result.counts("free_to_paid", window="1d") == (0, 0)
    told = event("user.identified", "11:30", "a", plan="pro")
    assert Result([*events, told], NOON).counts("upgrade", window="1h") == (0, 1)


def test_an_upgrade_leads_up_the_order_and_counts_once_for_each_customer() -> None:
    events = [
        signed_up(at("09:00", day=-3), "starter"),
        subscription("changed", "09:00", to="pro"),
        subscription("changed", "09:30", to="starter"),
        subscription("changed", "10:00", to="team"),
        subscription("changed", "11:30", to="special"),
    ]
    result = Result(events, NOON)
    assert result.counts("upgrade", window="1d") == (1, 1)
    assert result.counts("upgrade", window="1d", plan="starter") == (1, 1)
    assert result.counts("upgrade", window="1h") == (0, 1)
    other = OracleSettings(
        plan_order=("team", "pro", "starter", "special"), free_plans=frozenset({"starter"})
    )
    changed = Result(events, NOON, other)
    assert changed.counts("upgrade", window="1h") == (1, 1)
    assert changed.counts("free_to_paid", window="1d") == (2, 2)


def test_who_is_deleted_has_been_there_but_moved_nowhere() -> None:
    events = [
        signed_up("08:00", "free"),
        subscription("started", "09:00", to="pro"),
        subscription("changed", "09:30", to="team"),
        event("user.deleted", "10:00", "a"),
    ]
    result = Result(events, NOON)
    assert result.counts("free_to_paid", window="1d") == (1, 1)
    assert result.counts("upgrade", window="1d") == (0, 1)
    assert result.counts("upgrade", window="1h") == (0, 0)

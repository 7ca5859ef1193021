"""The figures of docs/examples/accounts.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.types import EVENT_TYPES
from tests.oracle import compute
from tests.support.figures import Figures, batch_figures, differing


def at(day: int, clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return int(datetime(2025, 1, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


def event(day: int, clock: str, who: str, type_: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"id": f"{day} {clock}", "type": type_, "time": at(day, clock), "user_id": who}
    return told | {"topic": EVENT_TYPES[type_].topic, "data": {}} | more


def used(clock: str, who: str, feature: str, *, core: bool = True, **more: Any) -> dict[str, Any]:
    return event(6, clock, who, "feature.used", feature=feature, data={"core": core}, **more)


ACME: dict[str, Any] = {"account_id": "acme"}
BOLT: dict[str, Any] = {"account_id": "bolt"}
EVENTS = [
    event(5, "09:00", "ann", "page.viewed", plan="pro", **ACME),
    event(5, "09:30", "dan", "page.viewed", plan="free", **BOLT),
    used("09:00", "bea", "export", **ACME),
    used("09:05", "bea", "export", **ACME),
    used("09:10", "bea", "search", core=False, **ACME),
    used("10:00", "cid", "report", **ACME),
    used("10:30", "zoe", "report", plan="free"),
    event(
        6,
        "11:00",
        "ann",
        "account.eligibility_changed",
        data={"eligible": False, "scope": "user"},
        **ACME,
    ),
    event(6, "11:30", "dan", "email.delivered", data={"email_id": "m", "campaign": "c"}, **BOLT),
]
END = event(
    6, "12:30", "ann", "account.eligibility_changed", data={"eligible": False, "scope": "account"}, **ACME
)


def figures(time: int) -> Figures:
    found = batch_figures([*EVENTS, END], time)
    assert not differing(compute([*EVENTS, END], time), found)
    return found


def test_account_activity() -> None:
    noon = figures(at(6, "12:00"))

    def activity(window: str, plan: str) -> float:
        return noon["kpi_account_activity_ratio", (("plan", plan), ("window", window))]

    assert activity("1d", "all") == pytest.approx(2 / 3)
    assert activity("1d", "pro") == 1
    assert activity("1d", "free") == 0.5
    assert activity("7d", "all") == 1


def test_core_feature_usage() -> None:
    noon = figures(at(6, "12:00"))
    used = {
        dict(labels)["feature"]: value
        for (name, labels), value in noon.items()
        if name == "kpi_core_feature_usage_quotient" and ("window", "1d") in labels
    }
    assert used == {"all": 2, "export": 1, "report": 1}


def test_after_the_contract() -> None:
    later = figures(at(6, "13:00"))
    assert later["kpi_account_activity_ratio", (("plan", "all"), ("window", "1d"))] == 0.5
    assert later["kpi_core_feature_usage_quotient", (("feature", "all"), ("window", "1d"))] == 2


def billed(
    clock: str, who: str, kind: str, name: str, mrr: int, delta: int, by: str, **more: Any
) -> dict[str, Any]:
    data = {"subscription_id": name, "mrr": mrr, "mrr_delta": delta, "currency": "EUR", "initiated_by": by}
    return event(6, clock, who, f"subscription.{kind}", data=data, **more)


BILLED = [
    billed("13:00", "ann", "started", "s1", 5000, 5000, "sales", **ACME),
    billed("13:10", "bea", "changed", "s1", 7500, 2500, "customer", **ACME),
    billed("13:20", "dan", "started", "s2", 900, 900, "customer", **BOLT),
    billed("13:30", "zoe", "started", "s3", 0, 0, "customer"),
    billed("13:40", "zoe", "changed", "s3", 400, 400, "customer"),
    billed("13:50", "zoe", "cancelled", "s3", 400, -400, "customer"),
]


def upsell(clock: str, plan: str) -> tuple[float, float]:
    events, time = [*EVENTS, *BILLED], at(6, clock)
    found = batch_figures(events, time)
    assert not differing(compute(events, time), found)
    labels = (("plan", plan), ("window", "1d"))
    return (
        found["kpi_self_serve_upsell_numerator", labels],
        found["kpi_self_serve_upsell_denominator", labels],
    )


def test_self_serve_upsell() -> None:
    assert upsell("15:00", "all") == (1, 2)
    assert upsell("15:00", "pro") == (1, 1)
    assert upsell("15:00", "free") == (0, 1)
    assert upsell("13:45", "all") == (2, 3)

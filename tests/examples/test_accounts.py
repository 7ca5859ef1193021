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

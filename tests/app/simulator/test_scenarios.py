"""Scenarios and the stretches of time in them."""

from __future__ import annotations

from collections import Counter

import pytest

from app.simulator.scenarios import SCENARIOS, Stretch
from tests.app.simulator.samples import HOUR, MINUTE, MONDAY, data, events, parsed


def test_the_scenarios_are_those_that_are_documented() -> None:
    assert list(SCENARIOS) == ["steady", "daily", "resolution-drop", "spam-burst", "late-data", "outage"]
    assert all(scenario.summary for scenario in SCENARIOS.values())


@pytest.mark.parametrize(
    ("elapsed", "end"),
    [(0, None), (9, None), (10, 15), (14, 15), (15, None), (109, None), (110, 115), (314, 315)],
)
def test_a_stretch_recurs_and_is_half_open(elapsed: int, end: int | None) -> None:
    assert Stretch(first_ms=10, length_ms=5, every_ms=100).end_of(elapsed) == end


def test_bursts_of_spam_are_sign_ups_that_are_flagged_later() -> None:
    found = parsed(events("spam-burst", customers=2_000, rate=10.0, duration_ms=2 * HOUR))
    sign_ups = [e for e in found if e["type"] == "user.signed_up"]
    spam = {e["user_id"] for e in sign_ups if e["user_id"].startswith("spam")}
    by_minute = Counter((e["time_ms"] - MONDAY) // MINUTE % 10 for e in sign_ups)
    assert by_minute[1] > 20 * max(count for minute, count in by_minute.items() if minute not in (1, 2))
    flagged = {e["user_id"] for e in found if e["type"] == "user.flagged" and data(e, "reason") == "bot"}
    assert 0.75 < len(spam & flagged) / len(spam) < 0.95
    traffic = Counter((e["time_ms"] - MONDAY) // MINUTE % 10 for e in found)
    assert traffic[1] == pytest.approx(3 * traffic[5], rel=0.15)


def test_usual_traffic_goes_on_during_a_burst() -> None:
    burst = parsed(events("spam-burst", customers=2_000, rate=10.0, duration_ms=2 * HOUR))
    usual = Counter(
        (e["time_ms"] - MONDAY) // MINUTE % 10 for e in burst if not e.get("user_id", "").startswith("spam")
    )
    assert usual[1] > 0.6 * usual[5]

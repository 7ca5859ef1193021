"""Batch evaluation against the naive oracle: facts, contributions, evaluation and catalogue at once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definitions import Definitions
from streams.core.time import HOUR_MS, MINUTE_MS
from tests.oracle import OracleSettings, compute
from tests.oracle.generate import evaluation_time, evaluation_times, event_sets, random_events
from tests.support.figures import batch_figures, differing


@given(st.data())
@settings(max_examples=150)
def test_every_figure_equals_the_oracles(data: st.DataObject) -> None:
    events = data.draw(event_sets())
    at = data.draw(evaluation_time(events))
    assert not differing(compute(events, at), batch_figures(events, at))


@given(st.data())
@settings(max_examples=60)
def test_every_figure_equals_the_oracles_through_deletions(data: st.DataObject) -> None:
    events = data.draw(event_sets(deletions=True))
    at = data.draw(evaluation_time(events))
    assert not differing(compute(events, at), batch_figures(events, at))


@pytest.mark.parametrize("seed", range(6))
def test_larger_sets_equal_the_oracle_at_random_times(seed: int) -> None:
    rng = random.Random(seed)
    events = random_events(rng, 700, deletions=seed % 2 == 1)
    for at in rng.sample(evaluation_times(events), 4):
        assert not differing(compute(events, at), batch_figures(events, at))


@pytest.mark.parametrize("timezone", ["America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_calendar_days_follow_the_time_zone(timezone: str) -> None:
    rng = random.Random(timezone)
    events = random_events(rng, 400)
    for at in rng.sample(evaluation_times(events), 4):
        oracle = compute(events, at, settings=OracleSettings(timezone=timezone))
        assert not differing(oracle, batch_figures(events, at, Definitions(timezone=timezone)))


def test_a_comparison_notices_a_lost_event() -> None:
    events: list[dict[str, Any]] = random_events(random.Random(1), 300)
    at = max(int(e["time"]) for e in events) + 1
    noticed = [
        bool(differing(compute(events, at), batch_figures([e for e in events if e is not lost], at)))
        for lost in events
        if lost["type"] in {"user.signed_up", "conversation.resolved", "help.solved"}
    ]
    assert sum(noticed) >= 5


@pytest.mark.parametrize("seed", range(3))
def test_accounts_may_be_the_customers(seed: int) -> None:
    rng = random.Random(seed)
    events = random_events(rng, 600, deletions=seed == 1)
    by_account = OracleSettings(customer="account")
    for at in rng.sample(evaluation_times(events), 3):
        oracle = compute(events, at, settings=by_account)
        assert not differing(oracle, batch_figures(events, at, Definitions(customer="account")))


def test_plans_are_ordered_as_configured() -> None:
    rng = random.Random(5)
    events = random_events(rng, 600)
    free, order = ("pro",), ("team", "pro", "free")
    oracle = OracleSettings(free_plans=frozenset(free), plan_order=order)
    for at in rng.sample(evaluation_times(events), 3):
        found = batch_figures(events, at, Definitions(free_plans=free, plan_order=order))
        assert not differing(compute(events, at, settings=oracle), found)


OTHERWISE: dict[str, Any] = {
    "resolution": "last",
    "self_service_adoption_among": "active",
    "durable_ms": 5 * HOUR_MS,
    "activation_ms": 3 * HOUR_MS,
    "onboarding_idle_ms": 2 * HOUR_MS,
    "tour_idle_ms": 4 * HOUR_MS,
    "journey_idle_ms": 3 * HOUR_MS,
    "reaction_ms": 90 * MINUTE_MS,
    "renewal_grace_ms": 6 * HOUR_MS,
}
"""Times and choices that the configuration may change, each other than by default."""


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_configured_changes_the_figures_as_the_oracle_has_them(name: str) -> None:
    changed = {name: OTHERWISE[name]}
    assert Definitions(**changed).fingerprint() != Definitions().fingerprint()
    seen = 0
    for seed in range(3):
        events = random_events(random.Random(seed), 500)
        kind = name.removesuffix("_idle_ms")
        flows = [int(e["time"]) for e in events if e.get("data", {}).get("kind") == kind] or [0]
        for at in (max(int(e["time"]) for e in events) + 8 * HOUR_MS, max(flows) + 4 * HOUR_MS):
            found = batch_figures(events, at, Definitions(**changed))
            assert not differing(compute(events, at, settings=OracleSettings(**changed)), found)
            seen += bool(differing(batch_figures(events, at), found))
    assert seen


def test_values_that_are_not_allowed_count_as_other() -> None:
    allowed = {"plan": ("pro",), "channel": ("chat", "web"), "platform": ("web",), "feature": ()}
    events = random_events(random.Random(8), 500)
    at = max(int(e["time"]) for e in events) + 1
    folded_before = [
        {
            name: "other" if name in allowed and value and value not in allowed[name] else value
            for name, value in event.items()
        }
        for event in events
        # Subscriptions tell plans, and helping oneself has a channel, in other places as well.
        if not event["type"].startswith(("subscription.", "help.", "flow."))
    ]
    sent = [e for e in events if not e["type"].startswith(("subscription.", "help.", "flow."))]
    found = batch_figures(sent, at, Definitions(allowed_values=allowed, inactivity_ms={}))
    assert not differing(batch_figures(folded_before, at, Definitions(inactivity_ms={})), found)
    plans = {value for _, labels in found for name, value in labels if name == "plan"}
    assert plans == {"all", "pro", "other", "unknown"}

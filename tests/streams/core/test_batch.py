"""Batch evaluation against the naive oracle: facts, contributions, evaluation and catalogue at once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definitions import Definitions
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

"""What flows and new customers keep, and what they pass by."""

from __future__ import annotations

import random
from typing import Any

import pytest

from streams.core.customer import Customer
from streams.core.definitions import Definitions
from streams.core.facts.activation import ActivationFacts
from streams.core.facts.flows import FlowFacts
from streams.core.groups.activation import MAX_MILESTONES, Activation
from streams.core.groups.flows import MAX_PASSAGES, MAX_STEPS, Flows
from streams.core.rules import Rules, touched
from tests.support.cluster import Cluster
from tests.support.figures import folded, timed

MARCH, MINUTE = 1_741_000_000_000, 60_000
RULES = Rules(Definitions())


def flow(kind: str, type_: str, minute: int, flow_id: str = "f", **data: Any) -> dict[str, Any]:
    told = {"flow": "setup", "flow_id": flow_id, "kind": kind, **data}
    return {
        "id": f"{type_} {flow_id} {minute} {data}",
        "type": type_,
        "time": MARCH + minute * MINUTE,
        "user_id": "u",
        "data": told,
    }


def flows_of(c: Customer) -> FlowFacts:
    found = RULES.groups_by_name[Flows.name].read(c)
    assert isinstance(found, FlowFacts)
    return found


def by_the_worker(events: list[dict[str, Any]]) -> Customer:
    """The customer as the worker knows it, whose panes agree with its facts."""
    cluster = Cluster(1)
    cluster.produce(events)
    cluster.run(random.Random(0))
    state = cluster.parts[0].state
    assert not state.verify()
    return state.ledger.customers["u"]


def test_steps_beyond_the_bound_are_forgotten_whatever_the_order() -> None:
    events = [flow("journey", "flow.step_completed", n, step=f"s{n}") for n in range(MAX_STEPS + 40)]
    random.Random(1).shuffle(events)
    batch = folded(events, MARCH * 2, Definitions())
    expected = {f"s{n}": MARCH + n * MINUTE for n in range(MAX_STEPS)}
    assert flows_of(batch.customers["u"]).journeys["setup"].done == expected
    for ordered in (events, sorted(events, key=lambda e: int(e["time"]))):
        assert flows_of(by_the_worker(ordered)).journeys["setup"].done == expected


@pytest.mark.parametrize("kind", ["onboarding", "tour"])
def test_the_passages_that_were_silent_for_the_longest_time_are_forgotten_with_what_they_counted(
    kind: str,
) -> None:
    events = [flow(kind, "flow.completed", n, f"f{n}") for n in range(MAX_PASSAGES + 7)]
    kept = flows_of(by_the_worker(events)).of(kind)
    assert set(kept) == {f"f{n}" for n in range(7, MAX_PASSAGES + 7)}


def test_a_list_counts_up_to_the_bound() -> None:
    events = [flow("onboarding", "flow.started", 0, steps=1_000), flow("onboarding", "flow.completed", 1)]
    batch = folded(events, MARCH * 2, Definitions())
    tasks = [c for c in batch.contributions() if c[0] == "onboarding_tasks"]
    assert [cell[1] for _, cell, _, _ in tasks] == [str(n + 1) for n in range(MAX_STEPS)]


@pytest.mark.parametrize("kind", ["checkout", "self_service"])
def test_other_kinds_of_flow_leave_no_facts(kind: str) -> None:
    events = [flow(kind, "flow.started", 0, steps=2), flow(kind, "flow.completed", 1)]
    batch = folded(events, MARCH * 2, Definitions())
    assert Flows.name not in batch.customers["u"].opened_groups()


def test_milestones_beyond_the_bound_are_forgotten_whatever_the_order() -> None:
    events = [
        {
            "id": str(n),
            "type": "milestone.reached",
            "time": MARCH + n,
            "user_id": "u",
            "data": {"milestone": f"m{n}"},
        }
        for n in range(MAX_MILESTONES + 10)
    ]
    group = Activation(Definitions())
    joined = []
    for ordered in (events, events[::-1]):
        kept = ActivationFacts()
        for event in ordered:
            batch = folded([event], MARCH * 2, Definitions())
            other = group.read(batch.customers["u"])
            assert other is not None
            group.merge(kept, other)
        joined.append(kept)
    assert joined[0].milestones == joined[1].milestones == {f"m{n}": MARCH + n for n in range(MAX_MILESTONES)}


@pytest.mark.parametrize(
    ("data", "expected"), [({}, False), ({"key_action": False}, False), ({"key_action": True}, True)]
)
def test_only_key_actions_among_the_uses_of_features_are_told(data: dict[str, bool], expected: bool) -> None:
    raw = {"id": "1", "type": "feature.used", "time": MARCH, "user_id": "u", "feature": "x", "data": data}
    event = timed(raw).event
    assert touched((Activation(Definitions()),), event) == expected
    batch = folded([raw], MARCH * 2, Definitions())
    assert (Activation.name in batch.customers["u"].opened_groups()) == expected


@pytest.mark.parametrize(("kind", "expected"), [("onboarding", 2), ("journey", ["two", "one"])])
def test_of_lists_told_at_the_same_time_one_prevails_in_any_order(kind: str, expected: object) -> None:
    lists = (3, 2, ["one", "two"], ["two", "one"])
    events = [flow(kind, "flow.started", 0, steps=steps) for steps in lists]
    for ordered in (events, events[::-1], [*events[2:], *events[:2]]):
        (passage,) = flows_of(by_the_worker(ordered)).of(kind).values()
        assert passage.listed == (MARCH, expected)

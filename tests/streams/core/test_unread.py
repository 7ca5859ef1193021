"""Measures that nobody reads: the facts that only they need are not kept, and nothing else changes."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from streams.core.batch import Batch
from streams.core.definitions import Definitions
from streams.core.groups import GROUPS
from streams.core.groups.counts import COUNTS
from streams.core.groups.wellbeing import Wellbeing
from streams.core.measures import MEASURES
from streams.core.partition import PartitionState
from streams.core.rules import Rules
from streams.core.sparing import OF_ACCOUNTS, given_up, spared
from streams.core.terms import WORKED_OUT
from tests.oracle.generate import random_events
from tests.support.cluster import REMEMBERING, Cluster
from tests.support.figures import folded

DROPPABLE = [group for group in GROUPS if group.measures]
SURVEYS = ("nps", "nps_by_survey", "csat", "csat_points", "csat_requests", "ces")


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return random_events(random.Random(7), 1_500)


def contributed(batch: Batch) -> Counter[Any]:
    return Counter(batch.contributions())


UNWATCHED = replace(REMEMBERING, interventions=())
"""Nobody waits for interventions: then what they rest on may be left out too."""


def without(
    events: list[dict[str, Any]], unread: tuple[str, ...], definitions: Definitions = REMEMBERING
) -> Batch:
    at = max(int(e["time"]) for e in events) + 1
    return folded(events, at, replace(definitions, unread=unread))


@pytest.mark.parametrize("group", DROPPABLE, ids=lambda group: group.name)
def test_a_group_that_nobody_reads_is_not_kept_and_nothing_else_changes(
    events: list[dict[str, Any]], group: Any
) -> None:
    everything = without(events, (), UNWATCHED)
    spare = without(events, group.measures, UNWATCHED)

    def others(batch: Batch) -> dict[Any, int]:
        return {key: n for key, n in contributed(batch).items() if key[0] not in group.measures}

    assert others(spare) == others(everything)
    # Of messages to customers, conversations tell as well; of who is a customer, eligibility and accounts.
    left = {key[0] for key in contributed(spare)} & set(group.measures)
    assert left <= {"reaches", *OF_ACCOUNTS}
    # What a customer's wellbeing means only the hourly sweep says.
    assert (contributed(spare) == contributed(everything)) == (group is Wellbeing)
    assert any(group.name in c.opened_groups() for c in everything.customers.values())
    assert not any(group.name in c.opened_groups() for c in spare.customers.values())


@pytest.mark.parametrize("measure", sorted({count.measure for count in COUNTS}))
def test_a_count_that_nobody_reads_is_not_kept(events: list[dict[str, Any]], measure: str) -> None:
    everything, spare = without(events, ()), without(events, (measure,))

    assert contributed(spare) == {key: n for key, n in contributed(everything).items() if key[0] != measure}


@pytest.mark.parametrize("measure", WORKED_OUT)
def test_what_nobody_reads_of_an_issue_is_not_worked_out(events: list[dict[str, Any]], measure: str) -> None:
    everything, spare = without(events, ()), without(events, WORKED_OUT)

    assert measure in {key[0] for key in contributed(everything)}
    kept = {key: n for key, n in contributed(everything).items() if key[0] not in WORKED_OUT}
    paired = {"first_response_ms": "first_response", "time_to_resolution_ms": "time_to_resolution"}
    pair = {measure, paired.get(measure, measure)} | {a for a, b in paired.items() if b == measure}
    assert contributed(spare) == kept
    one = contributed(without(events, tuple(sorted(set(WORKED_OUT) - pair))))
    assert one == {
        key: n for key, n in contributed(everything).items() if key[0] not in set(WORKED_OUT) - pair
    }


def test_what_was_not_worked_out_is_there_with_all_of_its_past_once_somebody_reads_it(
    events: list[dict[str, Any]],
) -> None:
    cluster = Cluster(2)
    cluster.produce(events)
    moved_to(cluster, replace(REMEMBERING, unread=WORKED_OUT))
    cluster.run(random.Random(4))
    for part in cluster.parts:
        assert not part.state.verify()
        assert not part.state.ledger.panes["resolved_first"].blocks

    moved_to(cluster, REMEMBERING)
    for part in cluster.parts:
        assert not part.state.verify()
        assert part.state.ledger.panes["resolved_first"].blocks
        assert part.state.meta_fields()["began"] == {}


def test_measures_belong_to_one_group_at_most() -> None:
    named = [measure for group in DROPPABLE for measure in group.measures]

    assert len(set(named)) == len(named)
    assert set(named) <= set(MEASURES)


def test_only_what_spares_something_is_left_out() -> None:
    assert spared({"nps", "nps_by_survey", "issues"}) == ()
    assert spared({*SURVEYS, "visits", "issues"}) == tuple(sorted((*SURVEYS, "visits")))
    assert spared({"pending_issues", "nps", "issues"}) == ("pending_issues",)
    assert given_up(Definitions(unread=("issues", "pending_issues", "visits"))) == ("visits",)
    assert given_up(Definitions()) == ()


def test_events_that_only_an_unread_group_asks_for_take_the_short_path() -> None:
    plain = Rules(Definitions())
    spare = Rules(replace(Definitions(), unread=spared(MEASURES)))

    fast = {rule.name for rule in spare.by_struct.values() if rule.fast}
    assert fast > {rule.name for rule in plain.by_struct.values() if rule.fast}
    assert "feature.used" in fast


def moved_to(cluster: Cluster, definitions: Definitions) -> None:
    for part in cluster.parts:
        cluster.recover(part, definitions)
        cluster.checkpoint(part)
        cluster.recover(part)


def facts_of(cluster: Cluster, group: str) -> int:
    """Customers of whom the changelogs hold facts of a group."""
    return sum(
        1
        for part in cluster.parts
        for key, value in part.changelog.items()
        if key[:1] == b"g" and key.endswith(group.encode()) and value is not None
    )


def held(state: PartitionState, group: str) -> int:
    return sum(1 for c in state.ledger.customers.values() if group in c.opened_groups())


def test_switched_off_on_a_running_system_facts_are_given_up_and_begin_anew_later(
    events: list[dict[str, Any]],
) -> None:
    rng = random.Random(3)
    cluster = Cluster(2)
    half = len(events) // 2
    cluster.produce(events[:half])
    cluster.run(rng)
    assert facts_of(cluster, "surveys")

    moved_to(cluster, replace(REMEMBERING, unread=tuple(sorted(SURVEYS))))
    assert not facts_of(cluster, "surveys")
    cluster.produce(events[half:])
    cluster.run(rng)
    for part in cluster.parts:
        assert not held(part.state, "surveys")
        assert not part.state.verify()

    moved_to(cluster, REMEMBERING)
    for part in cluster.parts:
        assert not held(part.state, "surveys")
        assert not part.state.verify()
        assert part.state.meta_fields()["began"] == dict.fromkeys(SURVEYS, part.state.newest_ms + 1)

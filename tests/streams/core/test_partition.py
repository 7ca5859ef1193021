"""The worker's core against the batch: whatever the order, the repetition, the batches, the checkpoints and the crashes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core import changelog
from streams.core.batch import Sums
from streams.core.changelog import CHECKPOINTS_UNPACKED
from streams.core.definitions import Definitions
from streams.core.groups.counts import COUNTS
from streams.core.measures import MEASURES, Cell
from streams.core.partition import (
    CONSUMED,
    DEAD_LETTER,
    DUPLICATE,
    EXCLUDED,
    FORWARDED,
    LATE_DROPPED,
    PROCESSED,
)
from streams.core.partitioner import murmur2
from streams.core.support import Support
from streams.core.sweep import MEASURES as ASSESSED
from streams.core.time import ALL, DAY, HOUR_MS, WINDOWS
from tests.oracle.generate import event_sets, random_events
from tests.support.cluster import FAR, REMEMBERING, Cluster
from tests.support.figures import folded

AMONG_ACTIVE = replace(REMEMBERING, self_service_adoption_among="active")
EITHER = (REMEMBERING, AMONG_ACTIVE)
"""Whether activity moves what is counted of self-service."""
CLOSING = {count.measure for count in COUNTS}
"""Plain counts: what no window reaches any more is closed, and a flag withdraws it no longer."""

Reading = dict[tuple[str, str], dict[Cell, int]]


def readings(sums: Sums) -> Reading:
    return {
        (name, window): {cell: n for cell, n in sums.cells(name, window).items() if n}
        for name, measure in MEASURES.items()
        for window in ((DAY,) if measure.by_day else WINDOWS if name in CLOSING else (*WINDOWS, ALL))
    }


def expected(events: Sequence[Mapping[str, Any]], at: int, definitions: Definitions) -> Reading:
    batch = folded(events, at, definitions)
    return readings(Sums(batch.contributions(at), at, batch.rules))


def check(cluster: Cluster, events: Sequence[Mapping[str, Any]]) -> None:
    """Panes equal the batch, panes equal the facts, and every record has one result."""
    at = cluster.newest() + 1
    rules = cluster.parts[0].state.rules
    assert readings(Sums(cluster.numbers(), at, rules)) == expected(events, at, cluster.definitions)
    for part in cluster.parts:
        assert not part.state.verify()
        for topic in CONSUMED:
            assert sum(part.state.results[topic].values()) == len(part.logs[topic])


def one_claim_each(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without visitors that several users claim: there the order of arrival matters, by definition."""
    claims: dict[str, set[str]] = {}
    for e in events:
        if e["type"] == "user.identified" and e.get("anonymous_id") and e.get("user_id"):
            claims.setdefault(e["anonymous_id"], set()).add(e["user_id"])
    return [e for e in events if len(claims.get(e.get("anonymous_id") or "", ())) < 2]


@given(event_sets(), st.randoms(use_true_random=False), st.sampled_from(EITHER))
@settings(max_examples=100)
def test_any_order_batching_and_crashing_gives_the_same_panes(
    drawn: list[dict[str, Any]], rng: random.Random, definitions: Definitions
) -> None:
    events = one_claim_each(drawn)
    shuffled = events + rng.sample(events, len(events) // 3)
    rng.shuffle(shuffled)
    cluster = Cluster(3, definitions)
    cluster.produce(shuffled, rng=rng)
    cluster.run(rng)
    check(cluster, events)


@pytest.mark.parametrize("seed", range(8))
def test_larger_sets_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    events = one_claim_each(random_events(rng, 1500))
    shuffled = rng.sample(events, len(events))
    cluster = Cluster(4, replace(REMEMBERING, timezone="Australia/Lord_Howe" if seed % 2 else "UTC"))
    cluster.produce(shuffled, rng=rng)
    cluster.run(rng)
    check(cluster, events)


@given(event_sets(deletions=True), st.randoms(use_true_random=False), st.sampled_from(EITHER))
@settings(max_examples=60)
def test_deletions_in_order_give_the_same_panes(
    drawn: list[dict[str, Any]], rng: random.Random, definitions: Definitions
) -> None:
    events = [e for e in drawn if not (e["type"] == "user.identified" and e.get("anonymous_id"))]
    cluster = Cluster(1, definitions)
    state = cluster.parts[0]
    for event in sorted(events, key=lambda e: (int(e["time"]), e["type"] == "user.deleted")):
        cluster.produce([event])
        cluster.run(rng)
    assert state.state.number == 0
    check(cluster, events)


@pytest.mark.parametrize("seed", range(3))
def test_configured_times_give_the_same_panes_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    events = one_claim_each(random_events(rng, 700))
    shuffled = rng.sample(events, len(events))
    cluster = Cluster(
        2,
        replace(
            REMEMBERING,
            resolution="last",
            self_service_adoption_among="active",
            durable_ms=5 * HOUR_MS,
            activation_ms=3 * HOUR_MS,
            onboarding_idle_ms=2 * HOUR_MS,
            tour_idle_ms=4 * HOUR_MS,
            journey_idle_ms=3 * HOUR_MS,
            reaction_ms=2 * HOUR_MS,
            renewal_grace_ms=6 * HOUR_MS,
        ),
    )
    cluster.produce(shuffled, rng=rng)
    cluster.run(rng)
    check(cluster, events)


def test_other_definitions_recompute_the_panes_from_the_facts() -> None:
    rng = random.Random(5)
    events = one_claim_each(random_events(rng, 800))
    cluster = Cluster(2)
    cluster.produce(events)
    cluster.run(rng)
    other = replace(REMEMBERING, assumption_ms=6 * 3_600_000, timezone="Asia/Kathmandu")
    assert other.fingerprint() != cluster.definitions.fingerprint()
    for part in cluster.parts:
        cluster.recover(part, other)
        cluster.checkpoint(part)
        cluster.recover(part, other)
    at = cluster.newest() + 1
    rules = cluster.parts[0].state.rules
    found, want = readings(Sums(cluster.numbers(), at, rules)), expected(events, at, other)
    # Which local days a customer was active on is a fact of the zone it was recorded in; health rests on them.
    days = {m for m, measure in MEASURES.items() if measure.kind == "day"} | {*ASSESSED}
    assert {k: v for k, v in found.items() if k[0] not in days} == {
        k: v for k, v in want.items() if k[0] not in days
    }


@pytest.mark.parametrize("seed", range(3))
def test_activity_moves_self_service_from_the_switch_on(seed: int) -> None:
    """What came before the switch was joined without a thought of it."""
    rng = random.Random(seed)
    events = one_claim_each(random_events(rng, 600))
    cluster = Cluster(2)
    for definitions in (REMEMBERING, AMONG_ACTIVE, REMEMBERING, AMONG_ACTIVE):
        for part in cluster.parts:
            cluster.recover(part, definitions)
            cluster.checkpoint(part)
            cluster.recover(part)
        cluster.produce(rng.sample(events, len(events) // 2))
        cluster.run(rng)
    cluster.produce(events)
    cluster.run(rng)
    assert AMONG_ACTIVE.fingerprint() != REMEMBERING.fingerprint()
    assert any(measure == "self_service_active" for measure, *_ in cluster.numbers())
    check(cluster, events)


@pytest.mark.parametrize("action", ["help", "message"])
def test_a_customer_who_acts_after_the_switch_counts_since_its_action_before_it(action: str) -> None:
    def told(minute: int, type_: str, **fields: Any) -> dict[str, Any]:
        return {"id": str(minute), "type": type_, "time": MARCH + minute * 60_000, "user_id": "u", **fields}

    events = [told(0, "page.viewed"), told(5, "help.searched", data={"search_id": "s", "results": 1})]
    if action == "message":
        talk = {"conversation_id": "c", "channel": "bot"}
        events[1:] = [
            told(4, "conversation.started", **talk, data={"initiated_by": "customer"}),
            told(5, "conversation.message", **talk, data={"actor": "customer", "public": True}),
        ]
    cluster = Cluster(1)
    cluster.produce(events)
    cluster.run(random.Random(0))
    for part in cluster.parts:
        cluster.recover(part, AMONG_ACTIVE)
        cluster.checkpoint(part)
        cluster.recover(part)
    events.append(told(9, "page.viewed"))
    cluster.produce(events[-1:])
    cluster.run(random.Random(0), crashes=False)
    check(cluster, events)
    found = [minute for measure, _, minute, _ in cluster.numbers() if measure == "self_service_active"]
    assert found == [MARCH // 60_000 + 5]


def test_recovery_reads_back_everything() -> None:
    rng = random.Random(9)
    events = random_events(rng, 1200, deletions=True)
    cluster = Cluster(2)
    cluster.produce(events, rng=rng)
    cluster.run(rng, crashes=False)
    before = sorted(map(str, cluster.numbers()))
    for part in cluster.parts:
        cluster.recover(part)
        assert not part.state.verify()
        changes = part.state.take_changes()
        assert not changes.state
        assert not changes.panes
    assert sorted(map(str, cluster.numbers())) == before


def test_groups_are_packed_by_a_checkpoint_and_support_facts_once_some_have_passed_without_them() -> None:
    talk = {"user_id": "c", "conversation_id": "k", "channel": "chat"}
    start: dict[str, Any] = {"type": "conversation.started", "data": {"initiated_by": "customer"}}
    visit = {"id": "2", "time": MARCH, "type": "session.started", "user_id": "c"}
    events = [{"id": "1", "time": MARCH, **talk, **start}, visit]
    cluster = Cluster(1)
    (part,) = cluster.parts
    cluster.produce(events)
    cluster.run(random.Random(0), crashes=False)
    cluster.checkpoint(part)
    customer = part.state.ledger.customers["c"]
    assert isinstance(customer.groups, bytes)
    unpacked = []
    for _ in range(CHECKPOINTS_UNPACKED + 1):
        unpacked.append(isinstance(customer.support, Support))
        assert not part.state.take_changes().state

    assert unpacked[0]
    assert not isinstance(customer.support, Support)
    assert not part.state.ledger.unpacked
    check(cluster, events)


def test_support_facts_of_too_many_customers_are_packed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog, "MAX_UNPACKED", 2)
    start: dict[str, Any] = {"type": "conversation.started", "data": {"initiated_by": "customer"}}
    events = [
        {"id": str(n), "time": MARCH + n, "user_id": f"c{n % 5}", "conversation_id": f"k{n}", **start}
        for n in range(40)
    ]
    cluster = Cluster(1)
    cluster.produce(events)
    cluster.run(random.Random(0), crashes=False)
    ledger = cluster.parts[0].state.ledger
    assert len(ledger.unpacked) == 2
    unpacked = [c for c in ledger.customers.values() if isinstance(c.support, Support)]
    assert sorted(c.id for c in unpacked) == sorted(c.id for c in ledger.unpacked)
    check(cluster, events)


def test_many_small_sets_in_any_order() -> None:
    """What random stories seldom do: two hundred sets, for the short paths that only rare orders take."""
    for seed in range(200):
        rng = random.Random(seed)
        events = one_claim_each(random_events(rng, 150))
        shuffled = rng.sample(events, len(events))
        cluster = Cluster(3, EITHER[seed // 2 % 2])
        cluster.produce(shuffled if seed % 2 else events, rng=rng)
        cluster.run(rng)
        check(cluster, events)


def test_a_lost_checkpoint_is_noticed() -> None:
    """The suite's own control: offsets one batch ahead of the facts."""
    rng = random.Random(3)
    events = one_claim_each(random_events(rng, 300))
    cluster = Cluster(1)
    cluster.produce(events)
    part = cluster.parts[0]
    topic = "support.events"
    part.state.process(topic, part.logs[topic][:20])
    part.offsets[topic] = 40
    cluster.run(rng, crashes=False)
    with pytest.raises(AssertionError):
        check(cluster, events)


# ---- results -------------------------------------------------------------------------------------------------------


def result_of(
    value: bytes | None, *, timestamp: int = FAR, clock: str = "event", before: Sequence[bytes] = ()
) -> dict[str, int]:
    cluster = Cluster(1, clock="wall" if clock == "wall" else "event")
    for earlier in before:
        cluster.append(0, "product.events", earlier)
    cluster.append(0, "product.events", value, timestamp)
    cluster.run(random.Random(0))
    state = cluster.parts[0].state
    results = state.results["product.events"]
    assert sum(results.values()) == len(before) + 1
    return {k: v for k, v in results.items() if v}


def page(identity: str, time: int, **fields: Any) -> bytes:
    return json.dumps(
        {"id": identity, "type": "page.viewed", "time": time, "user_id": "u", **fields}
    ).encode()


MARCH = 1_741_000_000_000
DAY_MS = 86_400_000


def test_each_record_has_exactly_one_result() -> None:
    assert result_of(page("1", MARCH)) == {PROCESSED: 1}
    assert result_of(page("1", MARCH), before=[page("1", MARCH)]) == {PROCESSED: 1, DUPLICATE: 1}
    assert result_of(page("1", MARCH, source="a"), before=[page("1", MARCH)]) == {PROCESSED: 2}
    assert result_of(page("1", MARCH, is_bot=True)) == {EXCLUDED: 1}
    assert result_of(page("1", MARCH, is_test=True)) == {EXCLUDED: 1}
    assert result_of(page("1", MARCH - 36 * DAY_MS), before=[page("2", MARCH)], clock="wall") == {
        PROCESSED: 1,
        LATE_DROPPED: 1,
    }
    assert result_of(page("1", MARCH - 36 * DAY_MS), before=[page("2", MARCH)]) == {PROCESSED: 2}
    assert result_of(page("1", MARCH + 300_000), timestamp=MARCH) == {PROCESSED: 1}
    assert result_of(page("1", MARCH + 300_001), timestamp=MARCH) == {DEAD_LETTER: 1}
    assert result_of(None) == {DEAD_LETTER: 1}


def test_a_misplaced_event_is_forwarded_once_and_counts_at_home() -> None:
    cluster = Cluster(2)
    home = cluster.parts[0].state._home(b"u", 2)
    cluster.append(1 - home, "product.events", page("1", MARCH))
    cluster.run(random.Random(0))
    away, at_home = cluster.parts[1 - home].state, cluster.parts[home].state
    assert away.results["product.events"][FORWARDED] == 1
    assert away.misplaced == 1
    assert at_home.results["selfserve.events"][PROCESSED] == 1
    assert at_home.customers == 1
    assert away.customers == 0


def test_a_visitors_event_that_comes_again_after_the_claim_is_a_duplicate() -> None:
    cluster = Cluster(2)
    user = next(f"u{n}" for n in range(9) if murmur2(f"u{n}".encode(), 2) != murmur2(b"v", 2))
    session = {
        "topic": "product.events",
        "id": "1",
        "type": "session.started",
        "time": MARCH,
        "anonymous_id": "v",
    }
    claim = {
        "topic": "account.events",
        "id": "2",
        "type": "user.identified",
        "time": MARCH,
        "anonymous_id": "v",
    }
    for event in (session, claim | {"user_id": user}, session):
        cluster.produce([event])
        cluster.run(random.Random(0), crashes=False)
    assert cluster.parts[murmur2(b"v", 2)].state.results["product.events"][DUPLICATE] == 1
    check(cluster, [session, claim | {"user_id": user}])


@given(st.lists(st.binary(max_size=60) | st.none(), max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_no_bytes_crash_the_loop_and_all_are_accounted_for(
    values: list[bytes | None], rng: random.Random
) -> None:
    cluster = Cluster(1)
    for value in values:
        cluster.append(0, rng.choice(CONSUMED[:4]), value)
    cluster.run(rng)
    part = cluster.parts[0]
    assert sum(sum(r.values()) for r in part.state.results.values()) == len(values)
    assert len(part.dead_letters) == len(values)
    assert sum(part.state.refused.values()) == len(values)

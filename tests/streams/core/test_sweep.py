"""The hourly sweep: what it finds, and what it announces, once."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from schemas.interventions import Intervention, intervention
from schemas.resources import INTERVENTION, json_schema
from streams.core.assessment import NOTHING, Assessor, whole_hour
from streams.core.batch import Sums
from streams.core.definitions import Definitions
from streams.core.measures import Cell
from streams.core.partition import PartitionState
from streams.core.sweep import MEASURES
from tests.oracle.generate import random_events
from tests.support.accounting import one_claim_each
from tests.support.cluster import FAR, REMEMBERING, Cluster, Message, Part
from tests.support.figures import folded

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOON = 1_741_003_200_000
"""2025-03-03 12:00 UTC."""


def opened(announced: list[Intervention]) -> dict[tuple[str, str, str], str]:
    """What stands after all announcements; each trigger of each subject is opened and cleared in turn."""
    standing: dict[tuple[str, str, str], str] = {}
    for one in announced:
        key = (one.subject, one.subject_id, one.trigger)
        if one.type == "intervention.opened":
            assert key not in standing
            standing[key] = one.since
        else:
            assert standing.pop(key) == one.since
    return standing


@pytest.mark.parametrize("seed", range(4))
def test_what_was_announced_is_what_holds_whatever_crashes(seed: int) -> None:
    rng = random.Random(seed)
    events = random_events(rng, 900)
    cluster = Cluster(3)
    for start in range(0, len(events), 300):
        cluster.produce(events[start : start + 300], rng=rng)
        cluster.run(rng)
    announced = [one for part in cluster.parts for one in part.interventions]
    assert len({one.id for one in announced}) == len(announced)
    found: Counter[str] = Counter()
    for measure, cell, _, n in cluster.numbers():
        if measure == "interventions":
            found[str(cell[0])] += n
    # What changed since the last sweep is in the figures already: have each number sweep the same hour once more.
    for part in cluster.parts:
        part.state.ledger.hour -= 60
        cluster.checkpoint(part)
    standing: Counter[str] = Counter()
    for part in cluster.parts:
        standing.update(trigger for _, _, trigger in opened(part.interventions))
    assert +standing == +found
    assert sum(found.values()) > 3


def page(user: str, time: int) -> dict[str, Any]:
    return {"id": f"{user}{time}", "type": "page.viewed", "time": time, "user_id": user}


def test_silence_opens_and_activity_clears() -> None:
    cluster = Cluster(1)
    rng = random.Random(0)

    def told() -> list[tuple[str, str]]:
        return [
            (one.subject_id, one.type.removeprefix("intervention.")) for one in cluster.parts[0].interventions
        ]

    cluster.produce([page("quiet", NOON), page("busy", NOON)])
    cluster.run(rng)
    cluster.produce([page("busy", NOON + 14 * DAY_MS - HOUR_MS)])
    cluster.run(rng)
    assert told() == []
    cluster.produce([page("busy", NOON + 14 * DAY_MS)])
    cluster.run(rng)
    assert ("quiet", "opened") in told()
    cluster.recover(cluster.parts[0])
    cluster.produce([page("quiet", NOON + 14 * DAY_MS + 10)])
    cluster.run(rng)
    assert ("quiet", "cleared") not in told()
    assert not cluster.parts[0].state.verify()
    cluster.produce([page("busy", NOON + 14 * DAY_MS + HOUR_MS)])
    cluster.run(rng)
    mine = [one for one in cluster.parts[0].interventions if one.subject_id == "quiet"]
    assert [one.trigger for one in mine].count("inactivity") == 2
    assert mine[0].since == mine[0].time == "2025-03-17T12:00:00Z"


@pytest.mark.parametrize(
    ("kind", "idle"), [("onboarding", "onboarding_idle_ms"), ("journey", "journey_idle_ms")]
)
def test_a_flow_is_dropped_off_after_the_time_that_decides_it(kind: str, idle: str) -> None:
    flow = {"flow": "f", "flow_id": "1", "kind": kind, "steps": 2}
    event = {"id": "1", "type": "flow.started", "time": NOON, "user_id": "u", "data": flow}

    def dropped(at: int, **times: Any) -> Any:
        found = assessed_by_batch([event], at, Definitions(**times))
        return found.get(("interventions", ("drop_off",)), 0)

    for times, after in (({}, 7 * DAY_MS), ({idle: 3 * HOUR_MS}, 3 * HOUR_MS)):
        assert [dropped(NOON + after + late, **times) for late in (-1, 0)] == [0, 1]
        assert [dropped(NOON + after + 30 * DAY_MS + late, **times) for late in (-1, 0)] == [1, 0]


def test_by_the_wall_clock_the_sweep_goes_by_the_evaluation_time() -> None:
    state = PartitionState(0, 1, Definitions(), clock="wall")
    raw = msgspec.json.encode(page("u", NOON))
    state.process("product.events", [Message(0, FAR, None, raw)])
    assert not state.take_changes(evaluated=None).interventions
    assert state.meta_fields()["hour"] == -1
    state.take_changes(evaluated=NOON + HOUR_MS - 1)
    assert state.meta_fields()["hour"] == NOON // 60_000
    changes = state.take_changes(evaluated=NOON + 15 * DAY_MS)
    assert "inactivity" in [one.trigger for one in changes.interventions]
    assert not state.take_changes(evaluated=NOON + 15 * DAY_MS + 1).interventions


def assessed_now(cluster: Cluster, at: int) -> dict[tuple[str, Cell], int]:
    """What the panes of all numbers say at an evaluation time."""
    sums = Sums(cluster.numbers(), at, cluster.parts[0].state.rules)
    return {(m, cell): n for m in MEASURES for cell, n in sums.cells(m, "all").items() if n}


def assessed_by_batch(events: list[dict[str, Any]], at: int, definitions: Definitions) -> Any:
    batch = folded(events, at, definitions)
    sums = Sums(batch.contributions(at), at, batch.rules)
    return {(m, cell): n for m in MEASURES for cell, n in sums.cells(m, "all").items() if n}


@pytest.mark.parametrize("seed", range(4))
def test_numbers_without_events_are_swept_as_the_wall_clock_goes_on(seed: int) -> None:
    rng = random.Random(seed)
    events = one_claim_each(random_events(rng, 600))
    definitions = replace(REMEMBERING, lateness_ms=1_000 * DAY_MS)
    cluster = Cluster(3, definitions, clock="wall")
    cluster.produce(events, rng=rng)
    cluster.run(rng)
    at = cluster.newest() + 1
    for hours in (0, 1, 5, 24, 24 * 8, 24 * 40):
        # One number holds the evaluation time back; the others must not be seen to be ahead.
        hour_ms = whole_hour(at + hours * HOUR_MS) * 60_000
        held, at = at, max(at, hour_ms + rng.choice((0, 1, HOUR_MS - 1)))
        before = assessed_by_batch(events, held, definitions)
        for part in cluster.parts:
            if hours:
                assert assessed_now(cluster, held) == before
            if rng.random() < 0.5:
                cluster.recover(part)
            cluster.checkpoint(part, evaluated=at)
            if rng.random() < 0.5:
                cluster.recover(part)
            assert part.state.verify() == []
            assert part.state.ledger.hour == whole_hour(at)
        assert assessed_now(cluster, at) == assessed_by_batch(events, at, definitions) != {}


def found_by(part: Part) -> tuple[Counter[tuple[str, Cell]], set[tuple[str, str, str]]]:
    """What a look at everybody finds at a number's hour: what the panes have to hold, and what calls for an intervention."""
    ledger = part.state.ledger
    assessor = Assessor(ledger.rules, ledger.hour)
    everybody = [("customer", c.id, assessor.customer(c)) for c in ledger.customers.values()]
    everybody += [("account", a.id, assessor.account(a.read())) for a in ledger.accounts.values()]
    sums: Counter[tuple[str, Cell]] = Counter()
    for _, _, found in everybody:
        for measure, cell, _, n in found.contributions:
            sums[measure, cell] += n
    return sums, {(kind, name, trigger) for kind, name, found in everybody for trigger in found.triggers}


def held_by(part: Part) -> Counter[tuple[str, Cell]]:
    sums: Counter[tuple[str, Cell]] = Counter()
    for measure in MEASURES:
        for cell, _, _, n in part.state.ledger.panes[measure].numbers():
            sums[measure, cell] += n
    return +sums


@pytest.mark.parametrize("seed", range(4))
def test_hour_by_hour_the_panes_hold_what_a_look_at_everybody_finds(seed: int) -> None:
    """Sweeps pass by whose assessment holds: through changes of the clocks, deletions, flags, and losses of memory."""
    rng = random.Random(seed)
    events = random_events(rng, 400, deletions=True)
    # Across the night of 30 March 2025, when the clocks change.
    moved = whole_hour(NOON + 24 * DAY_MS - events[0]["time"]) * 60_000
    zone = rng.choice(("Europe/Berlin", "Australia/Lord_Howe"))
    cluster = Cluster(2, replace(REMEMBERING, timezone=zone, health_fall=5))
    at = NOON + 24 * DAY_MS
    last = events[-1]["time"] + moved + 20 * DAY_MS
    triggers = 0
    while at < last:
        at += rng.choice((1, 1, 2, 5, 24)) * HOUR_MS
        until = sum(event["time"] + moved < at for event in events)
        cluster.produce([event | {"time": event["time"] + moved} for event in events[:until]], rng=rng)
        del events[:until]
        cluster.run(rng)
        for part in cluster.parts:
            cluster.checkpoint(part, evaluated=at)
            assert part.state.ledger.hour == whole_hour(at)
            sums, calling = found_by(part)
            assert held_by(part) == +sums
            assert set(opened(part.interventions)) == calling
            triggers += len(calling)
            if rng.random() < 0.02:
                cluster.recover(part)
    assert triggers > 100


def test_another_clock_sweeps_as_of_its_own_hour() -> None:
    rng = random.Random(3)
    events = one_claim_each(random_events(rng, 300))
    definitions = replace(REMEMBERING, lateness_ms=1_000 * DAY_MS)
    cluster = Cluster(2, definitions, clock="wall")
    cluster.produce(events, rng=rng)
    cluster.run(rng)
    newest = cluster.newest() + 1
    for part in cluster.parts:
        cluster.checkpoint(part, evaluated=newest + 9 * DAY_MS)
    cluster.clock = "event"
    for part in cluster.parts:
        cluster.recover(part)
    cluster.run(rng)
    assert {part.state.ledger.hour for part in cluster.parts} == {whole_hour(newest)}
    assert assessed_now(cluster, newest) == assessed_by_batch(events, newest, definitions)
    for part in cluster.parts:
        assert part.state.verify() == []


def test_behind_the_sweep_waits() -> None:
    state = PartitionState(0, 1, Definitions(), clock="wall")
    raw = msgspec.json.encode(page("u", NOON))
    state.process("product.events", [Message(0, FAR, None, raw)])
    state.take_changes(evaluated=NOON + HOUR_MS, behind=True)
    assert state.meta_fields()["hour"] == -1
    assert state.waiting
    state.take_changes(evaluated=NOON + HOUR_MS)
    assert state.meta_fields()["hour"] == NOON // 60_000 + 60
    assert not state.waiting


def test_numbers_of_one_cluster_sweep_the_same_hour_by_the_event_clock() -> None:
    cluster = Cluster(3)
    cluster.produce([page(f"u{n}", NOON + n * HOUR_MS) for n in range(12)])
    cluster.run(random.Random(2))
    assert {part.state.ledger.hour for part in cluster.parts} == {whole_hour(NOON + 11 * HOUR_MS)}


def test_an_announcement_has_one_id_and_fits_its_schema() -> None:
    one = intervention("customer", "u", "inactivity", 60, 60, cleared=False)
    assert one == intervention("customer", "u", "inactivity", 60, 60, cleared=False)
    assert one.id != intervention("customer", "u", "inactivity", 60, 120, cleared=True).id
    assert one.id != intervention("account", "u", "inactivity", 60, 60, cleared=False).id
    jsonschema.validate(msgspec.to_builtins(one), json_schema(INTERVENTION))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(msgspec.to_builtins(one) | {"trigger": "boredom"}, json_schema(INTERVENTION))


def test_nothing_contributes_nothing() -> None:
    assert NOTHING.contributions == []

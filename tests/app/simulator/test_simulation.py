"""The simulation as a whole: reproducible, resumable, at the asked rate, in bounded memory."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import app.simulator
from app.simulator.scenarios import SCENARIOS
from app.simulator.simulation import Simulation, generate
from schemas.decode import read
from schemas.events import Event, event_time_ms, key_of, type_name
from schemas.types import EVENT_TYPES
from tests.app.simulator.samples import DAY, HOUR, MINUTE, MONDAY, events, parsed


def simulation(
    scenario: str = "steady", *, rate: float = 2.0, customers: int = 500, seed: int = 1
) -> Simulation:
    return Simulation(SCENARIOS[scenario], customers=customers, rate=rate, start_ms=MONDAY, seed=seed)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(scenario: str) -> None:
    first, again, other = (
        list(
            generate(
                SCENARIOS[scenario],
                customers=300,
                rate=5,
                start_ms=MONDAY,
                duration_ms=10 * MINUTE,
                seed=seed,
            )
        )
        for seed in (7, 7, 8)
    )
    assert first == again
    assert {e.value for e in first}.isdisjoint(e.value for e in other)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_event_is_valid_keyed_by_its_customer_and_on_its_topic(scenario: str) -> None:
    for sent in events(scenario, customers=1_000, rate=1.0, duration_ms=6 * HOUR):
        event = read(sent.value)
        assert isinstance(event, Event), (event, sent.value)
        key = key_of(event)
        assert key is not None
        assert (sent.key, sent.time_ms) == (key.encode(), event_time_ms(event))
        assert sent.topic == EVENT_TYPES[type_name(event)].topic
        assert sent.send_ms >= sent.time_ms


def test_every_type_of_event_occurs() -> None:
    found = Counter(event["type"] for event in parsed(events()))
    assert set(found) == set(EVENT_TYPES)


def test_most_events_are_product_use_then_support() -> None:
    by_topic = Counter(event.topic for event in events())
    share = {topic: count / by_topic.total() for topic, count in by_topic.items()}
    assert 0.65 < share["product.events"] < 0.78
    assert 0.13 < share["support.events"] < 0.24
    assert share["account.events"] > 0.02
    assert share["feedback.events"] > 0.02


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_events_come_in_the_order_of_sending(scenario: str) -> None:
    times = [event.send_ms for event in events(scenario, customers=1_000, rate=1.0, duration_ms=6 * HOUR)]
    assert times == sorted(times)


def test_no_id_is_used_for_two_events() -> None:
    by_id: dict[str, bytes] = {}
    for event in events():
        found = read(event.value)
        assert isinstance(found, Event)
        assert by_id.setdefault(found.id, event.value) == event.value


@pytest.mark.parametrize("rate", [0.1, 3.0, 200.0])
def test_the_rate_is_as_asked_without_counting_duplicates(rate: float) -> None:
    duration = int(6_000 / rate) * 1_000
    sent = list(
        generate(
            SCENARIOS["steady"], customers=20_000, rate=rate, start_ms=MONDAY, duration_ms=duration, seed=3
        )
    )
    assert len({event.value for event in sent}) == pytest.approx(6_000, rel=0.03)


def test_events_flow_evenly_from_the_first_minute_on() -> None:
    minutes = Counter(
        (event.time_ms - MONDAY) // MINUTE
        for event in events(customers=20_000, rate=20.0, duration_ms=30 * MINUTE)
    )
    assert len(minutes) == 30
    assert max(minutes.values()) < 1.15 * min(minutes.values())


def test_more_events_than_the_customers_can_cause_are_still_made() -> None:
    sent = list(
        generate(SCENARIOS["steady"], customers=1, rate=50, start_ms=MONDAY, duration_ms=MINUTE, seed=1)
    )
    assert len({event.value for event in sent}) == pytest.approx(3_000, rel=0.05)


def test_going_on_in_pieces_makes_the_same_events_as_in_one_go() -> None:
    whole = list(simulation("late-data").advance(MONDAY + 2 * HOUR))
    resumed = simulation("late-data")
    pieces = [
        event
        for minute in range(7, 127, 7)
        for event in resumed.advance(min(MONDAY + minute * MINUTE, MONDAY + 2 * HOUR))
    ]
    pieces += resumed.advance(MONDAY + 2 * HOUR)
    assert pieces == whole


def test_history_goes_on_live_with_the_same_customers_and_no_gap() -> None:
    one = simulation("daily", rate=0.5, customers=2_000)
    history = parsed(one.advance(MONDAY + DAY))
    one.switch(SCENARIOS["steady"], rate=50)
    live = parsed(one.advance(MONDAY + DAY + 10 * MINUTE))
    assert len(live) == pytest.approx(50 * 600, rel=0.05)
    assert live[0]["time_ms"] < MONDAY + DAY + MINUTE
    known = {event.get("user_id") for event in history}
    assert sum(event.get("user_id") in known for event in live) > 0.5 * len(live)
    started = {e["conversation_id"] for e in history if e["type"] == "conversation.started"}
    assert any(e.get("conversation_id") in started for e in live)


def test_a_customer_keeps_plan_segment_and_role_in_another_run() -> None:
    def traits(start_ms: int) -> dict[str, tuple[str, str]]:
        made = generate(
            SCENARIOS["steady"], customers=200, rate=5, start_ms=start_ms, duration_ms=HOUR, seed=1
        )
        return {
            e["user_id"]: (e["segment"], e["role"])
            for e in parsed(made)
            if re.fullmatch(r"u\d+", e.get("user_id", ""))
        }

    first, later = traits(MONDAY), traits(MONDAY + 30 * DAY)
    common = first.keys() & later.keys()
    assert len(common) > 100
    assert all(first[user] == later[user] for user in common)


def test_what_is_pending_is_bounded_by_the_customers() -> None:
    customers = 200
    one = simulation(rate=20.0, customers=customers)
    greatest = 0
    for hour in range(1, 7):
        count = sum(1 for _ in one.advance(MONDAY + hour * HOUR))
        assert count > 70_000
        greatest = max(greatest, len(one._world.pending))
    assert greatest < 8 * customers


def test_nothing_but_publishing_and_writing_files_reads_a_clock_or_does_input_or_output() -> None:
    folder = Path(app.simulator.__file__).parent
    pure = [file for file in folder.rglob("*.py") if file.stem not in {"publish", "output"}]
    assert len(pure) > 12
    for file in pure:
        imports = re.findall(r"^(?:from|import) (\S+)", file.read_text(), re.MULTILINE)
        assert not {name.partition(".")[0] for name in imports} & {
            "time",
            "kafka",
            "os",
            "io",
            "pathlib",
            "socket",
        }


def test_a_rate_or_population_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        simulation(rate=0)
    with pytest.raises(ValueError, match="customer"):
        simulation(customers=0)

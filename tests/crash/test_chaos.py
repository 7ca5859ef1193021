"""Nothing lost and nothing counted twice, whatever dies."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kafka.broker import EmbeddedKafka
from streams.names import EVENTS
from tests.crash.chaos import BROKER_PROPERTIES, OVERRIDES, Chaos, Report, verdict
from tests.crash.plan import CI, MINUTES, Plan, soak, soak_minutes
from tests.oracle.generate import random_events
from tests.support.accounting import one_claim_each
from tests.support.faulty_worker import FAULT
from tests.support.processes import eventually
from tests.support.workers import Service

pytestmark = [pytest.mark.kafka, pytest.mark.crash, pytest.mark.slow]

FAULTY = ("-m", "tests.support.faulty_worker")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    with EmbeddedKafka(tmp_path / "kafka", properties=BROKER_PROPERTIES) as broker:
        yield broker


def round_of(plan: Plan, broker: EmbeddedKafka, directory: Path) -> Report:
    directory.mkdir()
    prefix = f"chaos-{plan.seed}."
    with Service(broker.bootstrap_servers, prefix, directory, overrides=OVERRIDES) as service:
        report = Chaos(plan, broker, service).run()
        print(f"done {dict(report.done)}, ends of their own {report.exits}")
        print(f"seconds until all partitions were owned again: {report.resumed_s}")
        found = verdict(service)
        assert not found, "\n".join(found)
        service.workers.clear()
    return report


def test_figures_are_exact_after_everything_that_can_happen(broker: EmbeddedKafka, tmp_path: Path) -> None:
    done = round_of(CI, broker, tmp_path / "run").done
    assert done["kill"] + done["doom"] >= 20
    assert (done["doom"], done["stop"], done["zombie"], done["join"]) == (
        CI.dooms,
        CI.stops,
        CI.zombies,
        CI.joins,
    )
    assert done["broker_restart"] == done["broker_kill"] == 1


def test_a_deliberate_fault_is_detected(broker: EmbeddedKafka, tmp_path: Path) -> None:
    """The negative control: offsets one checkpoint behind. Without it the verdict above might be blind."""
    events = one_claim_each(random_events(random.Random(3), 1500))
    with Service(broker.bootstrap_servers, "control.", tmp_path, overrides=OVERRIDES) as service:
        worker = service.start(program=FAULTY, **{FAULT: "offset-behind"})
        half = len(events) // 2
        service.produce(events[:half])
        eventually(lambda: counted(service) >= half, "the first half is counted")
        service.produce(events[half:])
        eventually(lambda: counted(service) >= len(events), "the second half is counted")
        worker.kill()
        service.start()
        service.wait_processed()
        wrong = verdict(service)
    assert any("records, " in line and "counted" in line for line in wrong), wrong


def counted(service: Service) -> int:
    """Records of the topics that producers fill that checkpoints account for."""
    return sum(
        sum(results.values())
        for meta in service.metas().values()
        if meta is not None
        for topic, results in meta.results.items()
        if topic != EVENTS
    )


@pytest.mark.skipif(soak_minutes() == 0, reason=f"set {MINUTES} to the minutes it shall last")
def test_figures_stay_exact_for_as_long_as_it_is_asked_for(broker: EmbeddedKafka, tmp_path: Path) -> None:
    until = time.monotonic() + soak_minutes() * 60
    rounds = 0
    while time.monotonic() < until or rounds == 0:
        round_of(soak(rounds), broker, tmp_path / f"round-{rounds}")
        rounds += 1
        print(f"{rounds} rounds")

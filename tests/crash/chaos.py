"""Runs a plan: two workers under load, killed, stopped, frozen and joined, and brokers that go away."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import UserError
from app.kafka.admin import KafkaAdminError
from app.kafka.broker import EmbeddedKafka
from streams.errors import FencedError
from streams.names import DEAD_LETTERS, EVENTS, SOURCES
from tests.crash.oracles import ORACLES, Event, Oracle
from tests.crash.plan import Action, Plan
from tests.oracle.generate import random_events
from tests.support.accounting import events_in, hours_missed, newest, one_claim_each
from tests.support.faulty_worker import FAULT
from tests.support.processes import environment, eventually
from tests.support.workers import SESSION_TIMEOUT_S, Service, Worker

FAULTY = ("-m", "tests.support.faulty_worker")
DOOMED = "kill-in-transaction"
AWAY = ("Kafka cannot be reached at", "Something accepts connections at", "did not complete a request")
SLOTS = ("static", "dynamic")
"""Two workers: one with a static name in the group, which comes back without a rebalance, and one without."""

# Changelogs that are compacted while the run lasts, so that recovery meets compacted logs.
BROKER_PROPERTIES = {"log.cleaner.backoff.ms": "500"}
COMPACTED = {
    "segment.ms": "5000",
    "segment.bytes": "1048576",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "5000",
    "min.compaction.lag.ms": "0",
}
OVERRIDES = {"selfserve.state": COMPACTED, "selfserve.panes": COMPACTED}


@dataclass
class Report:
    """What happened."""

    done: Counter[str] = field(default_factory=Counter)
    """Actions."""
    exits: list[tuple[str, int]] = field(default_factory=list)
    """Ends that nobody asked for: slot and exit code."""
    resumed_s: dict[str, list[float]] = field(default_factory=dict)
    """By action: seconds until all partitions were owned again. Told, not judged."""


class Chaos:
    """One round of a plan."""

    def __init__(self, plan: Plan, broker: EmbeddedKafka, service: Service) -> None:
        self.plan = plan
        self.broker = broker
        self.service = service
        self.report = Report()
        self._rng = random.Random(plan.seed)
        self._workers: dict[str, Worker] = {}

    def run(self) -> Report:
        """Do everything; all events are processed afterwards and all workers stopped."""
        load = self._start_load()
        try:
            self._act(load)
        finally:
            load.kill()
            load.wait()
        self._drain()
        return self.report

    def _act(self, load: subprocess.Popen[bytes]) -> None:
        for name in SLOTS:
            self._start(name)
        for worker in self._workers.values():
            worker.wait_ready()
        for action in self.plan.actions(self._rng):
            time.sleep(self._rng.uniform(*self.plan.pause_s))
            self._bury()
            if load.poll() is not None:
                # A blow without load proves little. Whoever counts the actions notices.
                print("the load ended before the actions")
                break
            started = time.monotonic()
            getattr(self, f"_{action}")()
            self.report.done[action] += 1
            self._note(action, started)
        load.send_signal(signal.SIGTERM)
        assert load.wait(120) == 0, self._load_log.read_text()[-4000:]

    # The cast

    def _start(self, name: str, **fault: str) -> None:
        program = FAULTY if fault else ("-m", "app")
        static = {"SELFSERVE_INSTANCE_ID": "a"} if name == "static" else {}
        self._workers[name] = self.service.start(program=program, **static, **fault)

    def _start_load(self) -> subprocess.Popen[bytes]:
        file = self.service.directory / "events.ndjson"
        write_events(file, self.plan)
        arguments = [self.service.bootstrap_servers, self.service.prefix, self.service.partitions]
        with self._load_log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.crash.load"]
                + [str(value) for value in (*arguments, self.plan.rate, self.plan.seed, file)],
                stdout=log,
                stderr=log,
                env=environment(),
            )

    @property
    def _load_log(self) -> Path:
        return self.service.directory / "load.log"

    def _bury(self) -> None:
        """Replace workers that have ended by themselves."""
        for name, worker in list(self._workers.items()):
            if not worker.ended():
                continue
            code, text = worker.wait(), worker.text()
            self.report.exits.append((name, code))
            # A worker that is started while the brokers are away, or go away, says so and ends.
            away = code in (UserError.exit_code, KafkaAdminError.exit_code) and any(
                one in text for one in AWAY
            )
            assert code == FencedError.exit_code or away, text[-4000:]
            self._start(name)

    def _any(self) -> tuple[str, Worker]:
        name = self._rng.choice(SLOTS)
        return name, self._workers[name]

    # The actions

    def _kill(self) -> None:
        name, worker = self._any()
        worker.kill()
        time.sleep(self._rng.choice((0.0, 0.0, 0.5)))
        self._start(name)

    def _doom(self) -> None:
        name, worker = self._any()
        worker.stop()
        self._start(name, **{FAULT: DOOMED})
        doomed = self._workers[name]
        eventually(doomed.ended, "a worker dies inside a transaction", within_s=60)
        assert doomed.wait() == -signal.SIGKILL, doomed.text()[-4000:]
        self._start(name)

    def _stop(self) -> None:
        name, worker = self._any()
        code = worker.stop()
        # It may have been on its way up, or on its way out.
        assert code in (0, -signal.SIGTERM, FencedError.exit_code), (
            f"exit code {code}: {worker.text()[-4000:]}"
        )
        self._start(name)

    def _zombie(self) -> None:
        _, worker = self._any()
        worker.signal(signal.SIGSTOP)
        time.sleep(SESSION_TIMEOUT_S + self._rng.uniform(1.0, 2.5))
        worker.signal(signal.SIGCONT)

    def _join(self) -> None:
        third = self.service.start()
        eventually(lambda: third.ended() or third.ready(), "the third worker", within_s=60)
        time.sleep(self._rng.uniform(0.0, 2.0))
        code = third.stop()
        assert code in (0, FencedError.exit_code), third.text()[-4000:]

    def _broker_restart(self) -> None:
        self.broker.restart()

    def _broker_kill(self) -> None:
        self.broker.kill()
        time.sleep(self._rng.uniform(1.0, 4.0))
        self.broker.start()

    # The end

    def _note(self, action: Action, started: float) -> None:
        """Write down how long it takes until all partitions are owned, if that is not long."""
        until = time.monotonic() + 12
        while time.monotonic() < until:
            if sum(worker.owned() for worker in self._workers.values()) == self.service.partitions:
                self.report.resumed_s.setdefault(action, []).append(round(time.monotonic() - started, 1))
                return
            if self._rng.random() < 0.02:
                # Sometimes the next blow falls before the last one is got over.
                return
            time.sleep(0.1)

    def _drain(self) -> None:
        def drained() -> bool:
            self._bury()
            # Who is still on the way up would not hear of its end in order.
            up = all(worker.ready() for worker in self._workers.values())
            return up and self.service.unprocessed() == 0 and not self.service.unassessed()

        eventually(drained, "everything is processed", within_s=180)
        for worker in self._workers.values():
            assert worker.stop() == 0, worker.text()[-4000:]
        # What the last checkpoints forwarded is still to be processed.
        if self.service.unprocessed() or self.service.unassessed():
            last = self.service.start()
            self.service.wait_processed()
            assert last.stop() == 0


def write_events(file: Path, plan: Plan) -> None:
    """Write the events of a plan, one a line, nearly in order."""
    rng = random.Random(plan.seed)
    events = one_claim_each(random_events(rng, plan.events))
    events = [e for _, e in sorted((i + rng.uniform(0, 60), e) for i, e in enumerate(events))]
    with file.open("w") as lines:
        for event in events:
            lines.write(json.dumps(event) + "\n")


def verdict(service: Service, oracles: Sequence[Oracle] = ORACLES) -> list[str]:
    """Everything that is not as it must be, in words. Nothing may be produced meanwhile."""
    kept = service.kept()
    wrong = []
    for part in kept:
        wrong += [f"partition {part.number}: {difference}" for difference in part.state.verify()]
    events: list[Event] = []
    for topic in SOURCES:
        records = service.records(topic)
        for part in kept:
            there = len(records[part.number])
            counted = 0 if part.meta is None else sum(part.meta.results[topic].values())
            if there != counted:
                wrong.append(f"{topic}, partition {part.number}: {there} records, {counted} counted")
        if topic != EVENTS:
            events += events_in(record for found in records.values() for record in found)
        print(f"{topic}: {sum(map(len, records.values()))} records")
    letters = sum(map(len, service.records(DEAD_LETTERS).values()))
    refused = sum(sum(part.meta.refused.values()) for part in kept if part.meta is not None)
    if letters != refused:
        wrong.append(f"{letters} dead letters, {refused} counted")
    at = newest(kept) + 1
    wrong += hours_missed(kept, at)
    for oracle in oracles:
        found = oracle.compare(oracle.expect(events, at), oracle.observe(kept, at))
        print(f"{oracle.name}: {len(found)} differences")
        wrong += found
    return wrong

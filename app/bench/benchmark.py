"""The run itself: a broker of its own, the topics filled once, then everybody in turn, round by round."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from kafka.admin import KafkaAdminClient

from app.bench import memory, quiet, stock_faust, yardstick
from app.bench.environment import PREFIX, source_tree, working_directory
from app.bench.machine import commit_of, this_machine, versions
from app.bench.measures import Measure, ratios, spread, summarise
from app.bench.memory import Growth, Memory, memory_of
from app.bench.plan import (
    BARE_MINIMAL,
    BARE_TYPED,
    CONTESTANTS,
    FEW_KPIS,
    LEAST_ROUNDS_RECORDED,
    STOCK_FAUST,
    WORKER,
    WORKER_COMMITTED,
    WORKER_FEW,
    Contestant,
    Plan,
)
from app.bench.profile import Profile, Sampler
from app.bench.report import Report
from app.bench.scripts import run_script
from app.bench.topics import Filled, create_topics, fill, renew_internal_topics
from app.bench.worker_run import WorkerRun, run_worker, write_settings
from app.kafka.admin import admin_client
from app.kafka.broker import EmbeddedKafka
from streams.build import core_build

Say = Callable[[str], None]
"""Hears what is going on, a line at a time."""
T = TypeVar("T")

_BROKER_HEAP_MB: Final = 1_024
_FAUST_TOPIC: Final = "product.events"
_LEAST_PER_SECOND: Final = 500
"""Whoever is slower than this has got stuck."""
_START_S: Final = 120.0
_FEWER: Final = 4
"""The smaller number of customers is this part of the larger one."""


def run_benchmark(plan: Plan, say: Say) -> Report:
    """Measure everything that ``plan`` says. Raises ``BenchmarkError`` if something does not get through."""
    started = datetime.now(UTC)
    with (
        working_directory() as directory,
        EmbeddedKafka(
            partitions=plan.partitions,
            heap_mb=_BROKER_HEAP_MB,
            # The worker's topics are deleted after every run; their files should be gone long before the next.
            properties={"log.segment.delete.delay.ms": "1000"},
            progress=sys.stderr,
        ) as broker,
        admin_client(broker.bootstrap_servers) as admin,
    ):
        run = _Run(plan, say, directory, broker, admin)
        run.fill()
        say("warming up")
        run.warm_up()
        for number in range(plan.rounds):
            run.round(number + 1)
        profile = run.profile() if plan.profile else None
        customers = run.memory()
        return run.report(started, profile, customers)


class _Run:
    """What a run works with, and what it has found so far."""

    def __init__(
        self, plan: Plan, say: Say, directory: Path, broker: EmbeddedKafka, admin: KafkaAdminClient
    ) -> None:
        self._plan, self._say, self._directory = plan, say, directory
        self._broker, self._admin = broker, admin
        self._bootstrap_servers = broker.bootstrap_servers
        self._filled = Filled({}, 0)
        self._measures: dict[str, list[Measure]] = defaultdict(list)
        self._workers: list[WorkerRun] = []
        self._late: list[int] = []
        self._others: list[float] = []
        self._remarks: list[str] = []
        self._turns = self._unquiet = 0
        self._groups = 0

    def fill(self) -> None:
        """Create and fill the topics."""
        plan = self._plan
        create_topics(self._bootstrap_servers, plan.partitions)
        self._say(f"filling the topics with {plan.events:,} events")
        self._filled = asyncio.run(fill(self._bootstrap_servers, plan.partitions, plan.events))

    def warm_up(self) -> None:
        """Read everything once each way: then the data is in memory, and the broker's code is compiled."""
        self._yardstick("typed")
        self._worker()

    def round(self, number: int) -> None:
        """Give everybody a turn."""
        self._turn(number, BARE_TYPED, lambda: self._yardstick("typed"))
        self._turn(number, BARE_MINIMAL, lambda: self._yardstick("minimal"))
        self._turn(number, WORKER, self._measured_worker)
        self._turn(number, WORKER_FEW, self._worker_with_few)
        self._turn(number, STOCK_FAUST, self._faust)

    def profile(self) -> Profile | None:
        """Sample a worker's stacks in a run of its own."""
        if Sampler.program() is None:
            self._remarks.append("py-spy is not installed, so the worker's time was not sampled.")
            return None
        self._say("sampling the worker")
        sampler = Sampler(self._directory)
        try:
            worker = self._worker(at_work=sampler.start, done=sampler.stop)
        finally:
            sampler.stop()
        idle = max(0.0, 1 - worker.committed.cpu_seconds / worker.committed.seconds)
        profile = sampler.profile(idle)
        if profile is None:
            self._remarks.append(f"py-spy took no samples: {sampler.problem()}")
        return profile

    def memory(self) -> Memory:
        """Measure what a customer takes."""
        plan = self._plan
        self._say(f"measuring the memory of {plan.memory_customers:,} customers")
        fewer, more = (
            run_script(
                memory.__name__,
                memory.Options(customers=customers),
                Growth,
                timeout_s=_START_S + customers * 20 / _LEAST_PER_SECOND,
            )
            for customers in (plan.memory_customers // _FEWER, plan.memory_customers)
        )
        return memory_of(fewer, more)

    def report(self, started: datetime, profile: Profile | None, customers: Memory) -> Report:
        """Put together what was found."""
        summaries = {
            contestant.name: summarise(contestant.title, self._measures[contestant.name])
            for contestant in CONTESTANTS
        }
        others = spread(self._others)
        tree = source_tree()
        if self._unquiet:
            self._remarks.append(
                f"The machine did not become quiet before {self._unquiet} of {self._turns} turns."
            )
        if others.greatest > quiet.DISTURBED_CORES:
            self._remarks.append(
                f"Others used up to {others.greatest:.2f} cores meanwhile: these figures are no record of a quiet machine."
            )
        late = max(self._late)
        if late:
            self._remarks.append(
                f"Up to {late:,} records were too late for plain counts in the worker, because it read the topics at"
                " different paces; such records cost it less."
            )
        if self._plan.rounds < LEAST_ROUNDS_RECORDED:
            self._remarks.append(f"A median of {self._plan.rounds} is none.")
        return Report(
            date=started.isoformat(timespec="seconds"),
            commit=None if tree is None else commit_of(tree),
            core=core_build(),
            machine=this_machine(),
            versions=versions(self._broker.version),
            plan=self._plan,
            topics=self._filled,
            contestants=summaries,
            ratios=ratios(summaries),
            worker_results=self._workers[-1].results,
            worker_late_counts=[worker.late_counts for worker in self._workers],
            worker_rss_bytes=spread([float(worker.rss_bytes) for worker in self._workers]),
            others_cores=others,
            profile=profile,
            memory=customers,
            remarks=self._remarks,
        )

    # The contestants

    def _turn(self, number: int, contestant: Contestant, measure: Callable[[], Measure]) -> None:
        self._turns += 1
        self._unquiet += not quiet.wait_until_quiet()
        with self._observed():
            found = measure()
        self._measures[contestant.name].append(found)
        self._say(
            f"round {number} of {self._plan.rounds}: {contestant.title}: {found.per_second:,.0f} events/s, "
            f"{found.per_cpu_second:,.0f} per CPU-second"
        )

    @contextmanager
    def _observed(self) -> Iterator[None]:
        """Note how much of the machine others use meanwhile."""
        pid = self._broker.pid
        assert pid is not None
        before = quiet.read_clock(pid)
        yield
        self._others.append(quiet.others_cores(before, quiet.read_clock(pid)))

    def _yardstick(self, decoding: Any) -> Measure:
        options = yardstick.Options(
            bootstrap_servers=self._bootstrap_servers,
            topics=[PREFIX + topic for topic in self._filled.records],
            partitions=self._plan.partitions,
            events=self._filled.total,
            decoding=decoding,
        )
        return run_script(yardstick.__name__, options, Measure, timeout_s=self._timeout_s(options.events))

    def _measured_worker(self) -> Measure:
        worker = self._worker()
        self._workers.append(worker)
        self._late.append(worker.late_counts)
        self._measures[WORKER_COMMITTED.name].append(worker.committed)
        return worker.processed

    def _worker_with_few(self) -> Measure:
        worker = self._worker(only=FEW_KPIS)
        self._late.append(worker.late_counts)
        return worker.processed

    def _worker(
        self,
        *,
        only: Collection[str] = (),
        at_work: Callable[[int], None] | None = None,
        done: Callable[[], None] | None = None,
    ) -> WorkerRun:
        group = self._new_group()
        renew_internal_topics(self._admin, self._bootstrap_servers, self._plan.partitions)
        settings = write_settings(
            self._directory,
            bootstrap_servers=self._bootstrap_servers,
            partitions=self._plan.partitions,
            group=group,
            only=only,
        )
        return run_worker(
            settings,
            group,
            self._filled,
            self._admin,
            log=self._directory / f"{group}.log",
            at_work=at_work,
            done=done,
        )

    def _faust(self) -> Measure:
        options = stock_faust.Options(
            bootstrap_servers=self._bootstrap_servers,
            group=self._new_group(),
            topic=PREFIX + _FAUST_TOPIC,
            partitions=self._plan.partitions,
            events=min(self._plan.faust_events, self._filled.records[_FAUST_TOPIC]),
        )
        return run_script(stock_faust.__name__, options, Measure, timeout_s=self._timeout_s(options.events))

    def _new_group(self) -> str:
        self._groups += 1
        return f"bench-{os.getpid()}-{self._groups}"

    @staticmethod
    def _timeout_s(events: int) -> float:
        return _START_S + events / _LEAST_PER_SECOND

"""The demonstration from start to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.config.kafka import KafkaSettings
from app.demo.children import Child
from app.demo.figures import Exporter
from app.demo.supervision import Supervisor
from app.demo.surroundings import (
    check_access,
    check_port,
    child_environment,
    free_port,
    kafka,
    working_directory,
    write_settings,
)
from app.demo.traffic import Traffic
from app.errors import UserError
from app.kafka.broker import EmbeddedKafka
from app.kafka.connection import client_arguments
from app.kafka.topics import ensure_topics
from app.sending.producer import EventProducer
from app.settings import Settings
from app.simulator.scenarios import Scenario
from schemas.topics import SOURCE_TOPICS

_POLL_S: Final = 0.2
_LINE_S: Final = 5.0
_READY_S: Final = 120.0
_WORKER_GRACE_S: Final = 15.0
_EXPORTER_GRACE_S: Final = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What was asked for. ``duration_s`` counts from the moment at which the figures are live; ``None``: until Ctrl-C.

    Without a ``scenario`` nothing is simulated.
    """

    scenario: Scenario | None
    rate: float
    duration_s: float | None


def run_demo(settings: Settings, plan: Plan, say: Say) -> None:
    """Run until the end of the plan or ``KeyboardInterrupt``, which ends it in order and is raised again.

    ``say`` writes a line. Raises ``UserError`` when something cannot be started or has ended by itself.
    """
    check_access(settings)
    check_port(settings.exporter)
    begun = time.monotonic()
    with ExitStack() as stack:
        directory = stack.enter_context(working_directory())
        # Left in the reverse order: traffic, worker, exporter, Kafka.
        say("Starting Kafka …")
        mine, broker = stack.enter_context(kafka(settings))
        say(f"Kafka is ready on {mine.bootstrap_servers} ({_since(begun)})")
        _create_topics(settings, mine)
        stage = _Stage(settings, mine, broker, directory, say)
        stack.callback(stage.stop)
        stage.start()
        traffic = _traffic(replace(settings, kafka=mine), plan, stack)
        if traffic is not None:
            stack.callback(traffic.stop)
            traffic.start()
            say("Loading eight days of history …")
        stage.await_figures(traffic)
        live = "Everything is ready" if traffic is None else "The figures are live"
        say(f"{live}, {_since(begun)} after the start.\n\n{stage.places()}\n")
        stage.follow(traffic, plan)


def _traffic(settings: Settings, plan: Plan, stack: ExitStack) -> Traffic | None:
    if plan.scenario is None:
        return None
    producer = stack.enter_context(closing(EventProducer(settings, [spec.name for spec in SOURCE_TOPICS])))
    return Traffic(producer, plan.scenario, plan.rate, by_account=settings.definitions.by_account)


def _create_topics(settings: Settings, mine: KafkaSettings) -> None:
    client = client_arguments(replace(settings, kafka=mine))
    reports = ensure_topics(mine.bootstrap_servers, mine.topic_prefix, mine.partitions, client=client)
    problems = [problem for report in reports for problem in report.problems]
    if problems:
        raise UserError("\n".join(problems))


class _Stage:
    """Worker and exporter, and what is said about them."""

    def __init__(
        self,
        settings: Settings,
        mine: KafkaSettings,
        broker: EmbeddedKafka | None,
        directory: Path,
        say: Say,
    ) -> None:
        self._mine = mine
        self._broker = broker
        self._directory = directory
        self._say = say
        worker, exporter = settings.worker, settings.exporter
        port = exporter.port or free_port(exporter.listen, 0)
        health_port = free_port(worker.listen, worker.port)
        self._url = _url(exporter.listen, port)
        self._worker_url = _url(worker.listen, health_port)
        self._exporter = Exporter(self._url)
        config = ("--config", str(write_settings(settings, mine, directory)))
        environment = child_environment(mine)
        self._children = tuple(
            Supervisor(
                Child(
                    name,
                    [name, *config, "--port", str(at)],
                    environment=environment,
                    log=directory / f"{name}.log",
                )
            )
            for name, at in (("worker", health_port), ("exporter", port))
        )

    def start(self) -> None:
        """Start both; they come up side by side."""
        for supervisor in self._children:
            supervisor.child.start()

    def stop(self) -> None:
        """Stop the worker, which writes its last checkpoints, then the exporter."""
        self._say("Stopping …")
        # What the simulation has sent is in Kafka by now.
        for supervisor, grace in zip(self._children, (_WORKER_GRACE_S, _EXPORTER_GRACE_S), strict=True):
            supervisor.child.stop(grace)

    def await_figures(self, traffic: Traffic | None) -> None:
        """Return when the exporter shows what the history comes to; without traffic, when it answers."""
        deadline = time.monotonic() + _READY_S
        said = False
        while not self._live(traffic):
            self._check(traffic)
            if traffic is not None and traffic.history_events is not None and not said:
                said = True
                self._say(f"Sent {traffic.history_events:,} events; the worker is reading them …")
            if time.monotonic() > deadline:
                ends = "\n".join(f"{s.child.log}:\n{s.child.tail()}" for s in self._children)
                raise UserError(f"There are no figures after {_READY_S:.0f} s.\n{ends}")
            time.sleep(_POLL_S)

    def _live(self, traffic: Traffic | None) -> bool:
        if traffic is None:
            return self._exporter.answers()
        if traffic.history_events is None:
            return False
        evaluated = self._exporter.evaluation_ms()
        if evaluated is None or evaluated <= traffic.live_from_ms:
            return False
        # The evaluation time may run ahead of a history that was still on its way.
        return self._exporter.accounted() >= traffic.history_events

    def places(self) -> str:
        """Return where everything is to be found."""
        worker = self._children[0].child
        prefix = f", topics {self._mine.topic_prefix}*" if self._mine.topic_prefix else ""
        return "\n".join(
            (
                f"  live page   {self._url}",
                f"  metrics     {self._url}metrics",
                f"  API         {self._url}api/v1/kpis",
                f"  worker      {self._worker_url}metrics (process {worker.pid}; kill -9 it: the figures go on exactly)",
                f"  Kafka       {self._mine.bootstrap_servers}{prefix}",
                f"  logs        {self._directory}",
                "",
                "  Ctrl-C stops everything and deletes the data.",
            )
        )

    def follow(self, traffic: Traffic | None, plan: Plan) -> None:
        """Show the key figures until the end of the plan."""
        begun = shown = time.monotonic()
        sent = traffic.progress.sent if traffic else 0
        while plan.duration_s is None or time.monotonic() - begun < plan.duration_s:
            self._check(traffic)
            now = time.monotonic()
            if now - shown >= _LINE_S:
                total = traffic.progress.sent if traffic else 0
                rate = f"{(total - sent) / (now - shown):,.0f} events/s" if traffic else "no simulation"
                figures = self._exporter.line() or "no figures yet"
                self._say(f"{datetime.now(UTC):%H:%M:%S} UTC  {rate}  {figures}")
                shown, sent = now, total
            time.sleep(_POLL_S)

    def _check(self, traffic: Traffic | None) -> None:
        """See to whatever has ended. Raises ``UserError`` where the demonstration cannot go on."""
        if self._broker is not None and not self._broker.running:
            raise self._broker.failure("Kafka ended, and so does the demonstration.")
        for supervisor in self._children:
            done = supervisor.check(time.monotonic())
            if done is not None:
                self._say(done)
        if traffic is not None and traffic.error is not None:
            raise traffic.error


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.1f} s"


def _url(address: str, port: int) -> str:
    host = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104  # compared, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

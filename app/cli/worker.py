"""``selfserve worker``: turns events into panes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import structlog

from app.cli.options import setting_option, settings_options
from app.cli.parameters import INSTANT
from app.errors import UserError
from app.kafka.admin import KafkaUnreachableError
from app.kafka.connection import client_arguments
from app.kafka.topics import verify_topics
from app.log_flood import hold_back_floods
from app.settings import Settings
from app.web.access import access_of
from app.worker_config import worker_config
from app.worker_http import health_server, listen, url_of
from schemas.topics import ALL_TOPICS
from streams.errors import EngineError, ProcessingError, WorkerError
from streams.names import CHANGELOGS, DEAD_LETTERS, INTERVENTIONS, SOURCES
from streams.worker import run_worker

log = structlog.get_logger(__name__)


class WorkerEndedError(UserError):
    """The worker could not go on."""

    def __init__(self, error: WorkerError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


@click.command()
@setting_option(
    "--port",
    key="worker.port",
    metavar="PORT",
    help="Port of health and self-metrics. Default: 8001; 0: a free one.",
)
@setting_option(
    "--clock",
    key="worker.clock",
    metavar="wall|event",
    help="What moves the evaluation time: the wall clock (live data), or event times (old data).",
)
@click.option(
    "--replay-from",
    type=INSTANT,
    metavar="T",
    help="Begin at records from this time on, where there is no checkpoint yet. Default: at the earliest ones.",
)
@click.option(
    "--accept-gap", is_flag=True, help="Go on behind records that were deleted before they were read."
)
@settings_options
def command(settings: Settings, replay_from: int | None, accept_gap: bool) -> None:
    """Process events until told to stop.

    Any number of workers up to the number of partitions may run side by side; they share the partitions among them.
    SIGTERM and Ctrl-C write the last checkpoints first.

    \b
    Exit codes:
      0   told to stop
      1   a fault, or a checkpoint that could not be written
      2   something outside is wrong, and the message says what to do
      3   another worker took a partition over; just start again
      70  stood still; just start again
    """
    hold_back_floods("aiokafka", "faust", "mode")
    access = access_of("worker", settings.worker, settings.places)
    with listen(settings.worker.listen, settings.worker.port) as listening:
        client = client_arguments(settings)
        _check_topics(settings, client)
        url = url_of(listening, access)
        click.echo(f"Metrics {url}metrics\nHealth  {url}healthz\nCtrl-C stops.")
        try:
            run_worker(
                worker_config(settings, client=client, replay_from_ms=replay_from, accept_gap=accept_gap),
                companion=health_server(listening, access),
            )
        except WorkerError as error:
            if isinstance(error, ProcessingError | EngineError) and error.__cause__ is not None:
                log.exception("the worker ended", exc_info=error.__cause__)
            raise WorkerEndedError(error) from error


def _check_topics(settings: Settings, client: Mapping[str, Any]) -> None:
    """Raise `UserError` unless Kafka answers and every topic of the worker is as it has to be."""
    kafka = settings.kafka
    wanted = {*SOURCES, *CHANGELOGS, DEAD_LETTERS, INTERVENTIONS}
    topics = [spec for spec in ALL_TOPICS if spec.name in wanted]
    try:
        reports = verify_topics(
            kafka.bootstrap_servers, kafka.topic_prefix, kafka.partitions, topics=topics, client=client
        )
    except KafkaUnreachableError as error:
        raise UserError(str(error)) from error
    problems = [problem for report in reports for problem in report.problems]
    if problems:
        raise UserError("The worker cannot start with these topics:\n" + "\n".join(problems))

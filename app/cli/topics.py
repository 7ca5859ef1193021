"""``selfserve topics``: creates or verifies the topics."""

from __future__ import annotations

import click

from app.cli.options import settings_options
from app.kafka.connection import client_arguments
from app.kafka.topics import TopicReport, ensure_topics, verify_topics
from app.settings import Settings


@click.command()
@click.option("--check", is_flag=True, help="Only verify; create nothing.")
@settings_options
def command(settings: Settings, check: bool) -> None:  # click passes it by keyword
    """Create the topics that are missing, and verify the partitions and settings of the others.

    Exits with 1 when a topic is not as the service needs it.
    """
    kafka = settings.kafka
    act = verify_topics if check else ensure_topics
    reports = act(
        kafka.bootstrap_servers, kafka.topic_prefix, kafka.partitions, client=client_arguments(settings)
    )
    width = max(len(report.name) for report in reports)
    for report in reports:
        click.echo(_line(report, width))
    for report in reports:
        for remark in report.remarks:
            click.echo(f"note: {remark}", err=True)
    problems = [problem for report in reports for problem in report.problems]
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    if problems:
        raise click.exceptions.Exit(1)


def _line(report: TopicReport, width: int) -> str:
    return f"{report.name:{width}}  {report.status:8}  {report.partitions or '-':>4} partitions"

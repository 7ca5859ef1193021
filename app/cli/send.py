"""``selfserve send``: files of events into Kafka."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.cli.event_files import sorting_options
from app.cli.interruption import interruption
from app.cli.options import settings_options
from app.sending.lines import MAX_LINE_BYTES, Line, read_lines, total_bytes
from app.sending.records import Record, Routing
from app.sending.sorting import sorted_by_time
from app.settings import Settings
from schemas.reasons import Refusal
from schemas.topics import SOURCE_TOPICS

_SHOWN = 100


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--sort", "in_order", is_flag=True, help="Send by event time instead of in the order of the files."
)
@click.option(
    "--format",
    expose_value=False,
    type=click.Choice(["native"]),
    default="native",
    show_default=True,
    help="Format of the events.",
)
@click.option(
    "--topic", metavar="T", help="Topic for all events, without prefix. Default: the topic of each type."
)
@click.option("--dry-run", is_flag=True, help="Check every line and send nothing; needs no Kafka.")
@click.option(
    "--keep-invalid",
    is_flag=True,
    help="Send refused lines too, to --topic or product.events: the worker makes dead letters of them.",
)
@sorting_options
@settings_options
def command(
    settings: Settings,
    files: tuple[str, ...],
    in_order: bool,
    topic: str | None,
    dry_run: bool,
    keep_invalid: bool,
) -> None:
    """Send files of events to Kafka, one JSON event a line; .gz is fine, and - is standard input.

    Every line is checked first, as the worker would. One that the worker would refuse is reported with file, line and
    reason, and not sent. Sending a file again is harmless: an event with the same id counts once.

    Exits with 1 when a line was refused.
    """
    definitions = settings.definitions
    routing = Routing(
        topic, int(time.time() * 1_000), definitions.future_tolerance_ms, by_account=definitions.by_account
    )
    size = total_bytes(files)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with ExitStack() as stack:
        producer = None
        if not dry_run:
            from app.sending.producer import EventProducer  # noqa: PLC0415  # checking needs no Kafka client

            topics = [topic] if topic is not None else [spec.name for spec in SOURCE_TOPICS]
            producer = stack.enter_context(closing(EventProducer(settings, topics)))
        stop = stack.enter_context(interruption())
        bar = stack.enter_context(_progress(console))
        reading = _Reading(files, routing, console, keep_invalid=keep_invalid)
        task = bar.add_task("reading" if in_order or dry_run else "sending", total=size)
        records = reading.records(bar, task)
        sent: Counter[str] = Counter()
        for record in sorted_by_time(records, settings.sorting.room) if in_order and not dry_run else records:
            if stop.is_set():
                break
            if producer is not None:
                producer.send(record.topic, record.key, record.value)
            sent[record.topic] += 1
        if producer is not None:
            producer.flush()
        interrupted = stop.is_set()
    _summarise(sent, reading.refused, done="valid" if dry_run else "sent", kept=keep_invalid)
    if interrupted:
        click.echo("interrupted: the rest was not sent", err=True)
    if interrupted or (reading.refused and not keep_invalid):
        raise click.exceptions.Exit(1)


@dataclass
class _Reading:
    """Lines as records; what is refused is reported and counted."""

    files: tuple[str, ...]
    routing: Routing
    console: Console
    keep_invalid: bool
    refused: Counter[str] = field(default_factory=Counter)

    def records(self, bar: Progress, task: TaskID) -> Iterator[Record]:
        """Yield a record for every line that is sent."""
        # A line without a time of its own keeps its place behind the one before.
        time_ms = 0
        for line in read_lines(self.files, lambda n: bar.advance(task, n)):
            record = self.routing.record(line.raw)
            if isinstance(record, Refusal):
                self._report(line, record)
                if not self.keep_invalid or len(line.raw) >= MAX_LINE_BYTES // 2:
                    continue
                record = self.routing.invalid(line.raw, time_ms)
            time_ms = record.time_ms
            yield record

    def _report(self, line: Line, refusal: Refusal) -> None:
        self.refused[refusal.reason.value] += 1
        reported = self.refused.total()
        if reported <= _SHOWN:
            self.console.print(
                f"{line.file}:{line.number}: {refusal.reason.value}: {refusal.message}", markup=False
            )
        elif reported == _SHOWN + 1:
            self.console.print("further refused lines are only counted")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _summarise(sent: Counter[str], refused: Counter[str], *, done: str, kept: bool) -> None:
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in sorted(sent.items()))
    click.echo(f"{done}: {sent.total():,}" + (f" ({by_topic})" if by_topic else ""))
    if refused:
        by_reason = ", ".join(f"{reason} {count:,}" for reason, count in sorted(refused.items()))
        click.echo(
            f"refused{', yet sent' if kept and done == 'sent' else ''}: {refused.total():,} ({by_reason})"
        )

"""``selfserve backfill``: the KPIs of the past, as Prometheus takes them in."""

from __future__ import annotations

from pathlib import Path

import click

from app.catalogue.labels import check_word
from app.cli.evaluate import MAX_TIMES
from app.cli.event_files import opened_events, sorting_options
from app.cli.options import settings_options
from app.cli.parameters import DURATION, INSTANT
from app.errors import UserError
from app.evaluation.batch import evaluate_events
from app.evaluation.openmetrics import write_openmetrics
from app.event_files import EventFiles
from app.settings import Settings

_EVERY_MS = 240_000
_JOB = "job=selfserve-exporter"


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    metavar="FILE.om",
    help="File to write; - is standard output.",
)
@click.option(
    "--from", "start", type=INSTANT, metavar="T", help="First evaluation time. Default: the first event."
)
@click.option("--to", "end", type=INSTANT, metavar="T", help="Last one, at most. Default: the last event.")
@click.option(
    "--every",
    type=DURATION,
    default=_EVERY_MS,
    metavar="D",
    help="Distance between evaluation times. Default: 4m, since Prometheus takes a sample for current for 5 minutes.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    default=[_JOB],
    show_default=True,
    metavar="NAME=VALUE",
    help="Label that a scrape would add to every series. Can be given several times.",
)
@sorting_options
@settings_options
def command(
    settings: Settings,
    files: tuple[str, ...],
    output: Path,
    start: int | None,
    end: int | None,
    every: int,
    labels: tuple[str, ...],
) -> None:
    """Write the KPIs of the past from files of events, in the OpenMetrics format with timestamps.

    `promtool tsdb create-blocks-from openmetrics FILE.om DIRECTORY` makes blocks of it that Prometheus reads. Alerts that
    look back also need what the rules record: `promtool tsdb create-blocks-from rules`. The figures are those of
    `selfserve evaluate`: an event counts from its own time on, however late it arrived.
    """
    added = dict(_label(text) for text in labels)
    with opened_events(files, settings) as events:
        times = _times(start, end, every, events)
        evaluated = evaluate_events(
            events.in_order(),
            times,
            settings.catalogue,
            definitions=settings.definitions,
            top=settings.exporter.dimension_top,
            ready=True,
        )
        with click.open_file(str(output), "w", encoding="utf-8", atomic=str(output) != "-") as out:
            n = write_openmetrics(evaluated, settings.catalogue, out, added)
    click.echo(f"{n:,} samples of {len(times):,} moments", err=True)


def _times(start: int | None, end: int | None, every: int, events: EventFiles) -> range:
    first = events.first if start is None else start
    last = events.last if end is None else end
    if first is None or last is None:
        raise UserError(
            "there is no valid event in the files, so there is no past to write; give --from and --to"
        )
    if first > last:
        raise UserError("--from lies after --to")
    times = range(first, last + 1, every)
    if len(times) > MAX_TIMES:
        raise UserError(
            f"--every: that would be more than {MAX_TIMES:,} evaluation times; choose a longer distance"
        )
    return times


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    try:
        check_word(name, "name")
    except ValueError as error:
        raise UserError(f"--label {text}: {error}") from None
    if not equals:
        raise UserError(f"--label {text}: write NAME=VALUE")
    return name, value

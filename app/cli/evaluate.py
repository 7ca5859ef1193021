"""``selfserve evaluate``: the KPIs of event files, at one time or at many."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from typing import IO

import click
import msgspec
from rich.console import Console
from rich.table import Table

from app.catalogue.load import Catalogue
from app.cli.event_files import opened_events, sorting_options
from app.cli.options import setting_option, settings_options
from app.cli.parameters import DURATION, INSTANT
from app.errors import UserError
from app.evaluation.batch import evaluate_events
from app.evaluation.openmetrics import write_openmetrics
from app.evaluation.samples import Sample
from app.event_files import EventFiles
from app.instants import format_instant
from app.settings import Settings
from streams.core.time import ALL, DAY, WINDOWS

Evaluated = Iterable[tuple[int, list[Sample]]]
MAX_TIMES = 1_000_000
"""Evaluation times that one call may ask for."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--at", type=INSTANT, metavar="T", help="Evaluation time. Default: just after the last event.")
@click.option("--from", "start", type=INSTANT, metavar="T", help="First of several evaluation times.")
@click.option("--to", "end", type=INSTANT, metavar="T", help="Last of them, at most.")
@click.option(
    "--every", type=DURATION, metavar="D", help="Distance between them, such as 1d (always 24 hours)."
)
@click.option("--windows", metavar="W,…", help=f"Windows wanted: {', '.join((*WINDOWS, DAY, ALL))}.")
@setting_option(
    "--timezone",
    key="definitions.timezone",
    metavar="ZONE",
    help="Zone of calendar days, such as Europe/Berlin.",
)
@click.option(
    "--format", "form", type=click.Choice(["native"]), default="native", help="Format of the files."
)
@click.option(
    "--output",
    type=click.Choice(["ndjson", "table", "csv", "openmetrics"]),
    default="ndjson",
    show_default=True,
)
@sorting_options
@settings_options
def command(
    settings: Settings,
    files: tuple[str, ...],
    at: int | None,
    start: int | None,
    end: int | None,
    every: int | None,
    windows: str | None,
    form: str,
    output: str,
) -> None:
    """Compute every KPI from files of events (NDJSON, also gzip; - is standard input), without Kafka.

    Events may be in any order and of any number; those at or after the evaluation time are left out. Repeated events count once.
    Lines that are no valid events are reported on standard error and left out.
    """
    del form
    wanted = _windows(windows)
    _check_times(at, start, end, every)
    with opened_events(files, settings) as events:
        evaluated = evaluate_events(
            events.in_order(),
            _times(at, start, end, every, events),
            settings.catalogue,
            definitions=settings.definitions,
            windows=wanted,
            top=settings.exporter.dimension_top,
            ready=True,
        )
        WRITERS[output](evaluated, settings.catalogue, click.get_text_stream("stdout"))


def _windows(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in WINDOWS and name not in (DAY, ALL):
            raise UserError(
                f"--windows: there is no window {name!r}; there are {', '.join((*WINDOWS, DAY, ALL))}"
            )
    return names


def _check_times(at: int | None, start: int | None, end: int | None, every: int | None) -> None:
    several = (start, end, every)
    if at is not None and any(given is not None for given in several):
        raise UserError(
            "--at asks for one evaluation time, --from, --to and --every for several: give either"
        )
    if any(given is not None for given in several) and (start is None or end is None or every is None):
        raise UserError("several evaluation times need --from, --to and --every together")
    if start is not None and end is not None and start > end:
        raise UserError("--from lies after --to")
    if start is not None and end is not None and every and (end - start) // every >= MAX_TIMES:
        raise UserError(
            f"--every: that would be more than {MAX_TIMES:,} evaluation times; choose a longer distance"
        )


def _times(
    at: int | None, start: int | None, end: int | None, every: int | None, events: EventFiles
) -> Sequence[int]:
    if at is not None:
        return [at]
    if start is not None and end is not None and every is not None:
        return range(start, end + 1, every)
    if events.last is None:
        raise UserError(
            "there is no valid event in the files, so there is no time to evaluate at; give one with --at"
        )
    return [events.last + 1]


# ---- output ----------------------------------------------------------------------------------------------------------


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _ndjson(evaluated: Evaluated, _: Catalogue, out: IO[str]) -> None:
    for at, samples in evaluated:
        instant = format_instant(at)
        for sample in samples:
            record = {
                "metric": sample.metric,
                "labels": dict(sample.labels),
                "value": _number(sample.value),
                "at": instant,
            }
            out.write(msgspec.json.encode(record).decode() + "\n")


def _csv(evaluated: Evaluated, _: Catalogue, out: IO[str]) -> None:
    writer = csv.writer(out)
    writer.writerow(("at", "metric", "labels", "value"))
    for at, samples in evaluated:
        for sample in samples:
            writer.writerow(
                (format_instant(at), sample.metric, json.dumps(dict(sample.labels)), _number(sample.value))
            )


def _table(evaluated: Evaluated, _: Catalogue, out: IO[str]) -> None:
    console = Console(file=out, highlight=False)
    if not console.is_terminal:
        console.width = 140
    for at, samples in evaluated:
        table = Table(title=format_instant(at), box=None, pad_edge=False, header_style="bold")
        for heading in ("metric", "labels", "value"):
            table.add_column(heading, justify="right" if heading == "value" else "left", overflow="fold")
        for sample in samples:
            labels = " ".join(f"{name}={value}" for name, value in sample.labels if value != "all")
            table.add_row(sample.metric, labels, f"{_number(sample.value):,}")
        console.print(table)


WRITERS: dict[str, Callable[[Evaluated, Catalogue, IO[str]], object]] = {
    "ndjson": _ndjson,
    "table": _table,
    "csv": _csv,
    "openmetrics": write_openmetrics,
}

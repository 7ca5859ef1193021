"""``selfserve bench``: how fast the worker is on this machine."""

from __future__ import annotations

import importlib.util
import signal
from types import FrameType

import click
from rich.console import Console

from app.bench.plan import Plan
from app.config.log import LogSettings
from app.errors import UserError
from app.logging import configure_logging

_DEFAULTS = Plan()
_WIDTH = 120
"""Columns of the output where there is no terminal to ask."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, as one JSON document on standard output.")
@click.option(
    "--events",
    type=click.IntRange(20_000),
    default=_DEFAULTS.events,
    show_default=True,
    metavar="N",
    help="Events in the topics. A worker should have work for several seconds.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=_DEFAULTS.rounds,
    show_default=True,
    metavar="R",
    help="Turns of each contestant; the figures are medians.",
)
@click.option(
    "--partitions",
    type=click.IntRange(1, 100),
    default=_DEFAULTS.partitions,
    show_default=True,
    metavar="P",
    help="Partitions of each topic.",
)
@click.option(
    "--faust-events",
    type=click.IntRange(1),
    default=_DEFAULTS.faust_events,
    show_default=True,
    metavar="N",
    help="Events for stock Faust, which would take minutes for all of them.",
)
@click.option(
    "--memory-customers",
    type=click.IntRange(1_000),
    default=_DEFAULTS.memory_customers,
    show_default=True,
    metavar="N",
    help="Customers whose memory is measured.",
)
@click.option(
    "--profile/--no-profile", default=True, help="Sample where the worker's time goes, with py-spy."
)
@click.option(
    "--record", "recorded", is_flag=True, help="Add the figures to docs/benchmarks.md of the source tree."
)
def command(
    as_json: bool,
    events: int,
    rounds: int,
    partitions: int,
    faust_events: int,
    memory_customers: int,
    profile: bool,
    recorded: bool,
) -> None:
    """Measure the worker on this machine, against the bare Kafka client and against stock Faust.

    Starts a Kafka of its own; settings files and variables have no influence. Takes several minutes, and the machine
    should have nothing else to do. What is measured, and how, is said in docs/benchmarks.md.
    """
    if importlib.util.find_spec("psutil") is None:
        raise UserError(
            "`selfserve bench` needs psutil, which is not installed: pip install psutil (and py-spy, to see where the"
            " worker's time goes)."
        )
    from app.bench.benchmark import run_benchmark  # noqa: PLC0415  # psutil is no requirement of the service
    from app.bench.record import check_recordable, record  # noqa: PLC0415
    from app.bench.report import show, to_json  # noqa: PLC0415

    # Other libraries' reports would stand between the figures; what matters of them becomes an error.
    configure_logging(LogSettings(level="error"))
    if recorded:
        check_recordable(rounds)
    # Ended in order, it leaves nothing behind.
    signal.signal(signal.SIGTERM, _interrupt)
    plan = Plan(
        events=events,
        rounds=rounds,
        partitions=partitions,
        faust_events=faust_events,
        memory_customers=memory_customers,
        profile=profile,
    )
    report = run_benchmark(plan, lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(to_json(report))
    else:
        console = Console(file=click.get_text_stream("stdout"), highlight=False)
        if not console.is_terminal:
            console.width = _WIDTH
        show(report, console)
    if recorded:
        click.echo(f"recorded in {record(report)}", err=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

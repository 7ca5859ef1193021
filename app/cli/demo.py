"""``selfserve demo``: everything on this machine, with simulated customers."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType

import click

from app.cli.options import setting_option, settings_options
from app.cli.parameters import DURATION
from app.demo.demonstration import Plan, run_demo
from app.settings import Settings
from app.simulator.scenarios import SCENARIOS


@click.command()
@click.option(
    "--rate",
    type=click.FloatRange(0, 20_000, min_open=True),
    default=20.0,
    show_default=True,
    metavar="N",
    help="Live events per second.",
)
@click.option(
    "--duration",
    "duration_ms",
    type=DURATION,
    metavar="S",
    help="Seconds, or a duration like 30m. Default: until Ctrl-C.",
)
@setting_option(
    "--port", key="exporter.port", metavar="P", help="Port of the live page. Default: 8000; 0: a free one."
)
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    default="steady",
    show_default=True,
    help="Kind of live traffic; the history before it is always the usual.",
)
@click.option(
    "--no-simulate", is_flag=True, help="Start everything and simulate nothing: send events of your own."
)
@settings_options
def command(
    settings: Settings, rate: float, duration_ms: int | None, scenario: str, no_simulate: bool
) -> None:
    """Start Kafka, a worker and an exporter, load eight days of simulated history, and go on live.

    Needs no Java and no root; the first start downloads Kafka (about 45 MB). All data is temporary. Kill the worker
    with -9 as often as you like: it is started again, and the figures go on exactly.
    """
    plan = Plan(
        scenario=None if no_simulate else SCENARIOS[scenario],
        rate=rate,
        duration_s=None if duration_ms is None else duration_ms / 1_000,
    )
    # SIGINT too: a shell without job control starts background programs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        run_demo(settings, plan, click.echo)
    click.echo("Stopped.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # A second signal ends the process at once, and its children with it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt

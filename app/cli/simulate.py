"""``selfserve simulate``: simulated customers into Kafka or into a file."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime

import click

from app.cli.interruption import interruption
from app.cli.live_line import LiveLine
from app.cli.options import settings_options
from app.cli.parameters import DURATION, INSTANT
from app.settings import Settings
from app.simulator.output import write_events
from app.simulator.publish import Progress, publish
from app.simulator.scenarios import SCENARIOS
from app.simulator.simulation import Simulation, generate
from schemas.topics import SOURCE_TOPICS

_FILE_START_MS = 1_767_571_200_000  # Monday, 5 January 2026, 00:00 UTC
_FILE_DURATION_MS = 3_600_000
_MAX_RATE = 1_000_000.0
_MAX_CUSTOMERS = 10_000_000

_EPILOG = "\b\nScenarios:\n" + "\n".join(f"  {s.name:16} {s.summary}" for s in SCENARIOS.values())


@click.command(epilog=_EPILOG)
@click.option(
    "--rate",
    type=click.FloatRange(0, _MAX_RATE, min_open=True),
    default=50.0,
    show_default=True,
    metavar="N",
    help="Events per second; the mean of a week where the scenario has a daily rhythm.",
)
@click.option(
    "--customers",
    type=click.IntRange(1, _MAX_CUSTOMERS),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Size of the population.",
)
@click.option(
    "--duration",
    "duration_ms",
    type=DURATION,
    metavar="S",
    help="Seconds, or a duration such as 30m or 8d. Default: until Ctrl-C; into a file, one hour.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="S",
    help="The same seed and start give the same events.",
)
@click.option(
    "--scenario",
    type=click.Choice(list(SCENARIOS)),
    default="steady",
    show_default=True,
    help="Kind of traffic.",
)
@click.option(
    "--start",
    "start_ms",
    type=INSTANT,
    metavar="T",
    help="Time of the first event (RFC 3339 or epoch milliseconds). Default: now; into a file, 2026-01-05T00:00:00Z.",
)
@click.option(
    "--output",
    metavar="FILE",
    help="Write one event a line into FILE, as fast as possible, instead of sending. `-` is standard output; a name in"
    " .gz is compressed.",
)
@settings_options
def command(
    settings: Settings,
    rate: float,
    customers: int,
    duration_ms: int | None,
    seed: int,
    scenario: str,
    start_ms: int | None,
    output: str | None,
) -> None:
    """Simulate customers who use a product and its support, and send what they do as events.

    Events go to Kafka at the time at which they happen. With --start in the past the history is sent first, at once.
    """
    if output is not None:
        written = write_events(
            generate(
                SCENARIOS[scenario],
                customers=customers,
                rate=rate,
                start_ms=_FILE_START_MS if start_ms is None else start_ms,
                duration_ms=_FILE_DURATION_MS if duration_ms is None else duration_ms,
                seed=seed,
            ),
            output,
        )
        click.echo(f"wrote {written:,} events to {'standard output' if output == '-' else output}", err=True)
        return
    start = int(time.time() * 1_000) if start_ms is None else start_ms
    simulation = Simulation(
        SCENARIOS[scenario],
        customers=customers,
        rate=rate,
        start_ms=start,
        seed=seed,
        by_account=settings.definitions.by_account,
    )
    sent = _send(settings, simulation, None if duration_ms is None else start + duration_ms)
    click.echo(f"sent {sent:,} events")


def _send(settings: Settings, simulation: Simulation, until_ms: int | None) -> int:
    """Send until the end or an interruption; return the number of events."""
    from app.sending.producer import EventProducer  # noqa: PLC0415  # writing a file needs no Kafka client

    progress = Progress()

    def line() -> str:
        behind = f", {progress.behind_ms / 1_000:.1f} s behind" if progress.behind_ms >= 1_000 else ""
        at = datetime.fromtimestamp(simulation.now_ms / 1_000, UTC)
        return f"{progress.sent:,} events sent, {at:%Y-%m-%d %H:%M:%S} UTC{behind}"

    topics = [topic.name for topic in SOURCE_TOPICS]
    with closing(EventProducer(settings, topics)) as producer, interruption() as stop, LiveLine(line):
        return publish(
            simulation.advance(until_ms), producer, clock=time.time, pause=stop.wait, progress=progress
        )

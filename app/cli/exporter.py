"""``selfserve exporter``: publishes the KPIs."""

from __future__ import annotations

import asyncio
import signal

import click

from app.cli.options import setting_option, settings_options
from app.exporter.service import run_exporter
from app.settings import Settings


@click.command()
@setting_option(
    "--port",
    key="exporter.port",
    metavar="PORT",
    help="Port of metrics, API and page. Default: 8000; 0: a free one.",
)
@settings_options
def command(settings: Settings) -> None:
    """Publish the KPIs for Prometheus, as JSON and as a live page, until told to stop.

    Any number of exporters may run beside one another; all show the same figures.
    """
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)

    def listening(url: str) -> None:
        click.echo(f"Page    {url}\nMetrics {url}metrics\nAPI     {url}api/v1/kpis\nCtrl-C stops.")

    await run_exporter(settings, settings.catalogue, stop=stop, listening=listening)

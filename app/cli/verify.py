"""``selfserve verify``: checks that the panes are what the facts say."""

from __future__ import annotations

import asyncio

import click

from app.changelogs import Kept, open_changelogs
from app.cli.options import settings_options
from app.settings import Settings

_SHOWN = 20


@click.command()
@settings_options
def command(settings: Settings) -> None:
    """Check the invariant: panes = sum of the contributions of all facts.

    Reads the last checkpoint of every partition and computes its panes anew from the facts. Workers may run meanwhile.
    Exits with 1 if any number differs.
    """
    if not asyncio.run(_verify(settings)):
        raise click.exceptions.Exit(1)


async def _verify(settings: Settings) -> bool:
    good = True
    async with open_changelogs(settings) as changelogs:
        for number in range(settings.kafka.partitions):
            kept = await changelogs.read(number)
            good &= _report(kept, settings)
    return good


def _report(kept: Kept, settings: Settings) -> bool:
    """Print what was found about a number; whether it is as it should be."""
    label = f"partition {kept.number:>3}"
    if kept.meta is None:
        click.echo(f"{label}: no checkpoint yet")
        return True
    if kept.meta.fingerprint != settings.definitions.fingerprint():
        click.echo(
            f"{label}: its panes were made with other definitions (or by another version); a worker with these makes"
            " them anew when it takes the partition over"
        )
        return True
    differences = kept.state.verify()
    if not differences:
        click.echo(f"{label}: {kept.state.customers:>9,} customers, panes and facts agree")
        return True
    click.echo(
        f"{label}: {kept.state.customers:>9,} customers, {len(differences):,} numbers differ", err=True
    )
    for difference in differences[:_SHOWN]:
        click.echo(f"  {difference}", err=True)
    if len(differences) > _SHOWN:
        click.echo(f"  and {len(differences) - _SHOWN:,} more", err=True)
    return False

"""``selfserve check``: settings, ports, Kafka, topics and group, each with what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from app.check.alive import alive as reason_of_death
from app.check.configuration import wrong_settings
from app.check.finding import Finding
from app.check.show import document, lines, summary
from app.cli.options import settings_options
from app.config.source import SettingsError
from app.settings import Settings


class CheckCommand(click.Command):
    """Settings that cannot be read are findings, too."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            _report(wrong_settings(error), as_json=ctx.params["as_json"])
            return None


@click.command(cls=CheckCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, when everything has been looked at.")
@click.option(
    "--alive",
    is_flag=True,
    help="Only ask whether a worker or exporter of this machine is alive, for health checks of containers.",
)
@settings_options
def command(settings: Settings, as_json: bool, alive: bool) -> None:
    """Check the settings, the ports, the connection to Kafka, the topics and the group of the workers.

    Each line is OK, WARN (worth knowing) or FAIL (keeps the service from working), with what to do about it. Nothing
    is changed. Exits with 1 when something failed.
    """
    if alive:
        reason = reason_of_death(settings)
        click.echo("alive" if reason is None else f"not alive: {reason}")
        raise click.exceptions.Exit(0 if reason is None else 1)
    from app.check.checks import check  # noqa: PLC0415  # --alive runs every few seconds and needs no Kafka client

    _report(check(settings), as_json=as_json)


def _report(findings: Iterable[Finding], *, as_json: bool) -> None:
    """Print the findings and exit with 1 when something failed."""
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            for line in lines(finding):
                click.echo(line)
    if as_json:
        click.echo(json.dumps(document(found), ensure_ascii=False, indent=2))
    else:
        click.echo(f"\n{summary(found)}")
    if any(finding.status == "fail" for finding in found):
        raise click.exceptions.Exit(1)

"""``selfserve generate``: write the generated files, or compare them."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import settings_options
from app.errors import UserError
from app.generated import differences, generated_files, write
from app.settings import Settings


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is missing or differs.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Directory that the files are written below. Default: the working directory.",
)
@settings_options
def command(settings: Settings, check: bool, output: Path) -> None:
    """Write every generated file, or check that those on disk are current.

    The settings below `links` and `alerts` go into the alerting rules.
    """
    files = generated_files(settings)
    if check:
        wrong = differences(output, files)
        if wrong:
            listed = "\n".join(f"  {path}: {what}" for path, what in wrong.items())
            raise UserError(
                f"generated files are not current below {output.resolve()}:\n{listed}\nrun make generate"
            )
        click.echo(f"{len(files)} generated files are current")
        return
    changed = write(output, files)
    for path in changed:
        click.echo(f"{'wrote' if (output / path).is_file() else 'deleted'} {path}")
    click.echo(f"{len(changed)} of {len(files)} generated files changed")

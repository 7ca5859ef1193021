"""``selfserve kpis``: the catalogue, as a table, in full, or as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from app.catalogue.describe import describe
from app.catalogue.load import Catalogue
from app.catalogue.model import Kpi
from app.catalogue.naming import VALUE, family_names
from app.catalogue.pages import HEADINGS, format_value
from app.cli.options import settings_options
from app.errors import UserError
from app.settings import Settings

_WIDTH = 120
"""Columns of the output where there is no terminal to ask."""


@click.command()
@click.argument("kpi_id", metavar="[ID]", required=False)
@click.option(
    "--json", "as_json", is_flag=True, help="A JSON list of KPIs, each with id, attributes and the rest."
)
@settings_options
def command(settings: Settings, kpi_id: str | None, as_json: bool) -> None:
    """Show the catalogue of KPIs, or one KPI with its twelve attributes."""
    catalogue = settings.catalogue
    kpis = list(catalogue.values()) if kpi_id is None else [_find(catalogue, kpi_id)]
    if as_json:
        described = [describe(kpi, settings.definitions) for kpi in kpis]
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    console = Console(file=click.get_text_stream("stdout"), highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    if kpi_id is None:
        console.print(_overview(kpis))
    else:
        (kpi,) = kpis
        _show(console, kpi, catalogue.families[kpi.family], catalogue.switched_off().get(kpi.id, ""))


def _find(catalogue: Catalogue, kpi_id: str) -> Kpi:
    if kpi_id in catalogue:
        return catalogue[kpi_id]
    near = catalogue.close_matches(kpi_id)
    question = f"did you mean {' or '.join(near)}?" if near else "`selfserve kpis` lists them"
    raise UserError(f"there is no KPI {kpi_id!r}; {question}")


def _overview(kpis: Sequence[Kpi]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "title", "kind", "windows", "dimensions", "objective"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for kpi in kpis:
        dimensions = " ".join(dimension.name for dimension in kpi.dimensions)
        title = kpi.title if kpi.enabled else f"{kpi.title} (off)"
        table.add_row(kpi.id, title, kpi.kind, " ".join(kpi.windows), dimensions, _objective(kpi))
    return table


def _objective(kpi: Kpi) -> str:
    return "" if kpi.objective is None else format_value(kpi.objective, kpi.unit)


def _show(console: Console, kpi: Kpi, family: str, off: str) -> None:
    console.print(f"[bold]{escape(kpi.title)}[/bold] ({kpi.id}, version {kpi.version})")
    facts = Table(box=None, pad_edge=False, show_header=False)
    for name, text in (
        ("state", off),
        ("family", family),
        ("kind", f"{kpi.kind}, {kpi.better} is better"),
        ("windows", " ".join(kpi.windows)),
        ("dimensions", " ".join(dimension.name for dimension in kpi.dimensions)),
        ("targets", ", ".join(f"{name} {format_value(value, kpi.unit)}" for name, value in kpi.targets)),
        ("review", kpi.review),
        ("counts", kpi.help.get(VALUE, "")),
        ("options", "\n".join(f"definitions.{o.definition}: {o.choice}" for o in kpi.options)),
        ("metrics", "\n".join(family.name for family in family_names(kpi))),
        (
            "benchmarks",
            "\n".join(f"{format_value(b.value, kpi.unit)} {b.who}: {b.note}" for b in kpi.benchmarks),
        ),
    ):
        if text:
            facts.add_row(name, escape(text))
    console.print(Padding(facts, (0, 0, 0, 2)))
    for name, points in kpi.attributes.by_name():
        console.print(f"\n[bold]{HEADINGS[name]}[/bold]")
        first, rest = ("  ", "  ") if isinstance(getattr(kpi.attributes, name), str) else ("  - ", "    ")
        for point in points:
            text = textwrap.fill(
                point, console.width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
            )
            console.print(text, markup=False, soft_wrap=True)

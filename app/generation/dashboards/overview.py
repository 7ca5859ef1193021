"""The dashboard that is opened first: whether the figures are fresh, and adoption and resolution healthy."""

from __future__ import annotations

from collections.abc import Sequence

from app.catalogue.load import Catalogue
from app.config.links import LinkSettings
from app.generation.dashboards import freshness
from app.generation.dashboards.kpi_panels import KpiPanels, channel_links, panels_of
from app.generation.dashboards.names import OVERVIEW, dashboard_url, family_uid
from app.generation.dashboards.page import WIDTH, Page, Placed
from app.generation.dashboards.panels import SHORT, Head, Link, rows
from app.generation.dashboards.queries import Cut
from app.generation.dashboards.shipped import Shipped
from app.generation.dashboards.texts import over
from app.generation.names import CHANNEL

_NARROWEST = 4


def overview(catalogue: Catalogue, shipped: Shipped, links: LinkSettings) -> Page:
    """Return the dashboard over all KPIs of a catalogue."""
    page = Page(OVERVIEW, "Self-service KPIs", "Freshness, targets, channels and every KPI in short.")
    page.row("Are the figures fresh?")
    page.flow(freshness.all_of_it(shipped), width=4, height=4)
    kpis = panels_of(catalogue, shipped, links)
    judged = [panels for panels in kpis if panels.has_targets]
    if judged:
        page.row("Are they where they should be?")
        _targets(page, judged)
    _channels(page, catalogue, kpis)
    for family, title in catalogue.families.items():
        rest = [panels for panels in kpis if panels.kpi.family == family and not panels.has_targets]
        if rest:
            page.row(title)
            page.flow(
                [panels.brief([_to_family(panels, title)]) for panels in rest],
                width=6,
                height=4,
            )
    return page


def _targets(page: Page, judged: Sequence[KpiPanels]) -> None:
    width = max(_NARROWEST, WIDTH // max(3, len(judged)))
    per_line = WIDTH // width
    for first in range(0, len(judged), per_line):
        line: list[Placed] = []
        for index, panels in enumerate(judged[first : first + per_line]):
            cut = panels.queries.judged
            title = f"{panels.kpi.title}{over(cut.window)}"
            value = panels.value(cut, title, [_to_family(panels, "The whole family")])
            line.append(Placed(value, index * width, 0, width, 5))
            if panels.queries.has_samples:
                line.append(Placed(panels.samples(cut), index * width, 5, width, 3))
        page.block(line)
    page.flow(
        [
            panels.course(
                panels.queries.judged, f"{panels.kpi.title}{over(panels.queries.judged_window)}", bands=True
            )
            for panels in judged
        ],
        width=WIDTH // 2,
        height=8,
    )


def _channels(page: Page, catalogue: Catalogue, kpis: Sequence[KpiPanels]) -> None:
    tables = []
    for family, title in catalogue.families.items():
        shown = [panels for panels in kpis if panels.kpi.family == family and _by_channel_alone(panels)]
        if shown:
            columns = [
                column
                for panels in shown
                for column in panels.columns(Cut(panels.queries.judged_window, by=CHANNEL))
            ]
            about = (
                "Each KPI by channel over the window that it is judged by, and beside it n, the number of items that the"
                " value rests on. A channel leads to its own dashboard."
            )
            head = Head(f"{title} by channel", about, SHORT, [Link(title, dashboard_url(family_uid(family)))])
            tables.append(
                rows(
                    head,
                    [CHANNEL],
                    columns,
                    sort_by=columns[0].title,
                    descending=shown[0].kpi.better == "lower",
                    links=channel_links([CHANNEL]),
                )
            )
    if tables:
        page.row("Which channel is it?")
        page.flow(tables, width=WIDTH, height=8)


def _by_channel_alone(panels: KpiPanels) -> bool:
    """Whether a row for each channel has room for the KPI: nothing else makes its series differ."""
    queries = panels.queries
    return queries.varies_by(CHANNEL) and queries.free(Cut(queries.judged_window, by=CHANNEL)) == [CHANNEL]


def _to_family(panels: KpiPanels, title: str) -> Link:
    return Link(title, dashboard_url(family_uid(panels.kpi.family)))

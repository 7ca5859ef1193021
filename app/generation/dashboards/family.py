"""One dashboard for each family: every KPI with its breakdowns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.catalogue.load import Catalogue
from app.config.links import LinkSettings
from app.exporter.views import PREFERRED_WINDOW
from app.generation.dashboards import freshness
from app.generation.dashboards.kpi_panels import KpiPanels, panels_of
from app.generation.dashboards.names import WINDOW_VARIABLE, family_uid
from app.generation.dashboards.page import WIDTH, Page, Placed
from app.generation.dashboards.shipped import Shipped
from app.generation.dashboards.texts import over
from streams.core.time import DAY, WINDOWS

MOST_UNFOLDED: Final = 4
"""Families of more KPIs than this have folded rows, which then serve as their table of contents."""


def family(name: str, catalogue: Catalogue, shipped: Shipped, links: LinkSettings) -> Page | None:
    """Return the dashboard of a family, or `None` where all its KPIs are switched off."""
    kpis = [panels for panels in panels_of(catalogue, shipped, links) if panels.kpi.family == name]
    if not kpis:
        return None
    title = catalogue.families[name]
    page = Page(family_uid(name), title, f"Every KPI of the family {title}, with its breakdowns.")
    windows(page, kpis)
    page.flow(freshness.in_short(catalogue, shipped, name), width=WIDTH // 3, height=3)
    for panels in kpis:
        page.row(panels.kpi.title, folded=len(kpis) > MOST_UNFOLDED)
        _kpi(page, panels)
    return page


def windows(page: Page, kpis: Sequence[KpiPanels]) -> None:
    """Add the choice of a window: every window that one of the KPIs has."""
    had = {window for panels in kpis for window in panels.kpi.windows}
    if had:
        values = [window for window in (*WINDOWS, DAY) if window in had]
        first = PREFERRED_WINDOW if PREFERRED_WINDOW in had else values[-1]
        page.choice(WINDOW_VARIABLE, values, first, "A KPI that does not have this window shows no data.")


def _kpi(page: Page, panels: KpiPanels) -> None:
    judged, chosen = panels.queries.judged, panels.chosen
    courses = [panels.course(judged, f"{panels.kpi.title}{over(judged.window)}", bands=True)]
    if chosen != judged:
        courses.append(panels.course(chosen, f"{panels.kpi.title}{over(chosen.window)}", bands=False))
    page.block(panels.beside(judged, courses))
    behind = [panel for panel in (panels.counts(chosen), panels.parts(chosen)) if panel is not None]
    page.flow([*behind, *panels.extras(chosen)], width=WIDTH // 2, height=8)
    for dimension in panels.queries.breakdowns:
        course, table = panels.breakdown(dimension, chosen)
        half = WIDTH // 2
        page.block([Placed(course, 0, 0, half, 8), Placed(table, half, 0, half, 8)])

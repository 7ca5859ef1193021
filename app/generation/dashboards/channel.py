"""The dashboard of one channel: every KPI that is broken down by channels."""

from __future__ import annotations

from dataclasses import replace

from app.catalogue.load import Catalogue
from app.catalogue.naming import OVERALL, VALUE, family_of
from app.config.links import LinkSettings
from app.generation.dashboards import freshness, texts
from app.generation.dashboards.family import windows
from app.generation.dashboards.kpi_panels import panels_of
from app.generation.dashboards.names import CHANNEL_VARIABLE, CHANNELS, variable
from app.generation.dashboards.page import WIDTH, Page
from app.generation.dashboards.shipped import Shipped
from app.generation.names import CHANNEL


def channel(catalogue: Catalogue, shipped: Shipped, links: LinkSettings) -> Page | None:
    """Return the dashboard, or `None` where no KPI is broken down by channels."""
    kpis = panels_of(catalogue, shipped, links, by=CHANNEL)
    if not kpis:
        return None
    chosen = variable(CHANNEL_VARIABLE)
    page = Page(CHANNELS, "One channel", "Every KPI that is broken down by channels, for one of them.")
    names = "|".join(family_of(panels.kpi, VALUE).name for panels in kpis)
    page.lookup(CHANNEL_VARIABLE, f'{{__name__=~"{names}",{CHANNEL}!="{OVERALL}"}}')
    windows(page, kpis)
    page.flow(
        [freshness.age(shipped), freshness.last_event(), freshness.alerts()], width=WIDTH // 3, height=3
    )
    for family, title in catalogue.families.items():
        mine = [panels for panels in kpis if panels.kpi.family == family]
        if mine:
            page.row(f"{title}: {chosen}")
        for panels in mine:
            judged = replace(panels.queries.judged, at={CHANNEL: chosen})
            wanted = replace(panels.chosen, at={CHANNEL: chosen})
            title_of_course = f"{panels.kpi.title}{texts.over(wanted.window)}: {chosen}"
            page.block(panels.beside(judged, [panels.course(wanted, title_of_course, bands=False)]))
    return page

"""The dashboard of cohorts: what became of the customers who began on the same day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.catalogue.load import Catalogue
from app.catalogue.naming import OVERALL, VALUE, family_of
from app.config.links import LinkSettings
from app.generation.dashboards import freshness
from app.generation.dashboards.colours import scale
from app.generation.dashboards.family import windows
from app.generation.dashboards.kpi_panels import KpiPanels, panels_of
from app.generation.dashboards.names import COHORT, COHORTS, variable
from app.generation.dashboards.page import WIDTH, Page
from app.generation.dashboards.panels import PERCENT, Head, rows
from app.generation.dashboards.queries import Cut
from app.generation.dashboards.shipped import Shipped
from app.generation.dashboards.texts import over, unit

_AGE = re.compile(r"(.+)_d\d+")
"""The id of a KPI that looks at a cohort after a number of days."""


def cohorts(catalogue: Catalogue, shipped: Shipped, links: LinkSettings) -> Page | None:
    """Return the dashboard, or `None` where no KPI knows cohorts."""
    kpis = panels_of(catalogue, shipped, links, by=COHORT)
    if not kpis:
        return None
    page = Page(COHORTS, "Cohorts", "What became of the customers who began together, by their age.")
    chosen: dict[str, str] = {}
    for panels in kpis:
        for label in panels.queries.free(Cut(panels.queries.judged_window)):
            if label not in chosen:
                chosen[label] = variable(label)
                page.lookup(label, f'{family_of(panels.kpi, VALUE).name}{{{COHORT}!="{OVERALL}"}}')
    windows(page, kpis)
    page.flow(
        [freshness.age(shipped), freshness.last_event(), freshness.alerts()], width=WIDTH // 3, height=3
    )
    for group in _by_age(kpis):
        _table(page, group, chosen)
    return page


def _by_age(kpis: Sequence[KpiPanels]) -> Iterator[list[KpiPanels]]:
    """Yield together the KPIs that look at the same thing at different ages, the youngest first as in the catalogue."""
    groups: dict[str, list[KpiPanels]] = {}
    for panels in kpis:
        found = _AGE.fullmatch(panels.kpi.id)
        groups.setdefault(panels.kpi.id if found is None else found[1], []).append(panels)
    yield from groups.values()


def _table(page: Page, group: Sequence[KpiPanels], chosen: dict[str, str]) -> None:
    titles = ", ".join(panels.kpi.title for panels in group)
    page.row(titles)
    columns = []
    for panels in group:
        kpi = panels.kpi
        cut = _cut(panels, chosen)
        columns += panels.columns(
            replace(cut, by=COHORT), scale=scale(kpi.better) if unit(kpi) == PERCENT else None
        )
    about = (
        "A row for each cohort, a column for each age, and beside it n, the cohort's size. A cohort that is too young for"
        " an age has no value there."
    )
    head = Head(f"Cohorts by age: {titles}", about, PERCENT)
    page.flow([rows(head, [COHORT], columns, sort_by=COHORT, descending=True)], width=WIDTH, height=12)
    for panels in group:
        cut = _cut(panels, chosen)
        title = f"{panels.kpi.title} of all cohorts{over(cut.window)}"
        page.block(panels.beside(cut, [panels.course(cut, title, bands=True)]))


def _cut(panels: KpiPanels, chosen: dict[str, str]) -> Cut:
    labels = family_of(panels.kpi, VALUE).labels
    at = {label: value for label, value in chosen.items() if label in labels}
    return replace(panels.queries.judged, at=at)

"""Which dashboards are generated, and where they are in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.catalogue.load import Catalogue
from app.config.links import LinkSettings
from app.generation.dashboards.channel import channel
from app.generation.dashboards.cohorts import cohorts
from app.generation.dashboards.family import family
from app.generation.dashboards.names import dashboard_file
from app.generation.dashboards.overview import overview
from app.generation.dashboards.page import Page
from app.generation.dashboards.pipeline import pipeline
from app.generation.dashboards.shipped import read_shipped
from app.generation.names import PIPELINE as PIPELINE_SUBJECT

_KPIS_SINCE: Final = "now-7d"
_KPIS_REFRESH: Final = "1m"
_PIPELINE_SINCE: Final = "now-6h"
_PIPELINE_REFRESH: Final = "30s"


def dashboard_files(
    catalogue: Catalogue, rule_files: Mapping[str, str], links: LinkSettings
) -> dict[str, str]:
    """Return the dashboards by path.

    ``rule_files`` are the texts of the Prometheus rules that are shipped beside them, by path. Each dashboard leads to
    all others, in the order from the whole to the parts, and has the ids of its KPIs as tags.
    """
    shipped = read_shipped(rule_files)
    families = {name: family(name, catalogue, shipped, links) for name in catalogue.families}
    candidates: list[tuple[Page | None, list[str]]] = [
        (overview(catalogue, shipped, links), []),
        *(
            (page, [kpi.id for kpi in catalogue.values() if kpi.family == name and kpi.enabled])
            for name, page in families.items()
        ),
        (cohorts(catalogue, shipped, links), []),
        (channel(catalogue, shipped, links), []),
    ]
    kpi_pages = [(page, tags) for page, tags in candidates if page is not None]
    service = pipeline(shipped)
    menu = [(page.title, page.uid) for page in (*(page for page, _ in kpi_pages), service)]
    files = {
        dashboard_file(page.uid): page.text(menu, tags, since=_KPIS_SINCE, refresh=_KPIS_REFRESH)
        for page, tags in kpi_pages
    }
    files[dashboard_file(service.uid)] = service.text(
        menu, [PIPELINE_SUBJECT], since=_PIPELINE_SINCE, refresh=_PIPELINE_REFRESH
    )
    return files

"""What panels say about a KPI, from its attributes, and where they send their reader."""

from __future__ import annotations

from collections.abc import Iterable

from app.catalogue.model import Kpi
from app.catalogue.pages import FOLDER
from app.config.links import LinkSettings
from app.generation.dashboards.colours import meaning
from app.generation.dashboards.panels import NONE, PERCENT, SECONDS, SHORT, Link
from app.generation.dashboards.queries import KpiQueries
from app.generation.dashboards.shipped import AlertPage

_RUNBOOKS = "runbooks/{alert}.md"
_REFERENCE = "kpis/{kpi}.md"


def unit(kpi: Kpi) -> str:
    """Return Grafana's unit of a KPI's value."""
    match kpi.unit, kpi.kind:
        case "ratio", _:
            return PERCENT
        case "seconds", _:
            return SECONDS
        case _, "count" | "level" | "amount":
            return SHORT
    return NONE


def extra_unit(suffix: str) -> str:
    """Return Grafana's unit of a further family, which its name tells as Prometheus' conventions have it."""
    if suffix.endswith("ratio"):
        return PERCENT
    return SECONDS if suffix.endswith("seconds") else NONE


def over(window: str | None) -> str:
    """Return the window as a part of a title."""
    return "" if window is None else f" over {window}"


def about_value(queries: KpiQueries, *, coloured: bool) -> str:
    """Return what the value says."""
    kpi = queries.kpi
    lines = [kpi.attributes.definition, f"Formula: {kpi.attributes.formula}"]
    if queries.stat is not None:
        lines.append(f"Shown is `{queries.stat}`.")
    if coloured and (colours := meaning(kpi)):
        lines.append(colours)
    return "\n\n".join([*lines, f"Review: {kpi.review}."])


def about_samples(queries: KpiQueries) -> str:
    """Return what the value rests on."""
    return f"{queries.rests_on.help}. No alert fires on fewer than {queries.kpi.alerts.min_samples}."


def about_course(kpi: Kpi) -> str:
    """Return how the curve is to be read."""
    return kpi.attributes.trend_analysis


def about_parts(kpi: Kpi) -> str:
    """Return how it misleads."""
    return _list("How it misleads:", kpi.attributes.risk_warnings)


def about_breakdown(kpi: Kpi, label: str) -> str:
    """Return the questions that a breakdown may answer."""
    return _list(f"The same figure for each {label}. Questions:", kpi.attributes.diagnostic_questions)


def links_of(kpi: Kpi, alerts: Iterable[AlertPage], links: LinkSettings) -> list[Link]:
    """Return links to the KPI's reference page and its runbooks; only such that lead somewhere from a browser.

    The pages refer to each other by their places in the repository, so the reference pages are beside the runbooks.
    """
    found = []
    if _is_address(links.runbook) and links.runbook.endswith(_RUNBOOKS):
        root = links.runbook.removesuffix(_RUNBOOKS)
        found.append(Link(f"About {kpi.title}", root + _REFERENCE.replace("{kpi}", kpi.id)))
    found += [Link(f"Runbook {page.alert}", page.runbook) for page in alerts if _is_address(page.runbook)]
    return found


def pages_of(kpi: Kpi, alerts: Iterable[AlertPage]) -> str:
    """Return the places of the same pages in the repository, for where they have no address."""
    pages = [f"`{FOLDER}/{kpi.id}.md`", *(f"`{page.runbook}`" for page in alerts)]
    return f"Pages: {', '.join(pages)}"


def _is_address(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _list(heading: str, points: Iterable[str]) -> str:
    return heading + "\n\n" + "\n".join(f"- {point}" for point in points)

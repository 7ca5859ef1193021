"""The runbooks: one for every alert, from the KPI's own attributes, with links that lead somewhere."""

from __future__ import annotations

import re

import pytest
import yaml

from app.catalogue.load import load_catalogue
from app.generation.context import Context
from app.generation.files import prometheus_files, runbook_files
from tests.conftest import REPOSITORY

CATALOGUE = load_catalogue()
PAGES = runbook_files(CATALOGUE, Context())
ALERTS = [
    rule
    for path, text in prometheus_files(CATALOGUE, Context()).items()
    if path.endswith(".rules.yml")
    for rule in yaml.load(text, yaml.CSafeLoader)["groups"][0]["rules"]
    if "alert" in rule
]


def test_every_alert_that_is_shipped_has_a_page_and_no_other_has() -> None:
    assert {rule["annotations"]["runbook_url"] for rule in ALERTS} == PAGES.keys()


@pytest.mark.parametrize("alert", ["SelfServiceResolutionDrop", "SelfServiceResolutionLow"])
def test_a_page_has_what_the_kpi_knows(alert: str) -> None:
    page = PAGES[f"docs/runbooks/{alert}.md"]
    attributes = CATALOGUE["self_service_resolution"].attributes

    for points in (attributes.diagnostic_questions, attributes.risk_warnings, attributes.tips):
        assert all(f"- {point}\n" in page for point in points)
    assert attributes.trend_analysis in page


@pytest.mark.parametrize("path", PAGES)
def test_links_between_pages_lead_somewhere(path: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[path]):
        assert (REPOSITORY / path).parent.joinpath(target).resolve().is_file(), target


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_the_expression_that_fires(path: str) -> None:
    alert = path.rpartition("/")[2].removesuffix(".md")
    rules = [rule for rule in ALERTS if rule["alert"] == alert]

    assert rules[0]["expr"].strip() in PAGES[path]

"""Everything that is generated, for KPIs of kinds and forms that the catalogue may not have yet."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from app.catalogue.model import FORMS
from app.catalogue.pages import render_page
from app.catalogue.reads import Computed
from app.generation import names
from app.generation.context import Context
from app.generation.dashboards.files import dashboard_files
from app.generation.dashboards.names import COHORTS, family_uid
from app.generation.files import operator_files, prometheus_files, runbook_files
from tests.app.generation.synthetic import watched
from tests.support import dashboards, rule_coverage

CATALOGUE = watched()
KPIS = list(CATALOGUE.values())
FILES = prometheus_files(CATALOGUE, Context())
RUNBOOKS = runbook_files(CATALOGUE, Context())
each_kpi = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)


def test_no_kind_and_no_way_of_being_computed_is_missing() -> None:
    assert {kpi.kind for kpi in KPIS} == FORMS.keys()
    assert any(isinstance(kpi.value, Computed) for kpi in KPIS)
    assert {bool(kpi.windows) for kpi in KPIS} == {True, False}
    assert any(not it.overall for kpi in KPIS for it in kpi.dimensions)
    assert any(kpi.alerts.burn_rate for kpi in KPIS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("generated")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.mark.prometheus
def test_their_rules_are_valid_and_pass_their_tests(folder: Path) -> None:
    def promtool(what: str, file: Path) -> str:
        done = subprocess.run(
            ["promtool", what, "rules", file.name],
            cwd=file.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.stdout + done.stderr if done.returncode else ""

    files = [("check", file) for file in (folder / names.RULES_FOLDER).iterdir()]
    files += [
        ("test", file) for file in (folder / names.TESTS_FOLDER).iterdir() if "selfserve" not in file.name
    ]
    with ThreadPoolExecutor(os.cpu_count()) as several:
        failures = list(several.map(lambda args: promtool(*args), files))

    assert not "\n".join(filter(None, failures))


def test_every_alert_is_tested_in_every_situation(folder: Path) -> None:
    covered = rule_coverage.covered(rule_coverage.tests(folder / names.TESTS_FOLDER))
    rules = folder / names.RULES_FOLDER

    for alert in rule_coverage.alerts(rules):
        assert covered[alert] >= rule_coverage.wanted(alert, rules), alert


@each_kpi
def test_it_has_all_that_it_asks_for(kpi: object) -> None:
    (kpi,) = (one for one in KPIS if one is kpi)
    rules = yaml.safe_load(FILES[names.rules_file(kpi.id)])["groups"][0]["rules"]
    alerts = {rule["alert"] for rule in rules if "alert" in rule}

    expected = {
        names.drop_alert(kpi),
        names.unusual_alert(kpi),
        names.band_alert(kpi),
        names.anomaly_alert(kpi),
    }
    if kpi.alerts.burst is not None:
        expected |= {names.burst_alert(kpi)}
    if kpi.alerts.burn_rate:
        expected |= {names.burn_alert(kpi, "fast"), names.burn_alert(kpi, "slow")}
    assert alerts == expected
    for alert in alerts:
        page = RUNBOOKS[names.runbook_file(alert)]
        assert all(question in page for question in kpi.attributes.diagnostic_questions)


@each_kpi
def test_its_page_names_its_alerts(kpi: object) -> None:
    (kpi,) = (one for one in KPIS if one is kpi)
    page = render_page(kpi, "Support")

    section = page.partition("## Alerts")[2].partition("\n## ")[0]
    assert "Band (warning)" in section
    assert "Against last week (warning)" in section
    assert "None over" not in page
    assert "over None" not in page


def test_texts_have_no_gaps() -> None:
    for path, text in {**FILES, **RUNBOOKS, **operator_files(CATALOGUE, Context())}.items():
        assert not re.search(r"\bNone\b", text), path


def test_currencies_are_watched_apart_and_named() -> None:
    kpi = CATALOGUE["expansion_mrr_higher"]
    rules = yaml.safe_load(FILES[names.rules_file(kpi.id)])["groups"][0]["rules"]
    drop = next(rule for rule in rules if rule.get("alert") == names.drop_alert(kpi))

    assert rules[0]["expr"] == (
        'max without (instance, pod) (kpi_expansion_mrr_higher_minor_units{plan="all"})'
    )
    assert drop["annotations"]["summary"].endswith("(currency {{ $labels.currency }})")


def test_a_score_around_nothing_is_measured_against_its_scale() -> None:
    kpi = CATALOGUE["nps_higher"]
    rules = yaml.safe_load(FILES[names.rules_file(kpi.id)])["groups"][0]["rules"]

    assert rules[1]["expr"].startswith("sum without (class) (max without (instance, pod)")
    assert re.search(r"/ clamp_min\(abs\(.*\), 10\)\n", rules[-4]["expr"])


def test_every_kpi_is_on_a_dashboard_with_folded_rows() -> None:
    pages = dashboards.read(dashboard_files(CATALOGUE, FILES, Context().links))
    family = pages[family_uid("support")]

    rows = [panel for panel in family["panels"] if panel["type"] == "row"]
    assert [row["title"] for row in rows] == [kpi.title for kpi in KPIS]
    assert all(row["collapsed"] for row in rows)
    assert COHORTS in pages

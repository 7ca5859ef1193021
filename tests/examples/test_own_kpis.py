"""docs/own-kpis.md: its overlay is valid, and its events give the figures that it works out."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from app.cli import main
from app.evaluation.batch import evaluate_events
from app.exporter.collector import KpiCollector
from app.exporter.figures import Figures
from app.overlay.read import read_overlay
from app.settings import load_settings
from tests.examples.page import milliseconds
from tests.support.figures import timed
from tests.support.own_kpis_page import AT, EXPECTED, events_text, overlay_text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the page's files, and settings that name them."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "overlay.yaml").write_text(overlay_text())
    (folder / "events.jsonl").write_text(events_text())
    (folder / "selfserve.yaml").write_text(
        yaml.safe_dump({"overlay": {"file": str(folder / "overlay.yaml")}})
    )
    return folder


def output(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments, "--config", str(folder / "selfserve.yaml")])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_events_give_the_figures_of_the_page(folder: Path) -> None:
    lines = output(
        folder, "evaluate", str(folder / "events.jsonl"), "--at", AT, "--windows", "1h,1d"
    ).splitlines()
    found = {
        (one["metric"], tuple(sorted(one["labels"].items()))): one["value"] for one in map(json.loads, lines)
    }
    for (metric, labels), value in EXPECTED.items():
        assert found[metric, labels] == pytest.approx(value, rel=0.01 if "stat" in dict(labels) else 0), (
            metric
        )
    assert not any(metric.startswith("kpi_usage_frequency_sessions") for metric, _ in found)
    plans = {labels for metric, labels in found if metric == "kpi_active_users"}
    assert {name for labels in plans for name, _ in labels} == {"window", "plan"}


def test_the_catalogue_has_the_kpis_with_their_attributes(folder: Path) -> None:
    described = {one["id"]: one for one in json.loads(output(folder, "kpis", "--json"))}

    own = described["search_choice"]
    assert len(own["attributes"]) == 12
    assert own["metrics"][0]["name"] == "kpi_search_choice_ratio"
    assert described["self_service_resolution"]["objective"] == 0.75
    assert "Searches with a choice" in output(folder, "kpis", "search_choice")


def test_it_names_every_way_of_counting_and_every_kind_of_change() -> None:
    written: dict[str, Any] = yaml.safe_load(overlay_text())
    counts = [measure["count"] for measure in written["measures"].values()]

    assert {count if isinstance(count, str) else next(iter(count)) for count in counts} == {
        "events",
        "customers",
        "sum",
        "distribution",
    }
    assert {kpi["kind"] for kpi in written["kpis"].values()} == {"ratio", "count", "distribution", "amount"}


@pytest.mark.prometheus
def test_rules_and_metrics_of_the_overlay_are_valid(folder: Path, tmp_path: Path) -> None:
    output(folder, "generate", "--output", str(tmp_path))
    promtool = shutil.which("promtool")
    assert promtool
    rules = tmp_path / "deploy" / "prometheus" / "rules"
    tests = tmp_path / "deploy" / "prometheus" / "tests"
    own = ("search_choice", "results_per_search", "self_service_resolution")
    for stem in own:
        for arguments, file in (
            (["check", "rules"], rules / f"{stem}.rules.yml"),
            (["test", "rules"], tests / f"{stem}.test.yml"),
        ):
            done = subprocess.run(
                [promtool, *arguments, file.name],
                cwd=file.parent,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    assert "overlay.yaml" in (rules / "search_choice.rules.yml").read_text()
    resource = (tmp_path / "deploy" / "prometheus-operator" / "prometheusrule.yaml").read_text()
    assert "alert: SearchChoiceLow" in resource
    runbook = (tmp_path / "docs" / "runbooks" / "SearchChoiceLow.md").read_text()
    assert "Which words found little?" in runbook
    assert "0.75" in (rules / "self_service_resolution.rules.yml").read_text()
    assert (tmp_path / "docs" / "kpis" / "seeking_customers.md").is_file()
    dashboard = json.loads(
        (tmp_path / "deploy" / "grafana" / "dashboards" / "family-search.json").read_text()
    )
    assert "kpi:search_choice:ratio" in json.dumps(dashboard)
    assert "kpi_usage_frequency_sessions" not in json.dumps(
        json.loads((tmp_path / "deploy" / "grafana" / "dashboards" / "family-adoption.json").read_text())
    )


@pytest.mark.prometheus
def test_promtool_accepts_the_metrics(folder: Path) -> None:
    settings = load_settings(folder / "selfserve.yaml")
    at = milliseconds(AT)
    events = [timed(json.loads(line)) for line in events_text().splitlines()]
    ((_, samples),) = evaluate_events(events, [at], settings.catalogue, definitions=settings.definitions)
    page = KpiCollector(settings.catalogue, lambda: Figures(at, samples)).text(openmetrics=False)
    assert b'kpi_target{band="rich",kpi="search_choice",unit="ratio"} 0.6' in page
    promtool = shutil.which("promtool")
    assert promtool
    checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (checked.stdout + checked.stderr).decode() == ""
    assert checked.returncode == 0


def test_the_repository_is_not_touched(folder: Path) -> None:
    overlay = read_overlay(folder / "overlay.yaml")
    assert set(overlay.kpis.own) == {
        "search_choice",
        "seeking_customers",
        "results_per_search",
        "revenue_by_customers",
    }

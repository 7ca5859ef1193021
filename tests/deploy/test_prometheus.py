"""Prometheus' own tools over the files it is given, and whether the tests of the rules would notice a broken rule."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from app.catalogue.load import load_catalogue
from app.config.links import LinkSettings
from app.generation import names
from app.generation.files import alerting_kpis
from app.generation.kpi_rules import kpi_group
from app.generation.kpi_tests import burn_cases, kpi_cases
from app.generation.pipeline_rules import pipeline_group
from app.generation.rule_tests import rule_tests
from app.generation.rules import rule_file
from tests.deploy.support import PROMETHEUS

pytestmark = pytest.mark.prometheus

RULES = sorted(path.name for path in (PROMETHEUS / "rules").iterdir())
TESTS = sorted(path.name for path in (PROMETHEUS / "tests").iterdir())
SERVICE = names.PIPELINE_FILE


def promtool(*arguments: str, folder: Path = PROMETHEUS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_configuration_is_valid_and_finds_every_rule_file() -> None:
    done = promtool("check", "config", "prometheus.yml")

    assert done.returncode == 0, done.stderr
    assert [f"rules/{name}" for name in RULES] == re.findall(
        r"^Checking (rules/\S+)", done.stdout, re.MULTILINE
    )


def test_the_rules_are_valid() -> None:
    done = promtool("check", "rules", *(f"rules/{name}" for name in RULES))

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_file_has_tests() -> None:
    tested = {name.removesuffix(".test.yml").removesuffix(".burn") for name in TESTS}
    assert {name.removesuffix(".rules.yml") for name in RULES} == tested


def test_every_alert_fires_in_one_test_and_is_silent_in_another() -> None:
    alerts: set[str] = set()
    fires: set[str] = set()
    silent: set[str] = set()
    for name in RULES:
        for group in yaml.safe_load((PROMETHEUS / "rules" / name).read_text())["groups"]:
            alerts |= {rule["alert"] for rule in group["rules"] if "alert" in rule}
    for name in TESTS:
        for test in yaml.safe_load((PROMETHEUS / "tests" / name).read_text())["tests"]:
            for expectation in test["alert_rule_test"]:
                assert test["name"].startswith(expectation["alertname"] + " ")
                (fires if expectation["exp_alerts"] else silent).add(test["name"])

    assert {name.partition(" ")[0] for name in fires} == alerts
    # Not only before it fires: a test of its own in which it never does.
    assert {name.partition(" ")[0] for name in silent - fires} == alerts


@pytest.mark.slow
@pytest.mark.parametrize("name", TESTS)
def test_alerts_fire_when_they_should_and_only_then(name: str) -> None:
    done = promtool("test", "rules", name, folder=PROMETHEUS / "tests")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("objective", [0.5, 0.8, 0.999])
def test_burn_rates_of_a_kpi_that_should_be_high_can_be_reached(objective: float, tmp_path: Path) -> None:
    links, shipped = LinkSettings(), load_catalogue()["self_service_resolution"]
    alerts = msgspec.structs.replace(shipped.alerts, burn_rate=True, drop=None, band=None, anomaly=False)
    kpi = msgspec.structs.replace(shipped, objective=objective, alerts=alerts)
    write(tmp_path, names.rules_file(SERVICE), rule_file([pipeline_group(links)], "a test"))
    write(tmp_path, names.rules_file(kpi.id), rule_file([kpi_group(kpi, links)], "a test"))
    tests = tmp_path / names.burn_tests_file(kpi.id)
    write(tmp_path, str(tests), rule_tests(burn_cases(kpi, links), [SERVICE, kpi.id], "a test"))

    done = promtool("test", "rules", tests.name, folder=tests.parent)

    assert kpi_cases(kpi, links) == []
    assert done.returncode == 0, done.stdout + done.stderr


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


MUTANTS = {
    "Drop": {
        "WithoutFreshness": (r"unless on \(\) \(.*\)\n", "\n"),
        "WithoutSamplesNow": (r"and ignoring \(resolution\) \S+ >= 50\n", "\n"),
        "WithoutSamplesThen": (r"and ignoring \(resolution\) \S+ offset 1w >= 50\n", "\n"),
        "AgainstYesterday": (r"6d23h30m", "23h30m"),
        "TooEager": (r"> 0\.15", "> 0.1"),
        "TooSlow": (r"> 0\.15", "> 0.25"),
        "NeverMatching": (r"ignoring \(resolution\) ", ""),
        "OfAnyWindow": (r'\{window="1h"\}', ""),
    },
    "DropThreeWeeks": {
        "WithoutFreshness": (r"unless on \(\) \(.*\)\n", "\n"),
        "WithoutSamplesNow": (r"and ignoring \(resolution\) \S+ >= 50\n", "\n"),
        "WithoutSamplesThen": (r"and ignoring \(resolution\) \S+ offset 3w >= 50\n", "\n"),
        "AgainstLastWeek": (
            r"kpi:\S+_median_3w\S+",
            'kpi:self_service_resolution:ratio{window="1h"} offset 1w',
        ),
        "TooEager": (r"> 0\.15", "> 0.1"),
        "TooSlow": (r"> 0\.15", "> 0.25"),
    },
    "Anomaly": {
        "WithoutFreshness": (r"unless on \(\) \(.*\)\n", "\n"),
        "WithoutSamplesNow": (r"and ignoring \(resolution\) \S+ >= 50\n", "\n"),
        "WithoutSamplesThen": (r"and ignoring \(resolution\) \S+ offset 1w >= 50\n", "\n"),
        "TooEager": (r"< -3", "< -1.5"),
        "TooSlow": (r"< -3", "< -30"),
        "TheOtherWay": (r"< -3", "> 3"),
        "WithoutSpread": (r"/ kpi:\S+_spread_1w\S+", "/ 0.02"),
    },
    "Low": {
        "WithoutFreshness": (r"unless on \(\) \(.*\)\n", "\n"),
        "WithoutSamples": (r"and ignoring \(resolution\) \S+ >= 50\n", "\n"),
        "BoundIncluded": (r"< 0\.7", "<= 0.7"),
        "TooLow": (r"< 0\.7", "< 0.6"),
        "NeverMatching": (r"ignoring \(resolution\) ", ""),
        "OfAnyWindow": (r'\{window="7d"\}', ""),
    },
}


@pytest.mark.slow
def test_every_part_of_every_expression_is_needed(tmp_path: Path) -> None:
    """Alerts that lack a part stand beside the real ones under the same expectations: all of them must fail, alone."""
    kpi = load_catalogue()["self_service_resolution"]
    assert kpi in alerting_kpis(load_catalogue())
    shutil.copytree(PROMETHEUS / "rules", tmp_path / "rules")
    rules_path = tmp_path / "rules" / f"{kpi.id}.rules.yml"
    rules = yaml.safe_load(rules_path.read_text())
    tests = yaml.safe_load((PROMETHEUS / "tests" / f"{kpi.id}.test.yml").read_text())
    group = rules["groups"][0]["rules"]
    copies: dict[str, list[str]] = {}
    for rule in list(group):
        for name, (pattern, replacement) in mutants_of(rule).items():
            broken = re.sub(pattern, replacement, rule["expr"])
            assert broken != rule["expr"], name
            group.append({**rule, "alert": rule["alert"] + name, "expr": broken})
            copies.setdefault(rule["alert"], []).append(rule["alert"] + name)
    tests["tests"] = [test for test in tests["tests"] if test["name"].split()[0] in copies]
    for test in tests["tests"]:
        for expectation in list(test["alert_rule_test"]):
            test["alert_rule_test"] += [
                {**expectation, "alertname": name} for name in copies[expectation["alertname"]]
            ]
    rules_path.write_text(yaml.safe_dump(rules))
    write(tmp_path, "tests/mutants.yml", yaml.safe_dump(tests))

    done = promtool("test", "rules", "mutants.yml", folder=tmp_path / "tests")

    failed = set(re.findall(r"alertname: (\w+), time", done.stdout + done.stderr))
    assert failed == {name for names_of in copies.values() for name in names_of}


def mutants_of(rule: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return next((found for end, found in MUTANTS.items() if rule.get("alert", "").endswith(end)), {})

"""Prometheus' own tools over the files it is given, and whether the tests of the rules would notice a broken rule."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from app.catalogue.load import load_catalogue
from app.generation import names
from app.generation.context import Context
from app.generation.files import alerting_kpis
from app.generation.kpi_rules import kpi_group
from app.generation.kpi_tests import kpi_cases, minute_cases
from app.generation.rule_tests import rule_tests
from app.generation.rules import rule_file
from tests.conftest import REPOSITORY
from tests.deploy.support import PROMETHEUS
from tests.support import rule_coverage

pytestmark = pytest.mark.prometheus

RULES = sorted(path.name for path in (PROMETHEUS / "rules").iterdir())
TESTS = sorted(path.name for path in (PROMETHEUS / "tests").iterdir())


COVERED = rule_coverage.covered(rule_coverage.tests(PROMETHEUS / "tests"))


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
    tested = {name.removesuffix(".test.yml").removesuffix(".minutes") for name in TESTS}
    assert {name.removesuffix(".rules.yml") for name in RULES} == tested


@pytest.mark.parametrize("alert", rule_coverage.alerts(PROMETHEUS / "rules"))
def test_every_alert_has_a_test_of_each_situation_that_it_can_be_in(alert: str) -> None:
    covered = COVERED[alert]

    assert covered >= rule_coverage.wanted(alert), f"{alert} is tested {sorted(covered)} only"


def test_a_missing_situation_would_be_noticed() -> None:
    """Without the tests that show a situation, the alert counts as not tested in it."""
    kpi = "SelfServiceResolutionDrop"
    tests = [test for test in rule_coverage.tests(PROMETHEUS / "tests") if test["name"].startswith(f"{kpi} ")]

    def without(*channels: str) -> set[str]:
        kept = [
            {
                **test,
                "input_series": [
                    series
                    for series in test["input_series"]
                    if not any(f'"{channel}' in series["series"] for channel in channels)
                ],
            }
            for test in tests
        ]
        return rule_coverage.covered(kept)[kpi]

    everything = {"fires", "silent", "low traffic", "no data", "stale"}
    assert without() == everything
    assert without("few_samples") == everything - {"low traffic"}
    assert without("no_data") == everything - {"no data"}
    assert rule_coverage.covered([{**tests[0], "alert_rule_test": tests[0]["alert_rule_test"][:-1]}])[
        kpi
    ] == everything - {"stale"}


@pytest.mark.slow
def test_alerts_fire_when_they_should_and_only_then() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as several:
        runs = several.map(lambda name: promtool("test", "rules", name, folder=PROMETHEUS / "tests"), TESTS)

        failed = [done.stdout + done.stderr for done in runs if done.returncode != 0]

    assert not failed, "\n".join(failed)


@pytest.mark.slow
@pytest.mark.parametrize("objective", [0.5, 0.8, 0.999])
def test_burn_rates_of_a_kpi_that_should_be_high_can_be_reached(objective: float, tmp_path: Path) -> None:
    context, shipped = Context(), load_catalogue()["self_service_resolution"]
    alerts = msgspec.structs.replace(shipped.alerts, burn_rate=True, drop=None, band=None, anomaly=False)
    kpi = msgspec.structs.replace(shipped, objective=objective, alerts=alerts)
    write(tmp_path, names.rules_file(kpi.id), rule_file([kpi_group(kpi, context)], "a test"))
    tests = tmp_path / names.minute_tests_file(kpi.id)
    write(tmp_path, str(tests), rule_tests(minute_cases(kpi, context), [kpi.id], "a test"))

    done = promtool("test", "rules", tests.name, folder=tests.parent)

    assert kpi_cases(kpi, context) == []
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
@pytest.mark.parametrize("path", [names.rule_tests_file, names.minute_tests_file])
def test_every_part_of_every_expression_is_needed(path: Callable[[str], str], tmp_path: Path) -> None:
    """Alerts that lack a part stand beside the real ones under the same expectations: all of them must fail, alone."""
    kpi = load_catalogue()["self_service_resolution"]
    assert kpi in alerting_kpis(load_catalogue())
    rules = yaml.safe_load((REPOSITORY / names.rules_file(kpi.id)).read_text())
    tests = yaml.safe_load((REPOSITORY / path(kpi.id)).read_text())
    tested = {test["name"].split()[0] for test in tests["tests"]}
    group = rules["groups"][0]["rules"]
    copies: dict[str, list[str]] = {}
    for rule in list(group):
        for name, (pattern, replacement) in mutants_of(rule).items():
            broken = re.sub(pattern, replacement, rule["expr"])
            assert broken != rule["expr"], name
            if rule["alert"] in tested:
                group.append({**rule, "alert": rule["alert"] + name, "expr": broken})
                copies.setdefault(rule["alert"], []).append(rule["alert"] + name)
    assert copies.keys() == tested
    for test in tests["tests"]:
        for expectation in list(test["alert_rule_test"]):
            test["alert_rule_test"] += [
                {**expectation, "alertname": name} for name in copies[expectation["alertname"]]
            ]
    write(tmp_path, names.rules_file(kpi.id), yaml.safe_dump(rules))
    write(tmp_path, f"{names.TESTS_FOLDER}/mutants.yml", yaml.safe_dump(tests))

    done = promtool("test", "rules", "mutants.yml", folder=tmp_path / names.TESTS_FOLDER)

    failed = set(re.findall(r"alertname: (\w+), time", done.stdout + done.stderr))
    assert failed == {name for names_of in copies.values() for name in names_of}


def mutants_of(rule: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return next((found for end, found in MUTANTS.items() if rule.get("alert", "").endswith(end)), {})

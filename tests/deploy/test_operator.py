"""The resources of the Prometheus operator: the same rules, and endpoints as the services have them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app.generation import operator
from tests.conftest import REPOSITORY
from tests.deploy.support import PROMETHEUS, scrape_jobs

FOLDER = REPOSITORY / "deploy" / "prometheus-operator"


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def test_the_rules_are_those_of_the_rule_files() -> None:
    groups = [
        group
        for file in (PROMETHEUS / "rules").iterdir()
        for group in yaml.safe_load(file.read_text())["groups"]
    ]
    rule = read("prometheusrule.yaml")

    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert {group["name"]: group for group in rule["spec"]["groups"]} == {
        group["name"]: group for group in groups
    }
    assert len(rule["spec"]["groups"]) == len(groups)


@pytest.mark.parametrize("component", operator.COMPONENTS)
def test_exporters_and_workers_are_scraped(component: str) -> None:
    monitors = {item["metadata"]["name"]: item for item in read("servicemonitor.yaml")["items"]}
    monitor = monitors[f"selfserve-{component}"]

    assert monitor["kind"] == "ServiceMonitor"
    assert monitor["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": "selfserve",
        "app.kubernetes.io/component": component,
    }
    assert monitor["spec"]["endpoints"] == [{"port": "http", "path": "/metrics", "interval": "15s"}]


def test_each_job_of_the_plain_configuration_has_a_monitor() -> None:
    monitors = {item["metadata"]["name"] for item in read("servicemonitor.yaml")["items"]}

    assert monitors == set(scrape_jobs()) - {"prometheus"}

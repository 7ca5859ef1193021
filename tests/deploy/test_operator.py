"""The resources of the Prometheus operator: the same rules and messages, and endpoints as the services have them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from app.generation import operator
from tests.conftest import REPOSITORY
from tests.deploy.support import PROMETHEUS, scrape_jobs

FOLDER = REPOSITORY / "deploy" / "prometheus-operator"
ALERTMANAGER = REPOSITORY / "deploy" / "alertmanager"


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


class TestMessages:
    """The resource is written by hand: it says in other words what Alertmanager's own configuration says."""

    plain: Any = yaml.safe_load((ALERTMANAGER / "alertmanager.yml").read_text())
    spec: Any = read("alertmanagerconfig.yaml")["spec"]

    def texts(self) -> dict[str, str]:
        template = (ALERTMANAGER / "templates" / "selfserve.tmpl").read_text()
        found = re.findall(r"\{\{ define \"(\S+)\" -}}\n(.*?)\n\{\{- end }}", template, re.DOTALL)
        return {f'{{{{ template "{name}" . }}}}': text for name, text in found}

    def test_routes_are_the_same(self) -> None:
        assert route(self.spec["route"]) == self.plain["route"]

    def test_inhibitions_are_the_same(self) -> None:
        rules = [
            {
                "source_matchers": [matcher(entry) for entry in rule["sourceMatch"]],
                "target_matchers": [matcher(entry) for entry in rule["targetMatch"]],
                **({"equal": rule["equal"]} if "equal" in rule else {}),
            }
            for rule in self.spec["inhibitRules"]
        ]

        assert rules == self.plain["inhibit_rules"]

    def test_receivers_and_texts_are_the_same(self) -> None:
        texts = self.texts()
        expected = {}
        for receiver in self.plain["receivers"]:
            expected[receiver["name"]] = [
                {
                    "to": mail["to"],
                    "smarthost": self.plain["global"]["smtp_smarthost"],
                    "from": self.plain["global"]["smtp_from"],
                    "sendResolved": mail["send_resolved"],
                    "headers": [{"key": key, "value": texts[text]} for key, text in mail["headers"].items()],
                    "html": mail["html"],
                    "text": texts[mail["text"]],
                }
                for mail in receiver.get("email_configs", [])
            ]

        assert {one["name"]: one.get("emailConfigs", []) for one in self.spec["receivers"]} == expected


def route(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a route of the resource as Alertmanager's own configuration has it."""
    names = {"groupBy": "group_by", "groupWait": "group_wait", "groupInterval": "group_interval"}
    names |= {"repeatInterval": "repeat_interval"}
    plain: dict[str, Any] = {names.get(key, key): value for key, value in resource.items()}
    if "matchers" in plain:
        plain["matchers"] = [matcher(entry) for entry in plain["matchers"]]
    if "routes" in plain:
        plain["routes"] = [route(below) for below in plain["routes"]]
    return plain


def matcher(entry: dict[str, str]) -> str:
    return f'{entry["name"]}{entry["matchType"]}"{entry["value"]}"'

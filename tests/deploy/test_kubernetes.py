"""The overlays agree with the program, its settings, and what else is shipped."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

import click
import pytest
import yaml

from app import __version__
from app.cli import main
from app.generation import operator
from app.settings import SECTIONS, Settings, load_settings
from tests.conftest import REPOSITORY
from tests.deploy.kubernetes import OVERLAYS, Resource, one, overlay
from tests.deploy.support import services

WORKLOADS = {"StatefulSet": "worker", "Deployment": "exporter", "Job": "topics"}
EVERYWHERE = [(name, kind) for name in OVERLAYS for kind in WORKLOADS]

each_workload = pytest.mark.parametrize(("name", "kind"), EVERYWHERE)
each_overlay = pytest.mark.parametrize("name", OVERLAYS)


def workload(name: str, kind: str) -> Resource:
    return one(overlay(name), kind, f"selfserve-{WORKLOADS[kind]}")


def pod(name: str, kind: str) -> Resource:
    found: Resource = workload(name, kind)["spec"]["template"]["spec"]
    return found


def container(name: str, kind: str) -> Resource:
    (found,) = pod(name, kind)["containers"]
    assert isinstance(found, dict)
    return found


def environment(name: str, kind: str) -> dict[str, str]:
    """Return the variables of a container; what differs from pod to pod has the name of the first."""
    own = container(name, kind)
    (source,) = own["envFrom"]
    variables: dict[str, str] = dict(config_map(name, source["configMapRef"]["name"])["data"])
    for entry in own.get("env", []):
        assert entry["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
        variables[entry["name"]] = f"{workload(name, kind)['metadata']['name']}-0"
    return variables


def config_map(name: str, full_name: str) -> Resource:
    (found,) = (
        resource
        for resource in overlay(name)
        if resource["kind"] == "ConfigMap" and resource["metadata"]["name"] == full_name
    )
    return found


def settings(name: str, kind: str, tmp_path: Any) -> Settings:
    """Return the settings that a pod runs with."""
    (volume,) = (volume for volume in pod(name, kind)["volumes"] if volume["name"] == "settings")
    file = tmp_path / "selfserve.yaml"
    file.write_text(config_map(name, volume["configMap"]["name"])["data"]["selfserve.yaml"])
    return load_settings(file, environ=environment(name, kind))


class TestProgram:
    @each_workload
    def test_every_variable_is_one_of_a_setting(self, name: str, kind: str) -> None:
        known = {key.environment for section in SECTIONS for key in section.keys}

        assert environment(name, kind).keys() <= known

    @each_workload
    def test_the_settings_can_be_read(self, name: str, kind: str, tmp_path: Any) -> None:
        found = settings(name, kind, tmp_path)

        assert found.kafka.bootstrap_servers == environment(name, kind)["SELFSERVE_BOOTSTRAP_SERVERS"]
        assert found.exporter.listen == found.worker.listen == "0.0.0.0"

    @each_workload
    def test_the_command_is_understood(self, name: str, kind: str) -> None:
        (command,) = container(name, kind)["args"]
        found = main.get_command(click.Context(main), command)

        assert command == WORKLOADS[kind]
        assert found is not None
        found.make_context(command, [])

    @each_workload
    def test_the_image_is_that_of_the_program(self, name: str, kind: str) -> None:
        image, _, tag = container(name, kind)["image"].rpartition(":")

        assert image.rpartition("/")[2] == "selfserve"
        assert tag == __version__

    @each_workload
    def test_the_settings_file_is_where_the_image_looks_for_it(self, name: str, kind: str) -> None:
        dockerfile = (REPOSITORY / "deploy" / "Dockerfile").read_text()
        match = re.search(r"^WORKDIR (\S+)\nUSER (\d+):(\d+)$", dockerfile, re.MULTILINE)
        assert match is not None
        mounts = {mount["name"]: mount["mountPath"] for mount in container(name, kind)["volumeMounts"]}
        security = pod(name, kind)["securityContext"]

        assert mounts["settings"] == match[1]
        assert (security["runAsUser"], security["runAsGroup"]) == (int(match[2]), int(match[3]))

    @each_workload
    def test_pods_have_no_privileges_and_write_nowhere(self, name: str, kind: str) -> None:
        own = container(name, kind)

        assert pod(name, kind)["securityContext"]["runAsNonRoot"] is True
        assert pod(name, kind)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod(name, kind)["automountServiceAccountToken"] is False
        assert own["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }

    @each_workload
    def test_memory_is_asked_for_and_limited(self, name: str, kind: str) -> None:
        resources = container(name, kind)["resources"]

        assert resources["requests"].keys() == {"cpu", "memory"}
        assert "memory" in resources["limits"]

    @each_overlay
    def test_everything_is_in_its_namespace(self, name: str) -> None:
        (namespace,) = (
            resource["metadata"]["name"] for resource in overlay(name) if resource["kind"] == "Namespace"
        )

        assert all(
            resource["metadata"]["namespace"] == namespace
            for resource in overlay(name)
            if resource["kind"] != "Namespace"
        )


class TestWorker:
    @each_overlay
    def test_each_has_a_name_of_its_own_in_the_group(self, name: str, tmp_path: Any) -> None:
        assert settings(name, "StatefulSet", tmp_path).kafka.instance_id == "selfserve-worker-0"
        assert "SELFSERVE_INSTANCE_ID" not in environment(name, "Deployment")

    @each_overlay
    def test_all_start_and_stop_at_once(self, name: str) -> None:
        assert workload(name, "StatefulSet")["spec"]["podManagementPolicy"] == "Parallel"

    @each_overlay
    def test_it_has_time_for_its_last_checkpoints(self, name: str, tmp_path: Any) -> None:
        worker = settings(name, "StatefulSet", tmp_path).worker
        grace_ms = pod(name, "StatefulSet")["terminationGracePeriodSeconds"] * 1000

        assert grace_ms > worker.checkpoint_interval_ms + worker.transaction_timeout_ms

    @each_overlay
    def test_there_are_no_more_than_partitions(self, name: str, tmp_path: Any) -> None:
        replicas = workload(name, "StatefulSet")["spec"].get("replicas", 0)

        assert replicas <= settings(name, "StatefulSet", tmp_path).kafka.partitions

    def test_in_production_as_many_as_the_lag_asks_for(self, tmp_path: Any) -> None:
        spec = one(overlay("production"), "ScaledObject", "selfserve-worker")["spec"]
        target = workload("production", "StatefulSet")

        assert spec["scaleTargetRef"] == {
            "apiVersion": target["apiVersion"],
            "kind": target["kind"],
            "name": target["metadata"]["name"],
            "envSourceContainerName": container("production", "StatefulSet")["name"],
        }
        assert spec["maxReplicaCount"] == settings("production", "StatefulSet", tmp_path).kafka.partitions
        assert spec["minReplicaCount"] >= 2
        # `kubectl apply` must not undo what KEDA has done.
        assert "replicas" not in target["spec"]

    def test_keda_meets_kafka_as_the_workers_do(self, tmp_path: Any) -> None:
        (trigger,) = one(overlay("production"), "ScaledObject", "selfserve-worker")["spec"]["triggers"]
        access = one(overlay("production"), "TriggerAuthentication", trigger["authenticationRef"]["name"])
        variables = environment("production", "StatefulSet")
        kafka = settings("production", "StatefulSet", tmp_path).kafka

        assert trigger["metadata"]["consumerGroupFromEnv"] in variables
        assert trigger["metadata"]["bootstrapServersFromEnv"] in variables
        assert (trigger["metadata"]["tls"] == "enable") is kafka.encrypted
        assert kafka.sasl_mechanism is not None
        assert trigger["metadata"]["sasl"] == kafka.sasl_mechanism.lower().replace("-", "_").replace(
            "a_", "a"
        )
        assert [(entry["parameter"], entry["name"]) for entry in access["spec"]["env"]] == [
            ("username", "SELFSERVE_KAFKA_USER")
        ]


class TestSecrets:
    def test_there_are_none(self) -> None:
        assert not [
            resource for name in OVERLAYS for resource in overlay(name) if resource["kind"] == "Secret"
        ]

    @pytest.mark.parametrize("kind", WORKLOADS)
    def test_files_come_from_the_secret_that_the_overlay_names(self, kind: str, tmp_path: Any) -> None:
        kafka = settings("production", kind, tmp_path).kafka
        (volume,) = (volume for volume in pod("production", kind)["volumes"] if "secret" in volume)
        mounts = {
            mount["name"]: mount["mountPath"] for mount in container("production", kind)["volumeMounts"]
        }
        folder = PurePosixPath(mounts[volume["name"]])
        files = {str(folder / item["path"]) for item in volume["secret"]["items"]}

        assert files == {kafka.ca_file, kafka.password_file}
        access = one(overlay("production"), "TriggerAuthentication", "selfserve-kafka")["spec"]
        assert {entry["name"] for entry in access["secretTargetRef"]} == {volume["secret"]["secretName"]}
        assert {entry["key"] for entry in access["secretTargetRef"]} == {
            item["key"] for item in volume["secret"]["items"]
        }


class TestNetwork:
    @each_overlay
    @pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
    def test_ports_are_those_of_the_settings(self, name: str, kind: str, tmp_path: Any) -> None:
        component = WORKLOADS[kind]
        port = getattr(settings(name, kind, tmp_path), component).port
        service = one(overlay(name), "Service", f"selfserve-{component}")

        assert container(name, kind)["ports"] == [{"name": operator.PORT, "containerPort": port}]
        assert service["spec"]["ports"] == [
            {"name": operator.PORT, "port": port, "targetPort": operator.PORT}
        ]

    @each_overlay
    @pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
    def test_health_is_asked_for_where_it_is_answered(self, name: str, kind: str) -> None:
        own = container(name, kind)
        pages = {
            probe: own[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }

        assert pages == {
            "startupProbe": {"path": "/healthz", "port": operator.PORT},
            "livenessProbe": {"path": "/healthz", "port": operator.PORT},
            "readinessProbe": {"path": "/readyz", "port": operator.PORT},
        }

    @each_overlay
    @pytest.mark.parametrize("kind", ["StatefulSet", "Deployment"])
    def test_everything_selects_the_pods(self, name: str, kind: str) -> None:
        component = WORKLOADS[kind]
        labels = workload(name, kind)["spec"]["template"]["metadata"]["labels"]
        service = one(overlay(name), "Service", f"selfserve-{component}")
        budget = one(overlay(name), "PodDisruptionBudget", f"selfserve-{component}")
        expected = {operator.NAME_LABEL: operator.NAME, operator.COMPONENT_LABEL: component}

        assert labels == service["spec"]["selector"] == expected
        assert service["metadata"]["labels"] == expected
        assert workload(name, kind)["spec"]["selector"]["matchLabels"] == expected
        assert budget["spec"]["selector"]["matchLabels"] == expected

    @each_overlay
    def test_nothing_is_allowed_that_is_not_named(self, name: str) -> None:
        policy = one(overlay(name), "NetworkPolicy", "selfserve-default-deny")["spec"]

        assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    @each_overlay
    def test_the_way_to_kafka_is_open(self, name: str) -> None:
        policy = one(overlay(name), "NetworkPolicy", "selfserve-kafka")["spec"]
        brokers = environment(name, "StatefulSet")["SELFSERVE_BOOTSTRAP_SERVERS"].split(",")
        (rule,) = policy["egress"]

        assert {port["port"] for port in rule["ports"]} == {
            int(address.rpartition(":")[2]) for address in brokers
        }
        namespace = rule["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        assert all(address.partition(":")[0].split(".")[1] == namespace for address in brokers)

    @each_overlay
    def test_prometheus_reaches_the_ports(self, name: str) -> None:
        policy = one(overlay(name), "NetworkPolicy", "selfserve-prometheus")["spec"]
        (rule,) = policy["ingress"]
        (who,) = policy["podSelector"]["matchExpressions"]

        assert [port["port"] for port in rule["ports"]] == [operator.PORT]
        assert sorted(who["values"]) == sorted(operator.COMPONENTS)


class TestGrafana:
    def test_every_dashboard_is_found_by_its_label(self) -> None:
        maps = [
            resource
            for resource in overlay("production")
            if resource["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
        ]
        found = {json.loads(text)["uid"]: text for resource in maps for text in resource["data"].values()}
        files = list((REPOSITORY / "deploy" / "grafana" / "dashboards").iterdir())

        assert found == {json.loads(file.read_text())["uid"]: file.read_text() for file in files}
        # Two files of one name would be one for the sidecar.
        names = [name for resource in maps for name in resource["data"]]
        assert len(set(names)) == len(names) == len(files)
        assert all(len(json.dumps(resource)) < 1_000_000 for resource in maps)

    def test_the_datasource_is_the_one_of_the_dashboards(self) -> None:
        config = one(overlay("production"), "ConfigMap", "selfserve-datasource")
        (datasource,) = yaml.safe_load(config["data"]["selfserve-datasource.yaml"])["datasources"]
        plain = REPOSITORY / "deploy" / "grafana" / "provisioning" / "datasources" / "selfserve.yml"
        (other,) = yaml.safe_load(plain.read_text())["datasources"]

        assert config["metadata"]["labels"]["grafana_datasource"] == "1"
        assert datasource.pop("url") != other.pop("url")
        assert datasource == other


def test_partitions_and_definitions_are_those_of_the_compose_file(tmp_path: Any) -> None:
    file = REPOSITORY / "deploy" / "selfserve.yaml"
    variables = services()["worker"]["environment"]
    compose = load_settings(
        file, environ={"SELFSERVE_BOOTSTRAP_SERVERS": variables["SELFSERVE_BOOTSTRAP_SERVERS"]}
    )
    found = settings("production", "StatefulSet", tmp_path)

    assert found.kafka.partitions == compose.kafka.partitions
    assert found.definitions == compose.definitions

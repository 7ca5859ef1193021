"""Every overlay is one that Kubernetes and its extensions take, word for word."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.kubernetes import (
    FOLDER,
    OVERLAYS,
    VERSIONS,
    Resource,
    build,
    check,
    crd,
    label,
    one,
    overlay,
    validate,
)

ALL = [(name, resource) for name in OVERLAYS for resource in overlay(name)]
WITH_MTLS = ("kafka-mtls", "keda", "kafka-mtls-keda")


@pytest.fixture(scope="module")
def mtls(tmp_path_factory: pytest.TempPathFactory) -> list[Resource]:
    """Return the resources of an overlay of somebody's own, with client certificates."""
    folder = tmp_path_factory.mktemp("overlay")
    near = Path(os.path.relpath(FOLDER, folder.resolve()))
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [str(near / "base")],
        "components": [str(near / "components" / name) for name in WITH_MTLS],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return build(folder)


def test_each_overlay_is_tested() -> None:
    assert sorted(OVERLAYS) == sorted(folder.name for folder in (FOLDER / "overlays").iterdir())


def test_each_component_is_tested(mtls: list[Resource]) -> None:
    production = yaml.safe_load((FOLDER / "overlays" / "production" / "kustomization.yaml").read_text())
    used = {Path(component).name for component in production["components"]} | set(WITH_MTLS)

    assert used == {folder.name for folder in (FOLDER / "components").iterdir()}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "resource"), ALL, ids=[f"{name}-{label(resource)}" for name, resource in ALL]
)
def test_kubernetes_takes_every_resource(name: str, resource: Resource, version: str) -> None:
    validate(resource, version)


def test_kubernetes_takes_the_overlay_with_client_certificates(mtls: list[Resource]) -> None:
    for resource in mtls:
        validate(resource, VERSIONS[-1])


@pytest.mark.parametrize(
    ("kind", "name", "path", "wrong"),
    [
        ("StatefulSet", "selfserve-worker", ("spec", "template", "spec"), "terminationGracePeriod"),
        ("Deployment", "selfserve-exporter", ("spec", "strategy", "rollingUpdate"), "maxUnavaliable"),
        ("NetworkPolicy", "selfserve-kafka", ("spec", "egress", 0), "form"),
        ("PodDisruptionBudget", "selfserve-worker", ("spec",), "maxUnavailible"),
        ("ScaledObject", "selfserve-worker", ("spec",), "maxReplicas"),
        ("ScaledObject", "selfserve-worker", ("spec", "triggers", 0, "metadata"), "lagTreshold"),
        ("ScaledObject", "selfserve-worker", ("metadata",), "lables"),
        ("TriggerAuthentication", "selfserve-kafka", ("spec", "secretTargetRef", 0), "keys"),
        ("ServiceMonitor", "selfserve-worker", ("spec", "endpoints", 0), "intervall"),
        ("PrometheusRule", "selfserve", ("spec", "groups", 0, "rules", 0), "expression"),
        ("AlertmanagerConfig", "selfserve", ("spec", "route", "routes", 0), "reciever"),
        ("AlertmanagerConfig", "selfserve", ("spec", "receivers", 0, "emailConfigs", 0), "smartHost"),
    ],
)
def test_a_misspelt_field_is_noticed(kind: str, name: str, path: tuple[str | int, ...], wrong: str) -> None:
    resource = copy.deepcopy(one(overlay("production"), kind, name))
    validate(resource, VERSIONS[-1])
    place: Any = resource
    for step in path:
        place = place[step]
    place[wrong] = "1"

    with pytest.raises(jsonschema.ValidationError, match=wrong):
        validate(resource, VERSIONS[-1])


def test_a_kind_without_a_schema_is_no_success() -> None:
    resource = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledThing", "metadata": {"name": "x"}}

    with pytest.raises(FileNotFoundError):
        validate(resource, VERSIONS[-1])


def test_a_wrong_value_for_the_trigger_is_noticed() -> None:
    with pytest.raises(jsonschema.ValidationError, match="scram512"):
        check({"triggerMetadata": {"sasl": "scram512"}}, crd("kafka-trigger"))


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "crds").iterdir()), ids=lambda file: file.stem
)
def test_each_schema_is_one_and_names_its_source(file: Path) -> None:
    schema = crd(file.stem)

    jsonschema.Draft7Validator.check_schema(schema)
    assert " v" in schema["$comment"]
    assert "github.com/" in schema["$comment"]

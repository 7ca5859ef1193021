"""What the overlays of Kubernetes come to, and whether Kubernetes would take it."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "kubernetes"
OVERLAYS = ("development", "production")
VERSIONS = ("1.29", kubernetes_validate.latest_version())
"""The oldest version of Kubernetes that is promised, and the newest whose schemas there are."""

CUSTOM = {"keda.sh", "monitoring.coreos.com"}

Resource = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads a lone `=` as Kubernetes does, as text."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def build(folder: Path) -> list[Resource]:
    """Return the resources that a folder with a kustomization comes to."""
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run(
        [kubectl, "kustomize", folder], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.load_all(done.stdout, _Loader))


@functools.cache
def overlay(name: str) -> tuple[Resource, ...]:
    """Return the resources of an overlay, which nobody may change."""
    return tuple(build(FOLDER / "overlays" / name))


def one(resources: tuple[Resource, ...] | list[Resource], kind: str, name: str) -> Resource:
    """Return the only resource of a kind with a name; that of a ConfigMap may have a hash behind it."""
    (found,) = (
        resource
        for resource in resources
        if resource["kind"] == kind
        and (
            resource["metadata"]["name"] == name
            or (kind == "ConfigMap" and resource["metadata"]["name"].rpartition("-")[0] == name)
        )
    )
    return found


def label(resource: Resource) -> str:
    """Return how a resource is called in the name of a test."""
    return f"{resource['kind']}/{resource['metadata']['name']}"


@functools.cache
def crd(kind: str) -> Resource:
    """Return the schema of a custom kind, or of what KEDA's trigger may say. Raises `FileNotFoundError` for another."""
    file = Path(__file__).parent / "crds" / f"{kind.lower()}.json"
    schema: Resource = json.loads(file.read_text())
    return schema


def validate(resource: Resource, version: str) -> None:
    """Raise `jsonschema.ValidationError` where a version of Kubernetes would not take a resource as it is."""
    if resource["apiVersion"].partition("/")[0] not in CUSTOM:
        kubernetes_validate.validate(resource, version, strict=True)
        return
    check(resource, crd(resource["kind"]))
    # The schemas of custom kinds leave it to Kubernetes.
    known = {"name", "namespace", "labels", "annotations"}
    check(resource["metadata"], {"propertyNames": {"enum": sorted(known)}})
    if resource["kind"] == "AlertmanagerConfig":
        route = crd("AlertmanagerConfig")["properties"]["spec"]["properties"]["route"]
        check_routes(resource["spec"]["route"], route)
    if resource["kind"] == "ScaledObject":
        for trigger in resource["spec"]["triggers"]:
            check({"triggerMetadata": trigger["metadata"]}, crd(f"{trigger['type']}-trigger"))
    if resource["kind"] == "TriggerAuthentication":
        parameters = [
            entry["parameter"]
            for way in ("env", "secretTargetRef")
            for entry in resource["spec"].get(way, [])
        ]
        known_parameters = crd("kafka-trigger")["properties"]["authParams"]["properties"]
        check(parameters, {"items": {"enum": sorted(known_parameters)}})


def check(document: Any, schema: Resource) -> None:
    """Raise `jsonschema.ValidationError` where a document does not follow a schema."""
    jsonschema.Draft7Validator(schema).validate(document)


def check_routes(route: Resource, schema: Resource) -> None:
    """Validate a route with those below it, which the schema of the kind leaves open."""
    check(route, schema)
    for below in route.get("routes", []):
        check_routes(below, schema)

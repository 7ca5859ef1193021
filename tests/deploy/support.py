"""The deployment files as data."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import yaml

from tests.conftest import REPOSITORY

COMPOSE_FILE = REPOSITORY / "docker-compose.yml"
PROMETHEUS = REPOSITORY / "deploy" / "prometheus"


def compose() -> dict[str, Any]:
    """Return the compose file, without what Compose itself would put in."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return document


def services() -> dict[str, dict[str, Any]]:
    """Return its services."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def compose_schema() -> dict[str, Any]:
    """Return the JSON Schema of the compose specification, which the package check-jsonschema carries."""
    file = resources.files("check_jsonschema.builtin_schemas.vendor") / "compose-spec.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema


def prometheus_configuration() -> dict[str, Any]:
    """Return the configuration of Prometheus."""
    document: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    return document


def scrape_jobs() -> dict[str, Any]:
    """Return the scrape configurations of Prometheus by job."""
    return {job["job_name"]: job for job in prometheus_configuration()["scrape_configs"]}

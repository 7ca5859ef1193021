"""The rules and what is scraped as the Prometheus operator for Kubernetes reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from app.generation.rules import Group
from app.generation.yaml_text import yaml_text

NAME_LABEL: Final = "app.kubernetes.io/name"
COMPONENT_LABEL: Final = "app.kubernetes.io/component"
NAME: Final = "selfserve"
PORT: Final = "http"
"""Name of the port of a Service behind which an exporter or a worker answers."""

COMPONENTS: Final = ("exporter", "worker")
INTERVAL: Final = "15s"


def prometheus_rule(groups: Iterable[Group], source: str) -> str:
    """Return the text of the resource `PrometheusRule` with these groups."""
    document = _resource("PrometheusRule", NAME, {"groups": [group.document() for group in groups]})
    return yaml_text(document, source)


def service_monitors(source: str) -> str:
    """Return the text of a resource `ServiceMonitor` for the exporters and one for the workers.

    Each Service becomes a job of its own, so one Service has all exporters, which publish the same.
    """
    items = [
        _resource(
            "ServiceMonitor",
            f"{NAME}-{component}",
            {
                "selector": {"matchLabels": {NAME_LABEL: NAME, COMPONENT_LABEL: component}},
                "endpoints": [{"port": PORT, "path": "/metrics", "interval": INTERVAL}],
            },
        )
        for component in COMPONENTS
    ]
    return yaml_text({"apiVersion": "v1", "kind": "List", "items": items}, source)


def _resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {NAME_LABEL: NAME}},
        "spec": spec,
    }

"""The dashboards as ConfigMaps for Kubernetes, where a sidecar of Grafana looks for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from app.generation.names import PIPELINE_FILE as SERVICE
from app.generation.yaml_text import yaml_text

_FOLDER: Final = "deploy/grafana"
_SOURCE: Final = "app/generation"
SIDECAR_LABEL: Final = "grafana_dashboard"
"""Label by which the sidecar of Grafana's Helm chart knows a dashboard, unless it is told another."""

FOLDER_ANNOTATION: Final = "grafana_folder"
"""Annotation with the folder of Grafana that it is put in, where the sidecar is told to heed it."""


def kustomization_files(dashboards: Iterable[str]) -> dict[str, str]:
    """Return, by path, the kustomization with a ConfigMap for each dashboard; ``dashboards`` are their paths.

    One ConfigMap for all would be larger than Kubernetes allows. The sidecar puts all files into one directory, so
    their names there say whose they are.
    """
    files = [PurePosixPath(path).relative_to(_FOLDER) for path in dashboards]
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "configMapGenerator": [
            {"name": f"{SERVICE}-dashboard-{file.stem}", "files": [f"{SERVICE}-{file.name}={file}"]}
            for file in sorted(files)
        ],
        "generatorOptions": {
            "disableNameSuffixHash": True,
            "labels": {"app.kubernetes.io/name": SERVICE, SIDECAR_LABEL: "1"},
            "annotations": {FOLDER_ANNOTATION: SERVICE},
        },
    }
    return {f"{_FOLDER}/kustomization.yaml": yaml_text(document, _SOURCE)}

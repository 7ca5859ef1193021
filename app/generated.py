"""Every file that is generated, by its path in the repository. CI writes them anew and compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from app.catalogue.pages import reference_pages
from app.config.documentation import configuration_page
from app.errors import UserError
from app.generation.context import Context
from app.generation.dashboard_maps import kustomization_files
from app.generation.files import operator_files, prometheus_files, runbook_files
from app.settings import SECTIONS, Settings


def _configuration(_: Settings) -> dict[str, str]:
    return {"docs/configuration.md": configuration_page(SECTIONS)}


def _reference(settings: Settings) -> dict[str, str]:
    return reference_pages(settings.catalogue)


def _context(settings: Settings) -> Context:
    return Context(settings.links, settings.alerts, settings.catalogue.own)


def _prometheus(settings: Settings) -> dict[str, str]:
    return prometheus_files(settings.catalogue, _context(settings))


def _operator(settings: Settings) -> dict[str, str]:
    return operator_files(settings.catalogue, _context(settings))


def _runbooks(settings: Settings) -> dict[str, str]:
    return runbook_files(settings.catalogue, _context(settings))


def _dashboards(settings: Settings) -> dict[str, str]:
    try:
        from app.generation.dashboards.files import dashboard_files  # noqa: PLC0415  # an extra: only built here
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "grafana_foundation_sdk":
            raise
        raise UserError(
            "the dashboards are built with grafana-foundation-sdk, which is not installed here; install it with"
            " pip install 'selfserve[generate]' (any version but grafana-foundation-sdk==0.0.18 may be for an old Grafana)"
        ) from None
    catalogue = settings.catalogue
    dashboards = dashboard_files(catalogue, prometheus_files(catalogue, _context(settings)), settings.links)
    return dashboards | kustomization_files(dashboards)


GENERATORS: tuple[Callable[[Settings], Mapping[str, str]], ...] = (
    _configuration,
    _reference,
    _prometheus,
    _operator,
    _runbooks,
    _dashboards,
)
"""Each returns files: the path, with forward slashes, and the text. No path is returned by two."""


def generated_files(settings: Settings | None = None) -> dict[str, str]:
    """Return the text of every generated file by its path, in the order of the paths.

    Without ``settings`` the files are those of the repository, which follow from the defaults.
    """
    files: dict[str, str] = {}
    for generate in GENERATORS:
        produced = generate(settings or Settings())
        twice = files.keys() & produced.keys()
        if twice:
            raise ValueError(f"generated twice: {', '.join(sorted(twice))}")
        files |= produced
    return dict(sorted(files.items()))


def differences(root: Path, settings: Settings | None = None) -> dict[str, str]:
    """Return what is wrong with the generated files below ``root``: the path, and "missing" or "differs"."""
    found = {}
    for path, text in generated_files(settings).items():
        file = root / path
        if not file.is_file():
            found[path] = "missing"
        elif file.read_bytes() != text.encode():
            found[path] = "differs"
    return found


def write(root: Path, settings: Settings | None = None) -> list[str]:
    """Write the generated files below ``root`` and return the paths of those that changed."""
    changed = list(differences(root, settings))
    files = generated_files(settings)
    for path in changed:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(files[path].encode())
    return changed

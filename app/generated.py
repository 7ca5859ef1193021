"""Every file that is generated, by its path in the repository. CI writes them anew and compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from app.catalogue.pages import reference_pages
from app.config.documentation import configuration_page
from app.settings import SECTIONS


def _configuration() -> dict[str, str]:
    return {"docs/configuration.md": configuration_page(SECTIONS)}


GENERATORS: tuple[Callable[[], Mapping[str, str]], ...] = (_configuration, reference_pages)
"""Each returns files: the path, with forward slashes, and the text. No path is returned by two."""


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path, in the order of the paths."""
    files: dict[str, str] = {}
    for generate in GENERATORS:
        produced = generate()
        twice = files.keys() & produced.keys()
        if twice:
            raise ValueError(f"generated twice: {', '.join(sorted(twice))}")
        files |= produced
    return dict(sorted(files.items()))


def differences(root: Path) -> dict[str, str]:
    """Return what is wrong with the generated files below ``root``: the path, and "missing" or "differs"."""
    found = {}
    for path, text in generated_files().items():
        file = root / path
        if not file.is_file():
            found[path] = "missing"
        elif file.read_bytes() != text.encode():
            found[path] = "differs"
    return found


def write(root: Path) -> list[str]:
    """Write the generated files below ``root`` and return the paths of those that changed."""
    changed = list(differences(root))
    files = generated_files()
    for path in changed:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(files[path].encode())
    return changed

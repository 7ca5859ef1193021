"""Overlay files that are written by tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config.source import Located, SettingsError
from app.overlay.read import Overlay, read_overlay
from tests.app.catalogue.conftest import document

FILE = "overlay.yaml"


def written(folder: Path, content: object) -> Path:
    """An overlay file with this content, or with this text."""
    path = folder / FILE
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return path


def laid_over(folder: Path, content: object) -> Overlay:
    """What such a file makes of the catalogue."""
    return read_overlay(written(folder, content))


def mistakes(folder: Path, content: object) -> list[str]:
    """What is wrong with such a file, one line each, without the folder."""
    path = written(folder, content)
    with pytest.raises(SettingsError) as caught:
        read_overlay(path)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def located(content: object) -> dict[str, Located]:
    """The entries of a mapping as a file has them, all on its first line."""

    def at(value: Any) -> Located:
        if isinstance(value, dict):
            return Located({name: at(one) for name, one in value.items()}, "a mapping", FILE)
        if isinstance(value, list):
            return Located(tuple(map(at, value)), "a list", FILE)
        return Located(value, repr(value), FILE)

    found = at(content).content
    assert isinstance(found, dict)
    return found


def definition(**changes: Any) -> dict[str, Any]:
    """A KPI as a user writes it: over built-in measures, where nothing else is said."""
    own = document(**changes)
    for key in ("id", "version", "family"):
        if key not in changes:
            del own[key]
    return own

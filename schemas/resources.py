"""The data files of this package: JSON Schemas, examples and the published contract, from a checkout or a wheel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from schemas.reasons import Reason

_ROOT = files("schemas")

ENVELOPE = "envelope"
"""The name under which the schema and the examples that are of no one type are filed."""

INTERVENTION = "intervention"
"""The name under which the schema of announcements on `selfserve.interventions` is filed."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example: the bytes as they would stand in Kafka, and why they are refused; None if they are not."""

    type_name: str
    name: str
    raw: bytes
    reason: Reason | None


def json_schema(type_name: str) -> dict[str, Any]:
    """Return the JSON Schema of an event type, or of the ``envelope``.

    Raises:
        FileNotFoundError: there is no such type.
    """
    return _load(f"json/{type_name}.schema.json")


def published() -> dict[str, Any]:
    """Return the contract as it was last published."""
    return _load("published.json")


def examples(type_name: str) -> list[Example]:
    """Return the examples of an event type, or those filed under ``envelope``, by name.

    A file is called ``valid-WHAT.json`` or ``invalid-REASON-WHAT.json``.

    Raises:
        FileNotFoundError: there is no such type.
        ValueError: a file has another name.
    """
    folder = _ROOT.joinpath("examples", type_name)
    found = sorted((entry for entry in folder.iterdir()), key=lambda entry: entry.name)
    return [Example(type_name, entry.name, entry.read_bytes(), _reason(entry.name)) for entry in found]


def _reason(file_name: str) -> Reason | None:
    verdict, _, rest = file_name.partition("-")
    if verdict == "valid" and rest.endswith(".json"):
        return None
    if verdict == "invalid" and rest.endswith(".json"):
        return Reason(rest.partition("-")[0])
    raise ValueError(f"an example is called valid-WHAT.json or invalid-REASON-WHAT.json, not {file_name}")


def _load(path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_ROOT.joinpath(path).read_text(encoding="utf-8"))
    return loaded

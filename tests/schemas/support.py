"""What several tests of the contract need."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from schemas import resources
from schemas.decode import read
from schemas.events import Event
from schemas.reasons import Reason, Refusal
from schemas.resources import Example
from schemas.types import EVENT_TYPES

FOLDERS = (*EVENT_TYPES, resources.ENVELOPE)
VALID: tuple[Example, ...] = tuple(
    example for name in EVENT_TYPES for example in resources.examples(name) if example.reason is None
)


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the JSON Schema validator of an event type."""
    return Draft202012Validator(resources.json_schema(name))


def reason_of(raw: bytes | None) -> Reason | None:
    """Return why the record is refused; None if it is accepted."""
    result = read(raw)
    return result.reason if isinstance(result, Refusal) else None


def event_of(raw: bytes) -> Event:
    """Return the event; the test fails if it is refused."""
    result = read(raw)
    assert isinstance(result, Event), result
    return result


def minimal(name: str) -> dict[str, Any]:
    """Return the smallest event of a type."""
    (example,) = [e for e in resources.examples(name) if e.name == "valid-minimal.json"]
    document: dict[str, Any] = json.loads(example.raw)
    return document


def encode(document: object) -> bytes:
    """Return a document as a producer would write it."""
    return json.dumps(document).encode()

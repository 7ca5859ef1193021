"""What the fields of events are good for in own measures."""

from __future__ import annotations

import functools
from typing import Final

from schemas.shape import Field, fields_of
from schemas.types import EVENT_TYPES
from streams.core.event_fields import DATA, MOMENTS

NOT_FOR_CONDITIONS: Final = {
    "id": "every event has another",
    "time": "windows say from when on events count",
    "is_bot": "events of bots are left out in any case",
    "is_test": "events of tests are left out in any case",
    "schema_version": "it says nothing about what happened",
}
"""Envelope fields that no condition asks for, and why."""

_NAMES_ONE: Final = frozenset({"data.referred_by", "data.email_hash", "data.user_agent"})


@functools.cache
def fields_by_name(event_type: str) -> dict[str, Field]:
    """Return the fields of a type of event by the names that measures use: those of data with `data.` before them."""
    found: dict[str, Field] = {}
    for field in fields_of(EVENT_TYPES[event_type]):
        if field.name == DATA.removesuffix("."):
            found |= {DATA + one.name: one for one in field.fields}
        else:
            found[field.name] = field
    return found


def kinds_of(field: Field) -> frozenset[str]:
    """Return the kinds of JSON value that a field accepts, but for null."""
    return frozenset(field.accepts) - {"null"}


def is_moment(name: str) -> bool:
    """Whether a field is a moment other than the event's own time."""
    return name in MOMENTS


def why_no_condition(name: str, field: Field) -> str | None:
    """Return why a condition cannot ask for a field."""
    if name in NOT_FOR_CONDITIONS:
        return NOT_FOR_CONDITIONS[name]
    if is_moment(name):
        return "it is a moment"
    return "it may be a list" if "array" in field.accepts else None


def why_no_dimension(name: str, field: Field) -> str | None:
    """Return why the values of a field cannot be told apart as a dimension."""
    if name == "id" or name.endswith("_id") or name in _NAMES_ONE:
        return "it names single things or persons, of which there is no end"
    if name in NOT_FOR_CONDITIONS:
        return NOT_FOR_CONDITIONS[name]
    if is_moment(name) or not kinds_of(field) & {"string", "boolean"} or "number" in field.accepts:
        return "its values are numbers or moments, of which there is no end; make a condition of it"
    return None


def why_no_sum(name: str, field: Field) -> str | None:
    """Return why the values of a field cannot be added up."""
    if name in NOT_FOR_CONDITIONS or kinds_of(field) != {"integer"}:
        return f"its values are {_spoken(name, field)}, not whole numbers"
    return None


def why_no_distribution(name: str, field: Field) -> str | None:
    """Return why the values of a field have no distribution."""
    if is_moment(name):
        return None
    number = field.accepts.get("number", field.accepts.get("integer"))
    if name in NOT_FOR_CONDITIONS or number is None or "array" in field.accepts:
        return f"its values are {_spoken(name, field)}, neither numbers nor moments"
    if number.get("minimum", -1) < 0:
        return "its values may be negative; only their sum can be counted"
    if "string" in field.accepts and "enum" not in field.accepts["string"]:
        return "its values may be names"
    return None


def _spoken(name: str, field: Field) -> str:
    if is_moment(name) or name == "time":
        return "moments"
    words = {
        "string": "texts",
        "boolean": "yes or no",
        "number": "numbers with fractions",
        "integer": "numbers",
    }
    return " or ".join(dict.fromkeys(words.get(kind, f"{kind}s") for kind in field.accepts if kind != "null"))

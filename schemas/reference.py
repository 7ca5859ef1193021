"""The contract as Markdown tables, for the pages of a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schemas.reasons import Reason
from schemas.shape import INSTANT_PATTERN, Field, Limits, data_of, envelope, fields_of
from schemas.topics import SOURCE_TOPICS
from schemas.types import EVENT_TYPES, EventType

_KIND_NAMES = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "string"}


def envelope_table() -> str:
    """Return the fields of the envelope."""
    head, *rest = [(f"`{field.name}`", holds(field), _must(field), field.description) for field in envelope()]
    kind = ("`type`", "string", "required", "One of the types below.")
    return _table(("field", "holds", "", "meaning"), [head, kind, *rest])


def types_tables() -> str:
    """Return, for each source topic, its types and then the fields of their ``data``."""
    parts = []
    for topic in SOURCE_TOPICS:
        types = [event_type for event_type in EVENT_TYPES.values() if event_type.topic == topic.name]
        parts += [
            f"### `{topic.name}`: {topic.carries}",
            _table(("type", "meaning", "`data`"), [_type_row(event_type) for event_type in types]),
            _table(("field of `data`", "of", "holds", "meaning"), _field_rows(types)),
        ]
    return "\n\n".join(parts)


def reasons_table() -> str:
    """Return the closed list of reasons for refusing a record."""
    rows = [(f"`{reason}`", reason.meaning, reason.remedy) for reason in Reason]
    return _table(("reason", "meaning", "what to do"), rows)


def holds(field: Field) -> str:
    """Return in a few words what may stand in a field."""
    kinds = [_kind(kind, limits) for kind, limits in field.accepts.items() if kind != "null"]
    if any(limits.get("pattern") == INSTANT_PATTERN for limits in field.accepts.values()):
        return "instant"
    return ", or ".join(kinds)


def _kind(kind: str, limits: Limits) -> str:
    if "enum" in limits:
        return ", ".join(f"`{value}`" for value in limits["enum"])
    if kind == "array":
        return f"list of at most {limits['maxItems']} strings"
    return _KIND_NAMES[kind]


def _must(field: Field) -> str:
    if field.required:
        return "required"
    return "" if field.default is None else f"default {str(field.default).lower()}"


def _type_row(event_type: EventType) -> tuple[str, str, str]:
    data = ", ".join(f"`{field.name}`{'' if field.required else '?'}" for field in data_of(event_type))
    optional = {field.name for field in envelope() if not field.required}
    needs = [
        f"`{field.name}`" for field in fields_of(event_type) if field.required and field.name in optional
    ]
    summary = event_type.summary + (f" Needs {', '.join(needs)}." if needs else "")
    return f"`{event_type.name}`", summary, data or "none"


def _field_rows(types: Iterable[EventType]) -> list[tuple[str, str, str, str]]:
    """Return a row for each field that differs from all others, naming the types that have it."""
    users: list[tuple[Field, list[str]]] = []
    for event_type in types:
        for field in data_of(event_type):
            known = next((names for other, names in users if other == field), None)
            if known is None:
                users.append((field, [event_type.name]))
            else:
                known.append(event_type.name)
    return [(f"`{field.name}`", _names(names), holds(field), _meaning(field)) for field, names in users]


def _names(types: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in types)


def _meaning(field: Field) -> str:
    default = "" if field.default is None else f" Default: {str(field.default).lower()}."
    return field.description + default


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

"""The shape of every event, read off the structs: the one description from which all generated artefacts are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from schemas.events import Event
from schemas.types import EVENT_TYPES, EventType

Limits = Mapping[str, Any]
"""The JSON Schema keywords that restrict one kind of JSON value."""

# The decoder's reading of RFC 3339, day of the month and leap years included. It also takes a blank instead of the T and
# an offset without a colon; a leap second is not a time the decoder has.
_DATE = (
    r"(?:(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:19(?:7[26]|8[048]|9[26])|[2-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)-02-29)"
)
_TIME = (
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
)
INSTANT_PATTERN = f"^{_DATE}[Tt ]{_TIME}$"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: which kinds of JSON value it accepts, each with its limits, and what it means.

    ``accepts`` is keyed by JSON Schema's type names. ``fields`` are those of an object. ``default`` is what a missing
    field stands for; None if it stands for nothing.
    """

    name: str
    required: bool
    accepts: Mapping[str, Limits]
    description: str
    default: bool | int | None = None
    fields: tuple[Field, ...] = ()


def fields_of(event_type: EventType) -> tuple[Field, ...]:
    """Return the fields of a type beside ``type`` itself: the envelope's, and ``data`` if it has any."""
    return _fields(event_type.struct)


def envelope() -> tuple[Field, ...]:
    """Return the fields that every type has, beside ``type`` itself."""
    return _fields(Event)


def data_of(event_type: EventType) -> tuple[Field, ...]:
    """Return the fields of the type's ``data``; none for a type without."""
    return next((field.fields for field in fields_of(event_type) if field.name == "data"), ())


def all_shapes() -> dict[str, tuple[Field, ...]]:
    """Return the fields of every type, by its name."""
    return {name: fields_of(event_type) for name, event_type in EVENT_TYPES.items()}


def _fields(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    by_name = {field.encode_name: _field(field) for field in described.fields}
    # A field that a type declares anew moves to the end of its struct; here it keeps the envelope's place.
    order = [field.encode_name for field in _own_fields(Event)] if issubclass(struct, Event) else []
    names = sorted(by_name, key=lambda name: order.index(name) if name in order else len(order))
    return tuple(by_name[name] for name in names)


def _own_fields(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    return described.fields


def _field(field: inspect.Field) -> Field:
    accepts: dict[str, Limits] = {}
    texts: list[str] = []
    inner: list[Field] = []
    _collect(field.type, accepts, texts, inner)
    return Field(
        name=field.encode_name,
        required=field.required,
        accepts=accepts,
        description=texts[0] if texts else "",
        default=None if field.required else field.default,
        fields=tuple(inner),
    )


def _collect(kind: inspect.Type, accepts: dict[str, Limits], texts: list[str], inner: list[Field]) -> None:
    """Add what a msgspec type accepts, says of itself and contains."""
    match kind:
        case inspect.Metadata(type=wrapped, extra_json_schema=extra):
            texts.extend([extra["description"]] if extra else [])
            _collect(wrapped, accepts, texts, inner)
        case inspect.UnionType(types=members):
            for member in members:
                _collect(member, accepts, texts, inner)
        case inspect.StructType(cls=struct):
            accepts["object"] = {}
            texts.append((struct.__doc__ or "").strip().partition("\n")[0])
            inner.extend(_fields(struct))
        case inspect.NoneType():
            accepts["null"] = {}
        case inspect.BoolType():
            accepts["boolean"] = {}
        case inspect.StrType(min_length=least, max_length=most, pattern=pattern):
            accepts["string"] = _given(minLength=least, maxLength=most, pattern=pattern)
        case inspect.LiteralType(values=values):
            accepts["string"] = {"enum": list(values)}
        case inspect.DateTimeType(tz=True):
            accepts["string"] = {"pattern": INSTANT_PATTERN}
        case inspect.IntType(ge=least, le=most):
            accepts["integer"] = _given(minimum=least, maximum=most)
        case inspect.FloatType(ge=least, le=most):
            accepts["number"] = _given(minimum=least, maximum=most)
        case inspect.ListType(item_type=item, max_length=most):
            items: dict[str, Limits] = {}
            _collect(item, items, [], [])
            accepts["array"] = {**_given(maxItems=most), "items": json_schema_of(items)}
        case _:
            raise TypeError(f"the contract has no use for {kind}: extend schemas/shape.py")


def json_schema_of(accepts: Mapping[str, Limits]) -> dict[str, Any]:
    """Return the JSON Schema of a value that may be of any of these kinds."""
    if len(accepts) > 1 and any("enum" in limits for limits in accepts.values()):
        if accepts.keys() == {"string", "null"}:
            return {"enum": [*accepts["string"]["enum"], None]}
        return {"anyOf": [{"type": kind, **limits} for kind, limits in accepts.items()]}
    # Every keyword concerns one kind of value only, so the limits of several kinds can stand side by side.
    kinds = list(accepts)
    merged: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    for limits in accepts.values():
        merged.update(limits)
    return merged


def _given(**limits: float | str | None) -> dict[str, Any]:
    return {name: limit for name, limit in limits.items() if limit is not None}

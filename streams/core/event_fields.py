"""Fields of events by the names that producers write: how to read one, whatever the type of event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import NODEFAULT, inspect

from schemas.events import Event, SurveyAnswerData
from schemas.instants import instant_ms

DATA: Final = "data."
"""Stands before the fields that only some types of event have."""

MOMENTS: Final = frozenset({"data.requested_at", "data.period_end"})
"""Fields that are moments: what is distributed of them is the time from then to the event."""

Reader = Callable[[Any], Any]
"""Reads a field of an event; None: the event leaves it out. An empty text is no text."""


def reader(struct: type[Event], field: str) -> Reader:
    """Return what reads ``field`` of events of a type. Raises `KeyError` where the type has no such field."""
    if not field.startswith(DATA):
        return _of(_fields(struct)[field].name)
    data = _data(struct)
    if data is None:
        raise KeyError(field)
    found = _fields(data)[field.removeprefix(DATA)]
    if data is SurveyAnswerData and found.name == "score":
        # `good` and `bad` are the ends of the scale.
        return lambda event: event.data.points
    of_data = _of(found.name)
    if found.name == "currency":
        return lambda event: of_data(event.data).upper()
    default = None if found.default is NODEFAULT else found.default
    return lambda event: default if event.data is None else of_data(event.data)


def elapsed(struct: type[Event], field: str) -> Reader:
    """Return what reads the milliseconds from the moment in ``field`` to the event; none where it lies after it."""
    moment = reader(struct, field)

    def read(event: Any) -> int | None:
        at = moment(event)
        return None if at is None else max(0, instant_ms(event.time) - instant_ms(at))

    return read


def _of(attribute: str) -> Reader:
    def read(struct: Any) -> Any:
        value = getattr(struct, attribute)
        return None if value == "" else value

    return read


def _fields(struct: type[Any]) -> dict[str, inspect.Field]:
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: field for field in described.fields}


def _data(struct: type[Event]) -> type[Any] | None:
    found = _fields(struct).get("data")
    if found is None:
        return None
    kinds = found.type.types if isinstance(found.type, inspect.UnionType) else (found.type,)
    return next(kind.cls for kind in kinds if isinstance(kind, inspect.StructType))

"""From bytes to a typed event, or to a refusal with a reason.

`read` is the whole of it and the definition of what is accepted. A loop over many records may take it apart: `decode`
is the bare decoder and raises; `refuse` explains afterwards why it did; `check` adds what types cannot say. Whoever
does that must also compare the length with `MAX_EVENT_BYTES`, which `decode` does not.

Where several things are wrong with a record, the reason is the first of: oversized, not_json, unknown_type, time_invalid,
schema, no_customer. It does not depend on the order of the fields.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final, Union

import msgspec

from schemas.events import Event, customer_of, event_time_ms, type_name
from schemas.fields import MAX_TIME_MS, Instant
from schemas.instants import instant_ms
from schemas.reasons import Reason, Refusal
from schemas.types import EVENT_TYPES, TYPE_OF_STRUCT

MAX_EVENT_BYTES: Final = 256 * 1024
"""The largest record that is read as an event."""

_QUOTED = 80  # characters of somebody else's text that a message repeats

_ANY_EVENT: Any = Union[tuple(TYPE_OF_STRUCT)]  # noqa: UP007  (the members are only known at run time)

decode: Final[Callable[[bytes], Event]] = msgspec.json.Decoder(_ANY_EVENT).decode
"""The bare decoder: a typed event, or an exception of any kind, for which `refuse` finds the words."""


class _Outline(msgspec.Struct):
    """The two fields that decide how the rest is read, whatever they hold."""

    type: msgspec.Raw = msgspec.Raw(b"null")
    time: msgspec.Raw = msgspec.Raw(b"null")


_decode_outline = msgspec.json.Decoder(_Outline).decode
_decode_name: Callable[[msgspec.Raw], str | None] = msgspec.json.Decoder(str | None).decode
_decode_time: Callable[[msgspec.Raw], datetime | int | None] = msgspec.json.Decoder(Instant | None).decode


def read(raw: bytes | None) -> Event | Refusal:
    """Return a valid event, or why there is none; None stands for a record without a value.

    Never raises, whatever the bytes.
    """
    if raw is None or len(raw) > MAX_EVENT_BYTES:
        return refuse(raw)
    try:
        event = decode(raw)
    except Exception as error:  # noqa: BLE001  (a bad record may end nothing but itself)
        return refuse(raw, error)
    return check(event) or event


def check(event: Event) -> Refusal | None:
    """Return what is wrong with a decoded event that its types could not say, or None."""
    time = event_time_ms(event)
    if not 0 <= time <= MAX_TIME_MS:
        return _bad_time(f"{time} ms since the epoch")
    if customer_of(event) is None and TYPE_OF_STRUCT[type(event)].needs_customer:
        return Refusal(
            Reason.NO_CUSTOMER,
            f"{type_name(event)}: one of `user_id`, `anonymous_id`, `account_id` is required and must not be empty",
        )
    return None


def refuse(raw: bytes | None, error: Exception | None = None) -> Refusal:
    """Return why the record is not an event. ``error`` is what `decode` raised, if the caller has it.

    Slow: the record is read again, several times if need be.

    Raises:
        ValueError: nothing is wrong with the record and no error was given.
    """
    if not raw:
        return Refusal(Reason.NOT_JSON, "the record has no value (a tombstone, or an empty message)")
    if len(raw) > MAX_EVENT_BYTES:
        return Refusal(Reason.OVERSIZED, f"the record has {len(raw)} bytes, the limit is {MAX_EVENT_BYTES}")
    try:
        raw.decode()  # the decoder skips over what it does not need, and so over bad bytes in there
        outline = _decode_outline(raw)
    except RecursionError:
        return Refusal(Reason.NOT_JSON, "nested too deeply to be read")
    except Exception as malformed:  # noqa: BLE001  (as in `read`)
        return Refusal(Reason.NOT_JSON, str(malformed))
    return _wrong_type(outline) or _wrong_time(outline) or _wrong_fields(raw, outline, error)


def _wrong_type(outline: _Outline) -> Refusal | None:
    try:
        name = _decode_name(outline.type)
    except msgspec.DecodeError:
        return Refusal(Reason.SCHEMA, f"`type` must be a string, got {_quote(outline.type)}")
    if name is None:
        return Refusal(Reason.SCHEMA, "`type` is required")
    if name in EVENT_TYPES:
        return None
    closest = get_close_matches(name[:_QUOTED], EVENT_TYPES, n=1)
    hint = f", did you mean `{closest[0]}`?" if closest else ""
    return Refusal(Reason.UNKNOWN_TYPE, f"{_quote(outline.type)} is not an event type{hint}")


def _wrong_time(outline: _Outline) -> Refusal | None:
    try:
        time = _decode_time(outline.time)
    except msgspec.DecodeError:
        return _bad_time(_quote(outline.time))
    if time is None:
        return Refusal(Reason.SCHEMA, "`time` is required")
    return None if 0 <= instant_ms(time) <= MAX_TIME_MS else _bad_time(_quote(outline.time))


def _wrong_fields(raw: bytes, outline: _Outline, error: Exception | None) -> Refusal:
    try:
        event = decode(raw)
    except Exception as again:  # noqa: BLE001  (as in `read`)
        return Refusal(Reason.SCHEMA, f"{_decode_name(outline.type)}: {again}")
    refusal = check(event)
    if refusal is not None:
        return refusal
    if error is None:
        raise ValueError("the record is a valid event, there is nothing to refuse")
    return Refusal(Reason.SCHEMA, f"{_decode_name(outline.type)}: {error}")


def _bad_time(found: str) -> Refusal:
    return Refusal(
        Reason.TIME_INVALID,
        f"`time` is {found}, expected RFC 3339 with an offset or whole milliseconds since the epoch, from 1970 to 9999",
    )


def _quote(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode()
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"

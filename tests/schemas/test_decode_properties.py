"""Whatever the bytes, there is an event or a refusal; and the JSON Schemas agree with the decoder on mutated events."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from datetime import date
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from schemas import resources
from schemas.decode import MAX_EVENT_BYTES, check, decode, read, refuse
from schemas.events import Event, customer_of, event_time_ms
from schemas.fields import MAX_TIME_MS
from schemas.reasons import Reason, Refusal
from schemas.shape import INSTANT_PATTERN
from schemas.types import EVENT_TYPES, TYPE_OF_STRUCT
from tests.schemas.support import VALID, encode, reason_of, validator

NASTY = st.sampled_from(
    [
        b"\xff",
        b"\xed\xa0\x80",
        b"\x00",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[" * 2_000,
        b'{"a":' * 2_000,
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"-" + b"9" * 5_000,
        b"0.1e-99999",
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\u0000"',
        b"null",
        b"true",
        b'"type":"help.solved",',
        b'"time":"2026-03-14T09:26:53Z",',
        b'"t\\u0069me":1,',
        b'"data":{"data":{}},',
        "\u2028🧭é".encode(),
        b"\xef\xbb\xbf",
        b" " * MAX_EVENT_BYTES,
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a valid event with pieces cut out, doubled, or replaced by something nasty."""
    raw = draw(st.sampled_from(VALID)).raw
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 30)))
        raw = raw[:start] + draw(NASTY | st.binary(max_size=8) | st.just(raw[start:end] * 2)) + raw[end:]
    return raw


def _assert_event_or_refusal(raw: bytes) -> None:
    result = read(raw)
    if isinstance(result, Refusal):
        assert result.reason in set(Reason) - {Reason.FUTURE, Reason.UNMAPPED}
        assert result.message
        result.message.encode()  # a message goes to Kafka: no half characters
        return
    assert 0 <= event_time_ms(result) <= MAX_TIME_MS
    customer = customer_of(result)
    assert customer is None or customer.encode()
    assert customer is not None or not TYPE_OF_STRUCT[type(result)].needs_customer


@given(st.binary(max_size=200))
def test_any_bytes_give_an_event_or_a_refusal(raw: bytes) -> None:
    _assert_event_or_refusal(raw)


@given(damaged())
@example(b'{"type":"page.viewed","id":"1","user_id":"u","t\\u0069me":1}')
@example(b'{"type":"page.viewed","type":"help.solved","id":"1","user_id":"u","time":1}')
@example(b'{"type":"page.viewed","id":"1","user_id":"u","time":1,"time":"noon"}')
@example(b'{"type":"page.viewed","id":"1","user_id":"u","time":"noon","time":1}')
@example(b'{"type":"page.viewed","id":"1","user_id":"u","time":1,"data":' + b"[" * 900 + b"]" * 900 + b"}")
@example(b'{"type":"page.viewed","id":"1","user_id":"u","time":' + b"9" * 5_000 + b"}")
@example(b'{"type":' + b"9" * 5_000 + b',"time":1}')
@example(b'{"type":' + b"[" * 900 + b"]" * 900 + b"}")
def test_a_damaged_event_gives_an_event_or_a_refusal(raw: bytes) -> None:
    _assert_event_or_refusal(raw)


@given(damaged() | st.sampled_from(VALID).map(lambda e: e.raw))
def test_reading_is_decoding_and_checking_and_refusing(raw: bytes) -> None:
    """The parts, put together the way a batch loop does it, give what `read` gives."""
    result: Event | Refusal
    try:
        event = decode(raw)
    except Exception as error:  # noqa: BLE001  (the decoder's errors have no common class)
        result = refuse(raw, error)
    else:
        result = refuse(raw) if len(raw) > MAX_EVENT_BYTES else check(event) or event
    assert result == read(raw)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 1_001)
    | st.sampled_from([MAX_TIME_MS, MAX_TIME_MS + 1, 2**53 - 1, 2**53, -(2**53) + 1, -(2**53)])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.integers(255, 258).map(lambda length: "é" * length)
    | st.sampled_from(
        ["customer", "bot", "agent", "nps", "good", "EUR", "eur", "EURO", "open", "team", "user"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


_GOOD_DAYS = st.dates(date(1970, 1, 1), date(9999, 12, 31)).map(str)
_BAD_DAYS = st.sampled_from(
    ["1969-12-31", "2023-02-29", "2100-02-29", "2024-04-31", "2024-13-01", "24-01-01"]
)
_GOOD_CLOCKS = st.times().map(lambda time: time.isoformat("seconds"))
_BAD_CLOCKS = st.sampled_from(["24:00:00", "09:60:00", "23:59:60", "9:26:53", "09:26"])
_GOOD_FRACTIONS = st.sampled_from(["", ".5", ".589", ".589274", ".000000001"])
_BAD_FRACTIONS = st.sampled_from([".", ",5", ".5x"])
_GOOD_ZONES = st.sampled_from(["Z", "z", "+00:00", "-00:00", "+0530", "-23:59", "+23:59"])
_BAD_ZONES = st.sampled_from(["", "+05", "+24:00", "+01:60", "UTC", " Z"])


@st.composite
def times(draw: st.DrawFn) -> str:
    """Return an RFC 3339 time in which at most one part is wrong."""
    wrong = draw(st.sampled_from(["nothing", "nothing", "day", "separator", "clock", "fraction", "zone"]))
    return "".join(
        [
            draw(_BAD_DAYS if wrong == "day" else _GOOD_DAYS),
            draw(st.sampled_from("_," if wrong == "separator" else "Tt ")),
            draw(_BAD_CLOCKS if wrong == "clock" else _GOOD_CLOCKS),
            draw(_BAD_FRACTIONS if wrong == "fraction" else _GOOD_FRACTIONS),
            draw(_BAD_ZONES if wrong == "zone" else _GOOD_ZONES),
        ]
    )


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Return a valid event in which some fields were removed or hold something else, and its type."""
    chosen = draw(st.sampled_from(VALID))
    document: dict[str, Any] = json.loads(chosen.raw)
    schema = resources.json_schema(chosen.type_name)
    for _ in range(draw(st.integers(1, 3))):
        inner = isinstance(document.get("data"), dict) and draw(st.booleans())
        target = document["data"] if inner else document
        known = (
            schema["properties"]["data"]["properties"] if inner and "data" in schema["properties"] else None
        )
        names = sorted((known or schema["properties"]).keys() - {"type"})
        name = draw(st.sampled_from(names))
        if draw(st.integers(0, 3)) == 0:
            target.pop(name, None)
        elif name in {"time", "period_end", "requested_at"}:
            target[name] = draw(times() | JSON)
        else:
            target[name] = draw(JSON)
    return chosen.type_name, document


def _beyond_json_schema(document: dict[str, Any]) -> bool:
    """Return whether the decoder refuses, or may, for one of the three reasons that have no words in JSON Schema."""
    data = document.get("data")
    score, scale = (data.get("score"), data.get("scale")) if isinstance(data, dict) else (None, None)
    above = isinstance(score, int | float) and isinstance(scale, int | float) and score > scale
    edge = re.search(r'(1969-12-31|1970-01-01|9999-12-31)[^"]*[+-][0-9:]+"', json.dumps(document))
    return above or edge is not None or _has_whole_float(document)


def _has_whole_float(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_whole_float, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and value.is_integer()


@given(mutated())
def test_the_json_schema_and_the_decoder_agree_on_mutated_events(case: tuple[str, dict[str, Any]]) -> None:
    name, document = case
    assume(not _beyond_json_schema(document))
    assert validator(name).is_valid(document) == isinstance(read(encode(document)), Event)


@given(times())
def test_the_pattern_of_a_time_accepts_what_the_decoder_accepts(time: str) -> None:
    document = {"id": "1", "type": "page.viewed", "time": time, "user_id": "u"}
    assume(not _beyond_json_schema(document))
    assert validator("page.viewed").is_valid(document) == isinstance(read(encode(document)), Event)


def test_the_pattern_of_a_time_knows_every_day_of_the_calendar() -> None:
    matches = re.compile(INSTANT_PATTERN).search
    for year in (*range(1970, 2110), 2200, 2300, 2400, 3000, 3200, 9996, 9999):
        for month in range(1, 13):
            last = monthrange(year, month)[1]
            found = [day for day in range(33) if matches(f"{year}-{month:02d}-{day:02d}T09:26:53Z")]
            assert found == list(range(1, last + 1)), (year, month)


@given(mutated(), st.randoms(use_true_random=False))
def test_the_reason_does_not_depend_on_the_order_of_the_fields(
    case: tuple[str, dict[str, Any]], random: Any
) -> None:
    _, document = case
    keys = list(document)
    random.shuffle(keys)
    assert reason_of(encode({key: document[key] for key in keys})) == reason_of(encode(document))


@given(st.text(max_size=30).filter(lambda name: name not in EVENT_TYPES))
def test_a_type_that_is_not_in_the_list_is_unknown(name: str) -> None:
    document = {"id": "1", "type": name, "time": 0, "user_id": "u"}
    assert reason_of(encode(document)) is Reason.UNKNOWN_TYPE

"""A record that is no event is refused with the right reason and a message that helps."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.decode import MAX_EVENT_BYTES, check, decode, read, refuse
from schemas.events import Event
from schemas.reasons import Reason, Refusal
from tests.schemas.support import encode, minimal, reason_of

PAGE = minimal("page.viewed")
RATED = minimal("help.article_rated")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (None, "no value"),
        (b"", "no value"),
        (b"{", "truncated"),
        (b'{"id": NaN}', "invalid character"),
        (b'{"id": "1"} {"id": "2"}', "trailing characters"),
        (b"\xef\xbb\xbf" + encode(PAGE), "invalid character"),
        (encode(PAGE)[:-1] + b', "note": "\xff", "time": 1.5}', "utf-8"),
        (b"\x00\x00\x00\x00\x07" + encode(PAGE), "invalid character"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "deeply"),
        (b"null", "`null`"),
        (b'[{"type": "page.viewed"}]', "`array`"),
    ],
)
def test_bytes_that_are_no_json_object_are_not_json(raw: bytes | None, message: str) -> None:
    refusal = read(raw)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.NOT_JSON
    assert message in refusal.message


@pytest.mark.parametrize(
    ("document", "reason", "message"),
    [
        ({"id": "1"}, Reason.SCHEMA, "`type` is required"),
        (PAGE | {"type": ["page.viewed"]}, Reason.SCHEMA, '`type` must be a string, got ["page.viewed"]'),
        (PAGE | {"type": "page_viewed"}, Reason.UNKNOWN_TYPE, "did you mean `page.viewed`?"),
        (PAGE | {"type": "conversation.closed"}, Reason.UNKNOWN_TYPE, "did you mean `conversation."),
        (PAGE | {"type": "zzz"}, Reason.UNKNOWN_TYPE, '"zzz" is not an event type'),
        (PAGE | {"type": "x" * 5_000}, Reason.UNKNOWN_TYPE, "xxx…"),
        (PAGE | {"time": None}, Reason.SCHEMA, "`time` is required"),
        (PAGE | {"time": "noon"}, Reason.TIME_INVALID, '`time` is "noon", expected RFC 3339'),
        (PAGE | {"time": {"at": 1}}, Reason.TIME_INVALID, '`time` is {"at": 1}, expected'),
        (PAGE | {"time": "1970-01-01T00:30:00+01:00"}, Reason.TIME_INVALID, "-1800000 ms since the epoch"),
        (PAGE | {"time": "9999-12-31T23:30:00-01:00"}, Reason.TIME_INVALID, "from 1970 to 9999"),
        (
            RATED | {"data": {"helpful": True}},
            Reason.SCHEMA,
            "missing required field `article` - at `$.data`",
        ),
        (RATED | {"data": {"article": "a", "helpful": 1}}, Reason.SCHEMA, "at `$.data.helpful`"),
        (PAGE | {"plan": 3}, Reason.SCHEMA, "page.viewed: Expected `str | null`, got `int` - at `$.plan`"),
        (PAGE | {"user_id": ""}, Reason.NO_CUSTOMER, "`anonymous_id`"),
    ],
)
def test_the_message_says_what_is_wrong_and_where(document: object, reason: Reason, message: str) -> None:
    refusal = read(encode(document))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason
    assert message in refusal.message


def test_a_score_above_its_scale_is_refused() -> None:
    document = minimal("survey.responded")
    document["data"] |= {"score": 9, "scale": 5}
    refusal = read(encode(document))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.SCHEMA
    assert "`score` is 9, above the `scale` of 5 - at `$.data`" in refusal.message


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"type": "page.seen"}, {"time": "noon"}),
        ({"time": "noon"}, {"plan": 3}),
        ({"time": "1969-12-31T00:00:00Z"}, {"id": ""}),
        ({"plan": 3}, {"user_id": None}),
    ],
)
def test_of_two_faults_the_one_named_does_not_depend_on_the_order_of_the_fields(
    worse: dict[str, Any], better: dict[str, Any]
) -> None:
    reason = reason_of(encode(PAGE | worse))
    document = PAGE | worse | better
    backwards = dict(reversed(document.items()))
    assert reason_of(encode(document)) == reason_of(encode(backwards)) == reason
    assert reason_of(encode(PAGE | better)) != reason


def test_a_type_that_comes_last_is_found() -> None:
    document = {key: PAGE[key] for key in PAGE if key != "type"} | {"type": "page.viewed"}
    assert read(encode(document)) == read(encode(PAGE))


def test_an_event_of_exactly_the_greatest_size_is_read_and_one_byte_more_is_not() -> None:
    raw = encode(PAGE)
    padded = raw + b" " * (MAX_EVENT_BYTES - len(raw))
    assert isinstance(read(padded), Event)
    refusal = read(padded + b" ")
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.OVERSIZED
    assert str(MAX_EVENT_BYTES) in refusal.message


def test_refusing_finds_the_error_itself_or_takes_the_one_it_is_given() -> None:
    raw = encode(PAGE | {"plan": 3})
    with pytest.raises(ValueError, match="plan") as caught:
        decode(raw)
    assert refuse(raw) == refuse(raw, caught.value) == read(raw)


def test_there_is_nothing_to_refuse_about_a_valid_event() -> None:
    with pytest.raises(ValueError, match="nothing to refuse"):
        refuse(encode(PAGE))


def test_an_error_the_record_does_not_explain_is_still_reported() -> None:
    refusal = refuse(encode(PAGE), RuntimeError("out of luck"))
    assert refusal == Refusal(Reason.SCHEMA, "page.viewed: out of luck")


def test_a_decoded_event_without_fault_passes_the_check() -> None:
    assert check(decode(encode(PAGE))) is None

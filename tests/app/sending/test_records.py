"""Where an event goes, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.sending.records import Record, Routing
from schemas.reasons import Reason, Refusal

NOW = 1_800_000_000_000
ROUTING = Routing(None, NOW, 300_000)


def raw(type_: str = "page.viewed", **fields: Any) -> bytes:
    return json.dumps({"id": "1", "type": type_, "time": NOW - 5, "user_id": "u", **fields}).encode()


@pytest.mark.parametrize(
    ("type_", "fields", "topic", "key"),
    [
        ("page.viewed", {}, "product.events", b"u"),
        ("help.solved", {"anonymous_id": "a"}, "support.events", b"u"),
        ("visit.started", {"user_id": None, "anonymous_id": "a"}, "account.events", b"a"),
        ("page.viewed", {"user_id": "", "account_id": "acme"}, "product.events", b"acme"),
        ("enhancement.requested", {"data": {"enhancement_id": "e1"}}, "feedback.events", b"e1"),
    ],
)
def test_the_topic_follows_from_the_type_and_the_key_is_the_customer(
    type_: str, fields: dict[str, Any], topic: str, key: bytes
) -> None:
    value = raw(type_, **fields)
    assert ROUTING.record(value) == Record(NOW - 5, topic, key, value)


def test_a_named_topic_is_for_all() -> None:
    found = Routing("raw.events", NOW, 0).record(raw("help.solved"))
    assert isinstance(found, Record)
    assert found.topic == "raw.events"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"nonsense", Reason.NOT_JSON),
        (raw("page.seen"), Reason.UNKNOWN_TYPE),
        (raw(user_id=None), Reason.NO_CUSTOMER),
        (raw(time="yesterday"), Reason.TIME_INVALID),
        (raw("help.searched"), Reason.SCHEMA),
        (raw(time=NOW + 300_001), Reason.FUTURE),
    ],
)
def test_what_the_worker_would_refuse_is_refused_for_the_same_reason(value: bytes, reason: Reason) -> None:
    found = ROUTING.record(value)
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_a_clock_may_be_ahead_by_the_tolerance() -> None:
    assert isinstance(ROUTING.record(raw(time=NOW + 300_000)), Record)


def test_what_is_sent_although_refused_goes_where_it_would_belong() -> None:
    early = raw("help.solved", time=NOW + 10**9)
    assert ROUTING.invalid(early, 7) == Record(NOW + 10**9, "support.events", b"u", early)
    assert ROUTING.invalid(b"nonsense", 7) == Record(7, "product.events", None, b"nonsense")
    assert Routing("mine", NOW, 0).invalid(b"nonsense", 7).topic == "mine"

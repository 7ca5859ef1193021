"""A change that breaks a producer is noticed, whatever kind it is; a change that only adds is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from schemas import resources
from schemas.published import breaking_changes, current

Change = Callable[[dict[str, Any]], object]

STRING = {"string": {"maxLength": 256}, "null": {}}


def _contract() -> dict[str, Any]:
    return copy.deepcopy(current())


def _rule(contract: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    own = contract["types"][name]["fields"]
    rule: dict[str, Any] = own[path] if path in own else contract["envelope"][path]
    return rule


def _accepts(contract: dict[str, Any], name: str, path: str, kind: str) -> dict[str, Any]:
    limits: dict[str, Any] = _rule(contract, name, path)["accepts"][kind]
    return limits


def test_the_published_contract_is_not_broken() -> None:
    assert breaking_changes(resources.published(), current()) == []


def test_the_published_contract_is_the_current_one() -> None:
    assert resources.published() == current(), "run python -m schemas.generate"


BREAKING: dict[str, tuple[Change, str]] = {
    "a type is removed": (lambda c: c["types"].pop("help.solved"), "help.solved: the type was removed"),
    "a field of data is removed": (
        lambda c: c["types"]["help.searched"]["fields"].pop("data.results"),
        "help.searched: `data.results` was removed",
    ),
    "a field of the envelope is removed": (
        lambda c: c["envelope"].pop("segment"),
        "page.viewed: `segment` was removed",
    ),
    "an optional field becomes required": (
        lambda c: _rule(c, "survey.responded", "data.request_id").update(required=True),
        "survey.responded: `data.request_id` is now required",
    ),
    "a field of the envelope becomes required": (
        lambda c: c["envelope"]["session_id"].update(required=True),
        "order.completed: `session_id` is now required",
    ),
    "a type requires a field of the envelope": (
        lambda c: c["types"]["invite.sent"]["fields"].update(
            channel={"required": True, "accepts": {"string": {}}}
        ),
        "invite.sent: `channel` is now required",
    ),
    "a new field is required": (
        lambda c: c["types"]["order.completed"]["fields"].update(
            {"data.total": {"required": True, "accepts": {"integer": {}}}}
        ),
        "order.completed: `data.total` is new and required",
    ),
    "a new object requires a field": (
        lambda c: c["types"]["user.identified"]["fields"].update(
            {
                "data": {"required": False, "accepts": {"object": {}, "null": {}}},
                "data.name": {"required": True, "accepts": {"string": {}}},
            }
        ),
        "user.identified: `data.name` is new and required",
    ),
    "null is no longer accepted": (
        lambda c: c["envelope"]["plan"]["accepts"].pop("null"),
        "page.viewed: `plan` no longer accepts null",
    ),
    "one of two forms is no longer accepted": (
        lambda c: c["envelope"]["time"]["accepts"].pop("integer"),
        "page.viewed: `time` no longer accepts integer",
    ),
    "a number becomes an integer": (
        lambda c: _rule(c, "survey.responded", "data.score").update(accepts={"integer": {}}),
        "survey.responded: `data.score` no longer accepts number",
    ),
    "an enumeration loses a value": (
        lambda c: _accepts(c, "flow.started", "data.kind", "string")["enum"].remove("tour"),
        "flow.started: `data.kind` no longer accepts tour",
    ),
    "a free string becomes an enumeration": (
        lambda c: _accepts(c, "social.mentioned", "data.sentiment", "string").update(enum=["good", "bad"]),
        "social.mentioned: `data.sentiment` is now limited to good, bad",
    ),
    "a string may be less long": (
        lambda c: c["envelope"]["id"]["accepts"]["string"].update(maxLength=64),
        "page.viewed: `id` has a stricter maxLength: 64, was 256",
    ),
    "a string may no longer be empty": (
        lambda c: c["envelope"]["platform"]["accepts"]["string"].update(minLength=1),
        "page.viewed: `platform` has a stricter minLength: 1, was None",
    ),
    "a string has to match": (
        lambda c: _accepts(c, "help.searched", "data.search_id", "string").update(pattern="^q-"),
        "help.searched: `data.search_id` has a new pattern",
    ),
    "a number gets a higher minimum": (
        lambda c: _accepts(c, "help.searched", "data.results", "integer").update(minimum=1),
        "help.searched: `data.results` has a stricter minimum: 1, was 0",
    ),
    "a number gets a lower maximum": (
        lambda c: _accepts(c, "survey.responded", "data.scale", "integer").update(maximum=10),
        "survey.responded: `data.scale` has a stricter maximum: 10, was 1000",
    ),
    "a list may have fewer items": (
        lambda c: _accepts(c, "flow.started", "data.steps", "array").update(maxItems=10),
        "flow.started: `data.steps` has a stricter maxItems: 10, was 1000",
    ),
    "the items of a list are of another kind": (
        lambda c: _accepts(c, "flow.started", "data.steps", "array").update(items={"type": "integer"}),
        "flow.started: `data.steps` items: no longer accepts string",
    ),
    "a default changes": (
        lambda c: _rule(c, "conversation.resolved", "data.confirmed").update(default=True),
        "conversation.resolved: the default of `data.confirmed` changed from False to True",
    ),
    "a type moves to another topic": (
        lambda c: c["types"]["invite.sent"].update(topic="account.events"),
        "invite.sent: moved from topic product.events to account.events",
    ),
    "a type requires a customer": (
        lambda c: c["types"]["enhancement.shipped"].update(needs_customer=True),
        "enhancement.shipped: a customer is now required",
    ),
    "an event no longer makes a customer": (
        lambda c: c["types"]["visit.started"].update(makes_known=False),
        "visit.started: makes_known changed",
    ),
}

SAFE: dict[str, Change] = {
    "nothing changes": lambda _: None,
    "a type is added": lambda c: c["types"].update({"page.left": c["types"]["page.viewed"]}),
    "an optional field is added": lambda c: c["types"]["order.completed"]["fields"].update(
        {"data.total": {"required": False, "accepts": {"integer": {}}}}
    ),
    "a field of the envelope is added": lambda c: c["envelope"].update(
        locale={"required": False, "accepts": STRING}
    ),
    "a required field becomes optional": lambda c: _rule(c, "flow.started", "data.steps").update(
        required=False
    ),
    "a required field becomes optional with a default": lambda c: _rule(
        c, "help.searched", "data.results"
    ).update(required=False, default=0),
    "another form is accepted": lambda c: _rule(c, "order.completed", "data.order_id")["accepts"].update(
        integer={}
    ),
    "an integer may have a fraction": lambda c: _rule(c, "help.searched", "data.results").update(
        accepts={"number": {"minimum": 0}}
    ),
    "an enumeration gains a value": lambda c: _accepts(c, "email.engaged", "data.action", "string")[
        "enum"
    ].append("reply"),
    "an enumeration becomes free": lambda c: _accepts(c, "survey.sent", "data.kind", "string").pop("enum"),
    "a string may be longer": lambda c: c["envelope"]["id"]["accepts"]["string"].update(maxLength=512),
    "a string may be of any length": lambda c: c["envelope"]["id"]["accepts"]["string"].pop("maxLength"),
    "a string no longer has to match": lambda c: _accepts(
        c, "subscription.started", "data.currency", "string"
    ).pop("pattern"),
    "a number gets a lower minimum": lambda c: _accepts(
        c, "subscription.started", "data.mrr", "integer"
    ).update(minimum=-1),
    "a list may have more items": lambda c: _accepts(c, "flow.started", "data.steps", "array").pop(
        "maxItems"
    ),
    "a customer is no longer required": lambda c: c["types"]["visit.started"].update(needs_customer=False),
}


@pytest.mark.parametrize("what", BREAKING)
def test_a_breaking_change_is_noticed(what: str) -> None:
    change, message = BREAKING[what]
    changed = _contract()
    change(changed)
    found = breaking_changes(current(), changed)
    assert any(message in sentence for sentence in found), found


@pytest.mark.parametrize("what", SAFE)
def test_a_safe_change_is_let_through(what: str) -> None:
    changed = _contract()
    SAFE[what](changed)
    assert breaking_changes(current(), changed) == []

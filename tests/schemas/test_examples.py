"""The typed decoder and the JSON Schemas give the same verdict on every example, and the verdict its file name promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from schemas import resources
from schemas.decode import read
from schemas.events import Event, type_name
from schemas.reasons import Reason, Refusal
from schemas.resources import Example
from schemas.shape import Field, data_of, fields_of
from schemas.types import EVENT_TYPES
from tests.schemas.support import FOLDERS, VALID, encode, event_of, minimal, reason_of, validator

ALL = [example for folder in FOLDERS for example in resources.examples(folder)]
CUSTOMER_FIELDS = {"user_id", "anonymous_id", "account_id"}


def _id(example: Example) -> str:
    return f"{example.type_name}/{example.name}"


@pytest.mark.parametrize("example", ALL, ids=_id)
def test_the_decoder_gives_the_verdict_of_the_file_name(example: Example) -> None:
    assert reason_of(example.raw) == example.reason


@pytest.mark.parametrize("example", ALL, ids=_id)
def test_the_json_schema_gives_the_verdict_of_the_file_name(example: Example) -> None:
    errors = list(validator(example.type_name).iter_errors(json.loads(example.raw)))
    assert bool(errors) == (example.reason is not None), errors


@pytest.mark.parametrize("example", VALID, ids=_id)
def test_the_envelope_schema_accepts_every_valid_event(example: Example) -> None:
    validator(resources.ENVELOPE).validate(json.loads(example.raw))


@pytest.mark.parametrize("example", VALID, ids=_id)
def test_a_valid_example_is_of_the_type_it_is_filed_under(example: Example) -> None:
    event = event_of(example.raw)
    assert type_name(event) == example.type_name
    assert type(event) is EVENT_TYPES[example.type_name].struct


@pytest.mark.parametrize("example", VALID, ids=_id)
def test_an_event_written_and_read_again_is_the_same_event(example: Example) -> None:
    event = event_of(example.raw)
    assert read(msgspec.json.encode(event)) == event


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_json_schema_is_itself_valid(folder: str) -> None:
    Draft202012Validator.check_schema(resources.json_schema(folder))


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_full_example_fills_every_field_of_data(name: str) -> None:
    (full,) = [e for e in resources.examples(name) if e.name == "valid-full.json"]
    data = json.loads(full.raw).get("data", {})
    wanted = {field.name for field in data_of(EVENT_TYPES[name])}
    assert wanted <= {key for key, value in data.items() if value not in (None, "")}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_minimal_example_has_nothing_that_can_be_left_out(name: str) -> None:
    event_type = EVENT_TYPES[name]
    document = minimal(name)
    required = {field.name for field in fields_of(event_type) if field.required} | {"type"}
    beyond = document.keys() - required
    assert beyond <= CUSTOMER_FIELDS
    assert len(beyond) == event_type.needs_customer
    assert document.get("data", {}).keys() == {f.name for f in data_of(event_type) if f.required}


def _paths(
    fields: tuple[Field, ...], prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Field]]:
    for field in fields:
        yield (*prefix, field.name), field
        yield from _paths(field.fields, (*prefix, field.name))


REQUIRED = [
    (name, path)
    for name, event_type in EVENT_TYPES.items()
    for path, field in _paths(fields_of(event_type))
    if field.required and (len(path) == 1 or minimal(name).get(path[0]))
]
LIMITED = [
    (name, path, field)
    for name, event_type in EVENT_TYPES.items()
    for path, field in _paths(fields_of(event_type))
    if "string" in field.accepts and len(path) == 2
]


def _changed(name: str, path: tuple[str, ...], value: object) -> bytes:
    document = minimal(name)
    target: dict[str, Any] = document
    for key in path[:-1]:
        target = target.setdefault(key, {})
    target[path[-1]] = value
    return encode(document)


@pytest.mark.parametrize(("name", "path"), REQUIRED)
def test_an_event_without_a_required_field_is_refused_by_both(name: str, path: tuple[str, ...]) -> None:
    document = minimal(name)
    target = document
    for key in path[:-1]:
        target = target[key]
    del target[path[-1]]
    refusal = read(encode(document))
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.SCHEMA
    assert f"`{path[-1]}`" in refusal.message
    assert not validator(name).is_valid(document)


@pytest.mark.parametrize(("name", "path", "field"), LIMITED)
def test_a_string_beyond_its_limits_is_refused_by_both(
    name: str, path: tuple[str, ...], field: Field
) -> None:
    limits = field.accepts["string"]
    bad = ["not in the list"] if "enum" in limits else []
    bad += ["x" * (limits["maxLength"] + 1)] if "maxLength" in limits else []
    bad += [""] if "minLength" in limits else []
    bad += ["no match"] if "pattern" in limits else []
    assert bad or field.name == "user_agent", "this string has no limit at all"
    for value in bad:
        raw = _changed(name, path, value)
        assert reason_of(raw) is Reason.SCHEMA, value
        assert not validator(name).is_valid(json.loads(raw)), value


@pytest.mark.parametrize(("name", "path", "field"), LIMITED)
def test_every_value_of_an_enumeration_is_accepted_by_both(
    name: str, path: tuple[str, ...], field: Field
) -> None:
    for value in field.accepts["string"].get("enum", []):
        raw = _changed(name, path, value)
        assert isinstance(read(raw), Event), value
        validator(name).validate(json.loads(raw))

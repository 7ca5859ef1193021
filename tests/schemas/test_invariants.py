"""What must hold of the contract as a whole: nothing is missing, nothing is left over, every list is complete."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from schemas import events, resources
from schemas.events import Event
from schemas.fields import MAX_ID_LENGTH
from schemas.reasons import Reason
from schemas.resources import INTERVENTION, examples, json_schema
from schemas.shape import Field, all_shapes, envelope
from schemas.topics import ALL_TOPICS, INTERNAL_TOPICS, SOURCE_TOPICS, topic_of
from schemas.types import EVENT_TYPES, TYPE_OF_STRUCT
from tests.schemas.support import FOLDERS

# These are decided after the contract: by the record's size, its own timestamp, and a source's mapping.
BEYOND_A_SCHEMA = {Reason.OVERSIZED, Reason.FUTURE, Reason.UNMAPPED}


def _structs(base: type[Event]) -> Iterator[type[Event]]:
    for struct in base.__subclasses__():
        yield struct
        yield from _structs(struct)


def test_every_struct_with_a_type_is_in_the_list() -> None:
    shared = {events.ConversationEvent}
    assert set(_structs(Event)) - shared == set(TYPE_OF_STRUCT)


def test_no_two_types_share_a_name() -> None:
    assert len(EVENT_TYPES) == len(TYPE_OF_STRUCT)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_type_says_in_a_sentence_what_happened(name: str) -> None:
    summary = EVENT_TYPES[name].summary
    assert summary.endswith(".")
    assert "\n" not in summary


def test_no_two_types_say_the_same() -> None:
    assert len({event_type.summary for event_type in EVENT_TYPES.values()}) == len(EVENT_TYPES)


def test_every_source_topic_carries_events_and_every_event_has_a_source_topic() -> None:
    assert {event_type.topic for event_type in EVENT_TYPES.values()} == {
        topic.name for topic in SOURCE_TOPICS
    }


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_topic_of_a_type_is_the_one_it_is_listed_under(name: str) -> None:
    assert topic_of(name) == EVENT_TYPES[name].topic


def test_a_type_nobody_knows_has_no_topic() -> None:
    with pytest.raises(KeyError):
        topic_of("page.view")


def test_only_events_in_which_the_customer_does_not_act_leave_it_unknown() -> None:
    assert {name for name, event_type in EVENT_TYPES.items() if not event_type.makes_known} == {
        "email.delivered",
        "survey.sent",
        "social.mentioned",
        "enhancement.requested",
        "enhancement.shipped",
    }


def test_only_enhancements_need_no_customer() -> None:
    assert {name for name, event_type in EVENT_TYPES.items() if not event_type.needs_customer} == {
        "enhancement.requested",
        "enhancement.shipped",
    }


def test_there_is_a_schema_for_every_type_and_for_nothing_else() -> None:
    found = {entry.name for entry in files("schemas").joinpath("json").iterdir()}
    assert found == {f"{name}.schema.json" for name in (*FOLDERS, INTERVENTION)}


def test_there_are_examples_of_every_type_and_of_nothing_else() -> None:
    found = {entry.name for entry in files("schemas").joinpath("examples").iterdir()}
    assert found == set(FOLDERS)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_type_has_a_full_a_minimal_and_a_refused_example(name: str) -> None:
    found = {example.name: example for example in examples(name)}
    assert {"valid-full.json", "valid-minimal.json"} <= found.keys()
    assert any(example.reason is not None for example in found.values())


def test_every_reason_a_schema_can_express_has_an_example() -> None:
    shown = {example.reason for folder in FOLDERS for example in examples(folder)} - {None}
    assert shown == set(Reason) - BEYOND_A_SCHEMA


@pytest.mark.parametrize("name", ["notes.md", "valid-full.yaml", "wrong-full.json", "invalid-odd-full.json"])
def test_an_example_with_another_name_is_noticed(name: str) -> None:
    with pytest.raises(ValueError, match=r"odd|an example is called"):
        resources._reason(name)


def test_the_reasons_are_the_closed_list() -> None:
    assert [str(reason) for reason in Reason] == [
        "not_json",
        "schema",
        "unknown_type",
        "no_customer",
        "time_invalid",
        "future",
        "oversized",
        "unmapped",
    ]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_it_means_and_what_to_do(reason: Reason) -> None:
    for text in (reason.meaning, reason.remedy):
        assert text.endswith(".")
        assert text.count(". ") == 0, "one sentence"


def _all_fields(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from _all_fields(field.fields)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_field_is_described(name: str) -> None:
    for field in _all_fields(all_shapes()[name]):
        assert field.description.endswith("."), field.name


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_identifier_and_name_is_bounded(name: str) -> None:
    for field in _all_fields(all_shapes()[name]):
        limits = field.accepts.get("string")
        if limits is None or field.name == "user_agent":
            continue
        bounded = limits.get("maxLength") == MAX_ID_LENGTH or "enum" in limits or "pattern" in limits
        assert bounded, field.name


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_number_is_bounded_on_both_sides(name: str) -> None:
    for field in _all_fields(all_shapes()[name]):
        for kind in {"integer", "number"} & field.accepts.keys():
            assert {"minimum", "maximum"} <= field.accepts[kind].keys(), field.name


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_schema_carries_the_banner_and_titles(folder: str) -> None:
    schema = json_schema(folder)
    assert "Do not edit" in schema["$comment"]
    properties: dict[str, Any] = schema["properties"]
    assert all({"title", "description"} <= described.keys() for described in properties.values())


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_type_keeps_all_fields_of_the_envelope_in_their_order(name: str) -> None:
    common = [field.name for field in envelope()]
    assert [field.name for field in all_shapes()[name]][: len(common)] == common


@pytest.mark.parametrize("struct", [Event, *TYPE_OF_STRUCT])
def test_no_event_is_watched_by_the_garbage_collector(struct: type[Event]) -> None:
    assert not struct.__struct_config__.gc


def test_topic_names_are_unique_and_roles_match_their_list() -> None:
    assert len({topic.name for topic in ALL_TOPICS}) == len(ALL_TOPICS)
    assert {topic.role for topic in SOURCE_TOPICS} == {"source"}
    assert {topic.role for topic in INTERNAL_TOPICS} == {"internal"}
    assert all(topic.name.startswith("selfserve.") for topic in INTERNAL_TOPICS)


@pytest.mark.parametrize("topic", ALL_TOPICS, ids=lambda topic: topic.name)
def test_a_topics_settings_agree_with_its_cleanup_policy(topic: Any) -> None:
    assert topic.settings["cleanup.policy"] == topic.cleanup
    assert ("retention.ms" in topic.config) == ("delete" in topic.cleanup)
    assert ("delete.retention.ms" in topic.config) == ("compact" in topic.cleanup)
    assert all(isinstance(value, str) for value in topic.settings.values())


def test_what_a_worker_owns_together_is_partitioned_alike() -> None:
    assert {topic.name for topic in ALL_TOPICS if topic.co_partitioned} == {
        "product.events",
        "support.events",
        "feedback.events",
        "account.events",
        "selfserve.events",
        "selfserve.state",
        "selfserve.panes",
    }


def test_nothing_that_must_be_kept_is_ever_deleted_by_age() -> None:
    assert {topic.name for topic in ALL_TOPICS if topic.cleanup == "compact"} == {
        "selfserve.state",
        "selfserve.panes",
    }

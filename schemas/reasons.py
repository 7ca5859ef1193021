"""Why a record is refused: a closed list, used as a metric label and shown to whoever repairs a dead letter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """One reason for refusing a record. Its value is the label and never changes."""

    NOT_JSON = "not_json"
    SCHEMA = "schema"
    UNKNOWN_TYPE = "unknown_type"
    NO_CUSTOMER = "no_customer"
    TIME_INVALID = "time_invalid"
    FUTURE = "future"
    OVERSIZED = "oversized"
    UNMAPPED = "unmapped"

    @property
    def meaning(self) -> str:
        """What is wrong, in one sentence."""
        return _TEXTS[self][0]

    @property
    def remedy(self) -> str:
        """What to do about it, in one sentence."""
        return _TEXTS[self][1]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was not accepted: the reason, and a message for a person that says what was found where."""

    reason: Reason
    message: str


_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_JSON: (
        "The record is not a JSON object: it is empty, damaged, not UTF-8, or another kind of JSON value.",
        "Have the producer write one JSON object a record, or declare the topic's real format as a source.",
    ),
    Reason.SCHEMA: (
        "A field is missing, or holds something its type does not allow.",
        "Compare the event with the JSON Schema of its type, correct the field the message names, and replay it.",
    ),
    Reason.UNKNOWN_TYPE: (
        "The event's type is not one of the contract's.",
        "Correct a misspelt type and replay; an event no KPI needs is better kept off the topic.",
    ),
    Reason.NO_CUSTOMER: (
        "The event names nobody: user_id, anonymous_id and account_id are all missing or empty.",
        "Have the producer send at least one of the three; an event without any cannot be repaired by guessing.",
    ),
    Reason.TIME_INVALID: (
        "The event time cannot be read, has no offset from UTC, or lies outside 1970 to 9999.",
        "Send RFC 3339 with an offset, such as 2026-03-14T09:26:53.589Z, or whole milliseconds since the epoch.",
    ),
    Reason.FUTURE: (
        "The event happened later than its record was written, by more than clocks may differ.",
        "Set the producer's clock, check its unit and its time zone, then correct the time and replay.",
    ),
    Reason.OVERSIZED: (
        "The record is larger than an event may be.",
        "Send identifiers and counts instead of contents; a replay only helps after the event was made smaller.",
    ),
    Reason.UNMAPPED: (
        "The source's mapping has no rule for this foreign event, or the rule found no value for a required field.",
        "Add the foreign event to the mapping, to be translated or to be ignored, and replay.",
    ),
}

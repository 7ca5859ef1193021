"""What an event says of itself: its time in milliseconds, its customer, its key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import (
    ConversationStarted,
    Event,
    PageViewed,
    SurveyResponded,
    customer_of,
    event_time_ms,
    key_of,
)
from schemas.fields import MAX_TIME_MS
from schemas.instants import instant_ms
from tests.schemas.support import encode, event_of, minimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def _floor_ms(instant: datetime) -> int:
    """Return the oracle: exact fractions of a second, by way of Python's own integers only."""
    since = instant - EPOCH
    seconds = Fraction(since.days * 86_400 + since.seconds) + Fraction(since.microseconds, 1_000_000)
    return int((seconds * 1_000).__floor__())


@given(st.datetimes(timezones=OFFSETS))
def test_event_time_is_exact_to_the_microsecond_and_rounds_down(instant: datetime) -> None:
    event = PageViewed(id="1", time=instant, user_id="u")
    assert event_time_ms(event) == instant_ms(instant) == _floor_ms(instant)


@given(st.integers(0, MAX_TIME_MS))
def test_epoch_milliseconds_are_taken_as_they_are(time: int) -> None:
    assert event_time_ms(PageViewed(id="1", time=time, user_id="u")) == instant_ms(time) == time


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000999Z", 0),
        ("1970-01-01T00:59:59.999999+01:00", -1),
        ("2026-03-14T09:26:53.589Z", 1_773_480_413_589),
        ("2026-03-14T09:26:53.589999Z", 1_773_480_413_589),
        ("2026-03-14T14:56:53.589+05:30", 1_773_480_413_589),
        ("2026-03-14t09:26:53.5890000z", 1_773_480_413_589),
        ("9999-12-31T23:59:59.999999Z", MAX_TIME_MS),
    ],
)
def test_known_times_have_known_milliseconds(written: str, milliseconds: int) -> None:
    event = PageViewed(id="1", time=datetime.fromisoformat(written.upper()), user_id="u")
    assert event_time_ms(event) == milliseconds


@pytest.mark.parametrize(
    ("user", "anonymous", "account", "customer"),
    [
        ("u", "v", "a", "u"),
        (None, "v", "a", "v"),
        (None, None, "a", "a"),
        ("", "v", "a", "v"),
        ("", "", "a", "a"),
        ("", "", "", None),
        (None, None, None, None),
    ],
)
def test_the_customer_is_the_first_that_is_named(
    user: str | None, anonymous: str | None, account: str | None, customer: str | None
) -> None:
    event = PageViewed(id="1", time=0, user_id=user, anonymous_id=anonymous, account_id=account)
    assert customer_of(event) == customer


def test_an_event_is_keyed_by_its_customer_and_an_enhancement_by_itself() -> None:
    page = event_of(encode(minimal("page.viewed")))
    assert key_of(page) == customer_of(page) == "u-48213"
    for name in ("enhancement.requested", "enhancement.shipped"):
        shipped = event_of(encode(minimal(name) | {"user_id": "u-48213"}))
        assert key_of(shipped) == "enh-214"


@pytest.mark.parametrize(
    ("channel", "with_", "counterpart"),
    [
        ("bot", None, "bot"),
        ("chat", None, "agent"),
        (None, None, "agent"),
        ("bot", "agent", "agent"),
        ("chat", "bot", "bot"),
    ],
)
def test_a_conversation_is_with_a_bot_on_the_channel_bot_unless_it_says_otherwise(
    channel: str | None, with_: str | None, counterpart: str
) -> None:
    document = minimal("conversation.started") | {"channel": channel}
    document["data"] |= {"with": with_}
    event = event_of(encode(document))
    assert isinstance(event, ConversationStarted)
    assert event.counterpart == counterpart


@pytest.mark.parametrize(
    ("kind", "score", "scale", "points"),
    [
        ("csat", "good", 5, 5.0),
        ("csat", "bad", 5, 1.0),
        ("nps", "bad", 10, 0.0),
        ("ces", 6, 7, 6.0),
        ("nps", 0, 10, 0.0),
    ],
)
def test_good_and_bad_are_the_ends_of_the_scale(kind: str, score: object, scale: int, points: float) -> None:
    document = minimal("survey.responded")
    document["data"] |= {"kind": kind, "score": score, "scale": scale}
    event = event_of(encode(document))
    assert isinstance(event, SurveyResponded)
    assert event.data.points == points


def test_unknown_fields_are_ignored_wherever_they_are() -> None:
    document = minimal("help.article_rated")
    plain = event_of(encode(document))
    document |= {"context": {"ip": "198.51.100.7"}, "tags": [1, None]}
    document["data"] |= {"stars": 5}
    assert event_of(encode(document)) == plain


def test_a_type_without_data_ignores_whatever_is_sent_as_data() -> None:
    plain = event_of(encode(minimal("help.solved")))
    ignored: tuple[object, ...] = (None, 1, "x", [], {"article": 7})
    for data in ignored:
        event: Event = event_of(encode(minimal("help.solved") | {"data": data}))
        assert event == plain

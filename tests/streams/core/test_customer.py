"""Facts of a customer: sets of days, records, dimensions, partitions."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as reference_murmur2

from streams.core.customer import Customer, days_of, join_day
from streams.core.customer_records import decode_conversation, decode_hot, encode_conversation, encode_hot
from streams.core.dimensions import OTHER, Dimensions
from streams.core.facts.support import Conversation
from streams.core.issues import join_conversation
from streams.core.panes import DAYS_KEPT
from streams.core.partitioner import crc, murmur2
from streams.core.support import (
    MAX_ENTRIES,
    MESSAGE_AGENT_PUBLIC,
    MESSAGE_BOT_PUBLIC,
    MESSAGE_CUSTOMER,
    STARTED,
    Support,
    add_entry,
    names,
)
from streams.core.time import DAY_MS, HOUR_MS

HOT = (
    *("known", "last", "day0", "days", "platform", "self_service", "watched"),
    *("plan", "plan_time", "segment", "segment_time", "role", "role_time", "account", "account_time"),
)
DAYS = st.lists(st.integers(730_000, 730_900), min_size=1, max_size=30)


@given(DAYS, st.randoms(use_true_random=False))
def test_days_join_as_a_set_that_forgets_the_oldest(days: list[int], rng: random.Random) -> None:
    day0 = bits = 0
    for day in rng.sample(days, len(days)):
        day0, bits = join_day(day0, bits, day)
    assert days_of(day0, bits) == sorted({d for d in days if d > max(days) - DAYS_KEPT})


NAMES = st.sampled_from(["", "a", "b"])
TOLD = st.tuples(st.integers(0, 3), NAMES, NAMES, NAMES, NAMES)
"""A time, plan, segment, role and account."""


@given(
    st.lists(st.tuples(st.integers(0, 600_000), st.sampled_from(["web", "ios", "tv"])), max_size=20),
    st.lists(TOLD, max_size=5),
)
def test_hot_facts_read_back(
    actions: list[tuple[int, str]], told: list[tuple[int, str, str, str, str]]
) -> None:
    c = Customer("x")
    for minute, platform in actions:
        c.join_known(minute)
        c.join_activity(minute, 719_163 + minute // 1440, platform)
        c.join_self_service(minute, platform)
    for attributes in told:
        c.join_attributes(*attributes)
    again = Customer("x")
    decode_hot(again, encode_hot(c))
    for name in HOT:
        assert getattr(again, name) == getattr(c, name)
    assert sorted(again.activity_by_platform()) == sorted(c.activity_by_platform())
    assert again.self_service_channels == c.self_service_channels


def test_hot_facts_with_every_time_spelled_out_are_read() -> None:
    c = Customer("x")
    told = (5, 5, 738_000, 1, "pro", 7, "smb", 7, "admin", -1, "web", None, -1, None, -1, "a", 7)
    decode_hot(c, msgspec.msgpack.encode(told))
    assert (c.plan_time, c.segment_time, c.role_time, c.account_time) == (7, 7, -1, 7)


def test_attributes_are_the_latest_and_at_the_same_time_the_greater() -> None:
    c = Customer("x")
    for time, value in ((5, "b"), (3, "z"), (5, "c"), (5, "a"), (9, "")):
        c.join_attributes(time, value, "", "", "")
    assert (c.plan, c.plan_time) == ("c", 5)


def test_a_conversation_forgets_its_middle_not_its_ends() -> None:
    conversation = Conversation("c", [])
    for time in range(5_000):
        code = MESSAGE_CUSTOMER if time % 2 else MESSAGE_AGENT_PUBLIC
        assert add_entry(conversation, (time, code, "", "", ""))
    assert len(conversation.entries) == MAX_ENTRIES
    assert conversation.entries[0][0] == 0
    assert conversation.entries[-1][0] == 4_999


def test_dimensions_take_so_many_values_and_fold_the_rest() -> None:
    dimensions = Dimensions(3)
    assert [dimensions.fold("plan", v) for v in "abcd"] == ["a", "b", "c", OTHER]
    assert dimensions.fold("plan", "a") == "a"
    assert dimensions.fold("role", "d") == "d"
    assert dimensions.fold("plan", None) == dimensions.fold("plan", "") == ""
    assert dimensions.fold("role", "all") == "(all)"
    assert dimensions.overflow["plan"] == 1
    assert dimensions.learn("segment", "x") == "x"


@given(st.binary(max_size=60), st.integers(1, 100))
def test_murmur2_is_that_of_kafkas_clients(key: bytes, partitions: int) -> None:
    assert murmur2(key, partitions) == (reference_murmur2(key) & 0x7FFFFFFF) % partitions


def test_crc32_is_that_of_librdkafka() -> None:
    assert crc(b"a", 12) == 0xE8B7BE43 % 12


def test_a_conversations_record_names_its_bot_and_an_older_one_does_not() -> None:
    entries = [(1, MESSAGE_CUSTOMER, "chat", "", ""), (2, MESSAGE_AGENT_PUBLIC, "chat", "pro", "")]
    plain = encode_conversation(Conversation("c", list(entries)))
    assert plain == msgspec.msgpack.encode(entries)
    assert decode_conversation("c", plain).bot is None
    named = decode_conversation("c", encode_conversation(Conversation("c", list(entries), bot=(2, "guide"))))
    assert named.entries == entries
    assert named.bot == (2, "guide")
    assert names(named, (1, "other"))
    assert names(named, (2, "a"))
    assert not names(named, (2, "guide"))
    assert not names(named, None)


def test_moments_find_whatever_a_contact_may_end() -> None:
    support = Support()
    answers = [0, HOUR_MS, DAY_MS, DAY_MS + 1, 5 * DAY_MS]
    join_conversation(support, "c", (0, STARTED + 1, "bot", "", ""), None)
    join_conversation(support, "c", (0, MESSAGE_CUSTOMER, "bot", "", ""), None)
    for at in answers:
        join_conversation(support, "c", (at, MESSAGE_BOT_PUBLIC, "bot", "", ""), None)
    assert support.conversations["c"].moments == [0, DAY_MS + 1, 5 * DAY_MS]
    for at in range(0, 20 * DAY_MS, HOUR_MS):
        if any(at - 8 * DAY_MS < answer <= at for answer in answers):
            assert "c" in support.helped_before(at, 8 * DAY_MS)
    assert not support.helped_before(20 * DAY_MS, 8 * DAY_MS)

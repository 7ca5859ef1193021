"""Assessments by the hour: for how long they hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.assessment import Assessment, Assessor
from streams.core.customer import Customer
from streams.core.definitions import Definitions
from streams.core.facts.account import AccountFacts, Part
from streams.core.facts.flows import FlowFacts, Passage
from streams.core.facts.wellbeing import WellbeingFacts
from streams.core.rules import Rules
from streams.core.time import DAY_MINUTES, DAY_MS, HOUR_MS, MINUTE_MS

BEGIN = 1_743_100_000_000 // HOUR_MS * HOUR_MS
"""2025-03-27, days before the clocks change in Europe and in Lord Howe."""
HOURS = 21 * 24
ALERT = Definitions(onboarding_idle_ms=5 * HOUR_MS, health_fall=1)
RULES = {
    zone: Rules(replace(ALERT, timezone=zone)) for zone in ("UTC", "Europe/Berlin", "Australia/Lord_Howe")
} | {"Asia/Kathmandu": Rules(replace(ALERT, timezone="Asia/Kathmandu", interventions=("drop_off",)))}
ZONES = st.sampled_from(sorted(RULES))
# What makes a difference at the hours looked at: now, and a day, a week, two weeks, and so on later.
TIMES = st.builds(
    lambda hour, off, days: BEGIN + hour * HOUR_MS + off - days * DAY_MS,
    st.integers(0, HOURS),
    st.sampled_from((-1, 0, 1, 777_777)),
    st.sampled_from((0, 1, 7, 14, 30, 37, 90, 97, 104)),
)
MINUTES = TIMES.map(lambda time: time // MINUTE_MS)
ANSWERS = st.tuples(TIMES, st.integers(0, 100))
DAYS = st.sets(st.integers(-45, HOURS // 24), max_size=12)


def bits(days: set[int], rules: Rules) -> tuple[int, int]:
    """Days from the first hour on as day0 and days."""
    first = rules.calendar.day_of(BEGIN // MINUTE_MS)
    low = min(days, default=0)
    return (first + low, sum(1 << day - low for day in days)) if days else (0, 0)


@st.composite
def customers(draw: Any, rules: Rules) -> Customer:
    c = Customer("c")
    c.known = draw(st.just(BEGIN // MINUTE_MS - 200 * DAY_MINUTES) | MINUTES)
    c.last = draw(st.just(-1) | MINUTES)
    c.day0, c.days = bits(draw(DAYS), rules)
    c.account = draw(st.sampled_from(("", "", "a")))
    facts = WellbeingFacts(
        sorted(draw(st.lists(TIMES, max_size=4))),
        sorted(draw(st.lists(ANSWERS, max_size=3))),
        sorted(draw(st.lists(TIMES, max_size=2).map(lambda times: [t + n for t in times for n in range(3)]))),
    )
    passages = st.dictionaries(
        st.sampled_from("xyz"), st.builds(Passage, last=TIMES, completed=st.sampled_from((-1, -1, 5)))
    )
    c.groups = {"wellbeing": facts, "flows": FlowFacts(onboarding=draw(passages), journeys=draw(passages))}
    return c


@st.composite
def parts(draw: Any, rules: Rules) -> Part:
    known = draw(st.just(BEGIN // MINUTE_MS - 200 * DAY_MINUTES) | MINUTES)
    day0, days = bits(draw(DAYS), rules)
    contacts, answers = st.lists(TIMES, max_size=4), st.lists(ANSWERS, max_size=3)
    return Part(
        known=known, day0=day0, days=days, contacts=sorted(draw(contacts)), answers=sorted(draw(answers))
    )


def looks(assessor: Assessor, one: Customer | AccountFacts) -> list[int]:
    """The hours at which it had to be assessed anew, of all; at each other one what was found must stand."""
    held: Assessment | None = None
    until, anew = 0, []
    for n in range(HOURS):
        hour = BEGIN // MINUTE_MS + n * 60
        assessor.go_to(hour)
        found = assessor.customer(one) if isinstance(one, Customer) else assessor.account(one)
        if hour < until:
            assert found is held
        else:
            anew.append(n)
            held, until = found, assessor.until
            assert until > hour
    return anew


@given(st.data(), ZONES)
@settings(max_examples=60)
def test_a_customer_s_assessment_holds_until_it_says(data: st.DataObject, zone: str) -> None:
    looks(Assessor(RULES[zone]), data.draw(customers(RULES[zone])))


@given(st.data(), ZONES)
@settings(max_examples=60)
def test_an_account_s_assessment_holds_until_it_says(data: st.DataObject, zone: str) -> None:
    rules = RULES[zone]
    told = data.draw(st.lists(parts(rules), min_size=1, max_size=3))
    looks(Assessor(rules), AccountFacts(dict(enumerate(told))))


@pytest.mark.parametrize(("ago", "most"), [(200, 1), (80, 2), (1, HOURS // 24 + 2)])
def test_who_does_nothing_is_seldom_looked_at(ago: int, most: int) -> None:
    rules = RULES["UTC"]
    c = Customer("c")
    c.known = BEGIN // MINUTE_MS - 300 * DAY_MINUTES
    c.last = BEGIN // MINUTE_MS - ago * DAY_MINUTES
    c.day0, c.days = bits({-ago}, rules)
    assert len(looks(Assessor(rules), c)) == most

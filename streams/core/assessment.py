"""How an account fares, and who needs attention, as of a whole hour: pure functions of facts and the hour.

Only what happened before the hour counts, but for the use of the product, which is known by the local day: the day that holds
the hour's last minute before is taken as far as it is known. `docs/definitions.md`, "Health and interventions".
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from streams.core.account import whole_of
from streams.core.customer import Customer
from streams.core.definitions import Definitions
from streams.core.dimensions import UNKNOWN
from streams.core.measures import Contribution
from streams.core.time import DAY_MINUTES, DAY_MS, HOUR_MINUTES, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from streams.core.facts.account import AccountFacts
    from streams.core.facts.flows import FlowFacts
    from streams.core.facts.wellbeing import Answer
    from streams.core.rules import Rules
    from streams.core.time import Calendar

USE_DAYS: Final = 30
"""The local days in which use counts; recency falls to 0 over as many."""
CONTACT_MS: Final = 30 * DAY_MS
"""How long a contact weighs on the support load."""
ANSWER_MS: Final = 90 * DAY_MS
"""How long an answer counts."""
COMPARED_MINUTES: Final = 7 * DAY_MINUTES
"""How far back the health lies with which the present one is compared."""
SEARCH_MS: Final = DAY_MS
"""The time within which searches without a result are repeated."""
STAYS_MS: Final = 30 * DAY_MS
"""How long a drop-off calls for attention."""
LOST_MINUTES: Final = 90 * DAY_MINUTES
"""After this long without activity a customer is lost, and no longer somebody to be won back."""

DROP_OFF: Final = "drop_off"
INACTIVITY: Final = "inactivity"
FALLING_HEALTH: Final = "falling_health"
FAILED_SEARCHES: Final = "failed_searches"
TRIGGERS: Final = (DROP_OFF, INACTIVITY, FALLING_HEALTH, FAILED_SEARCHES)
"""What may call for an intervention."""

GOOD: Final = "good"
FAIR: Final = "fair"
POOR: Final = "poor"


def whole_hour(at: int) -> int:
    """Return the last whole hour up to an evaluation time (ms), as a minute."""
    return at // HOUR_MS * HOUR_MINUTES


def health(
    day0: int,
    days: int,
    contacts: list[int],
    answers: list[Answer],
    hour: int,
    definitions: Definitions,
    calendar: Calendar,
) -> int:
    """Return the health from 0 to 100 as of an hour (a minute): the weighted mean of what is known, a half rounded up.

    ``days`` are the active local days as bits counted from ``day0``.
    """
    d = definitions
    until = hour * MINUTE_MS
    today = calendar.day_of(hour - 1)
    # Each part is a fraction of integers, so that a half is a half on every machine.
    used = days & (2 << (today - day0)) - 1 if today >= day0 else 0
    if used:
        age = today - day0 - used.bit_length() + 1
        recency = max(0, USE_DAYS - age)
        shift = today - day0 - USE_DAYS + 1
        depth = min((used >> shift if shift > 0 else used).bit_count(), d.health_depth_days)
    else:
        recency = depth = 0
    load = bisect_left(contacts, until) - bisect_left(contacts, until - CONTACT_MS)
    first, last = bisect_left(answers, (until - ANSWER_MS, 0)), bisect_left(answers, (until, 0))
    n = last - first
    pleased = sum(points for _, points in answers[first:last])
    parts = (
        (d.health_recency, 100 * recency, USE_DAYS),
        (d.health_depth, 100 * depth, d.health_depth_days),
        (d.health_support, 100 * max(0, d.health_contacts - load), d.health_contacts),
        (d.health_satisfaction if n else 0, pleased, n or 1),
    )
    below, above, weights = 1, 0, 0
    for weight, part, of in parts:
        above = above * of + weight * part * below
        below *= of
        weights += weight
    below *= weights
    return (2 * above + below) // (2 * below)


def band_of(score: int, definitions: Definitions) -> str:
    """Return the band of a health."""
    if score >= definitions.health_good:
        return GOOD
    return FAIR if score >= definitions.health_fair else POOR


def is_inactive(last: int, hour: int, definitions: Definitions) -> bool:
    """Whether the last active minute lies so far back that the customer may be leaving."""
    return last >= 0 and definitions.inactive_ms // MINUTE_MS <= hour - last < LOST_MINUTES


def searches_fail(failed: list[int], hour: int, definitions: Definitions) -> bool:
    """Whether searches without a result were repeated within the last day."""
    until = hour * MINUTE_MS
    found = bisect_left(failed, until) - bisect_left(failed, until - SEARCH_MS)
    return found >= definitions.failed_searches


def has_dropped_off(flows: FlowFacts, hour: int, definitions: Definitions) -> bool:
    """Whether an onboarding flow or journey was left lately, before its end: after the time that decides it in the KPIs of flows."""
    until = hour * MINUTE_MS
    return any(
        passage.completed < 0 and idle <= until - passage.last < idle + STAYS_MS
        for passages, idle in (
            (flows.onboarding, definitions.onboarding_idle_ms),
            (flows.journeys, definitions.journey_idle_ms),
        )
        for passage in passages.values()
    )


class Assessment(NamedTuple):
    """What an hour's look at a customer or account found."""

    plan: str
    health: int
    """From 0 to 100; −1 for a customer of an account, and for who is not eligible."""
    triggers: tuple[str, ...]

    def contributions(self, definitions: Definitions) -> list[Contribution]:
        """Return what it contributes, at the beginning of time: it is the sweep that knows what there was before."""
        out: list[Contribution] = [("interventions", (trigger,), 0, 1) for trigger in self.triggers]
        if self.health >= 0:
            out.append(("health", (self.plan, band_of(self.health, definitions)), 0, 1))
            if self.health:
                out.append(("health_points", (self.plan,), 0, self.health))
        return out


NOTHING: Final = Assessment("", -1, ())


def assess_customer(c: Customer, hour: int, rules: Rules) -> Assessment:
    """Return how a customer fares as of an hour (a minute)."""
    if not 0 <= c.known < hour or c.excluded or not c.eligible:
        return NOTHING
    definitions = rules.definitions
    wanted = definitions.interventions
    triggers: list[str] = []
    facts = flows = None
    if c.groups is not None:
        facts = rules.wellbeing.read(c)
        if DROP_OFF in wanted:
            flows = rules.flows.read(c)
    if flows is not None and has_dropped_off(flows, hour, definitions):
        triggers.append(DROP_OFF)
    if INACTIVITY in wanted and is_inactive(c.last, hour, definitions):
        triggers.append(INACTIVITY)
    if facts is not None and FAILED_SEARCHES in wanted and searches_fail(facts.failed, hour, definitions):
        triggers.append(FAILED_SEARCHES)
    if c.account:
        return Assessment("", -1, tuple(triggers)) if triggers else NOTHING
    contacts: list[int] = []
    answers: list[Answer] = []
    if facts is not None:
        contacts, answers = facts.contacts, facts.answers
    score = health(c.day0, c.days, contacts, answers, hour, definitions, rules.calendar)
    if FALLING_HEALTH in wanted and c.known < hour - COMPARED_MINUTES:
        earlier = hour - COMPARED_MINUTES
        before = health(c.day0, c.days, contacts, answers, earlier, definitions, rules.calendar)
        if before - score >= definitions.health_fall:
            triggers.append(FALLING_HEALTH)
    return Assessment(c.plan or UNKNOWN, score, tuple(triggers))


def assess_account(facts: AccountFacts, hour: int, rules: Rules) -> Assessment:
    """Return how an account fares as of an hour (a minute)."""
    whole = whole_of(facts)
    if not 0 <= whole.known < hour or not facts.not_withdrawn:
        return NOTHING
    definitions, calendar = rules.definitions, rules.calendar
    score = health(whole.day0, whole.days, whole.contacts, whole.answers, hour, definitions, calendar)
    triggers: tuple[str, ...] = ()
    if FALLING_HEALTH in definitions.interventions and whole.known < hour - COMPARED_MINUTES:
        earlier = hour - COMPARED_MINUTES
        before = health(whole.day0, whole.days, whole.contacts, whole.answers, earlier, definitions, calendar)
        if before - score >= definitions.health_fall:
            triggers = (FALLING_HEALTH,)
    return Assessment(whole.plan or UNKNOWN, score, triggers)

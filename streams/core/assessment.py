"""How an account fares, and who needs attention, as of a whole hour: pure functions of facts and the hour.

Only what happened before the hour counts, but for the use of the product, which is known by the local day: the day that holds
the hour's last minute before is taken as far as it is known. `docs/definitions.md`, "Health and interventions".
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from streams.core.account import whole_of
from streams.core.customer import NEVER, Customer
from streams.core.dimensions import UNKNOWN
from streams.core.health import FOREVER, Health
from streams.core.measures import Contribution
from streams.core.time import DAY_MINUTES, DAY_MS, HOUR_MINUTES, HOUR_MS, MINUTE_MS
from streams.core.triggers import DROP_OFF, FAILED_SEARCHES, FALLING_HEALTH, INACTIVITY, TRIGGERS

if TYPE_CHECKING:
    from streams.core.facts.account import AccountFacts
    from streams.core.facts.flows import FlowFacts, Passage
    from streams.core.facts.wellbeing import Answer
    from streams.core.rules import Rules

COMPARED_MINUTES: Final = 7 * DAY_MINUTES
"""How far back the health lies with which the present one is compared."""
SEARCH_MS: Final = DAY_MS
"""The time within which searches without a result are repeated."""
STAYS_MS: Final = 30 * DAY_MS
"""How long a drop-off calls for attention."""
LOST_MINUTES: Final = 90 * DAY_MINUTES
"""After this long without activity a customer is lost, and no longer somebody to be won back."""

_BIT_DROP_OFF: Final = 1
_BIT_INACTIVITY: Final = 2
_BIT_FALLING_HEALTH: Final = 4
_BIT_FAILED_SEARCHES: Final = 8
"""The triggers as bits, in their order."""


def whole_hour(at: int) -> int:
    """Return the last whole hour up to an evaluation time (ms), as a minute."""
    return at // HOUR_MS * HOUR_MINUTES


class Assessment:
    """What an hour's look at a customer or account found. An `Assessor` has one for all of whom it finds the same."""

    __slots__ = ("contributions", "health", "plan", "triggers")

    def __init__(
        self, plan: str, health: int, triggers: tuple[str, ...], contributions: list[Contribution]
    ) -> None:
        self.plan = plan
        self.health = health
        """From 0 to 100; −1 for a customer of an account, and for who is not eligible."""
        self.triggers = triggers
        self.contributions = contributions
        """What it contributes, at the beginning of time: it is the sweep that knows what there was before."""


NOTHING: Final = Assessment("", -1, (), [])


class Assessor:
    """Assesses as of one hour at a time."""

    __slots__ = (
        "_compares",
        "_earlier",
        "_earlier_today",
        "_earlier_tomorrow",
        "_fall",
        "_found",
        "_health",
        "_inactive",
        "_journey_idle",
        "_now",
        "_onboarding_idle",
        "_rules",
        "_searches",
        "_soonest",
        "_today",
        "_tomorrow",
        "_watched_flows",
        "_wellbeing",
        "hour",
    )

    def __init__(self, rules: Rules, hour: int = NEVER) -> None:
        definitions = rules.definitions
        wanted = definitions.interventions
        self._rules = rules
        self._health = Health(definitions)
        self._fall: int = definitions.health_fall
        self._compares = FALLING_HEALTH in wanted
        self._wellbeing = rules.wellbeing
        self._watched_flows = rules.flows if DROP_OFF in wanted else None
        self._onboarding_idle: int = definitions.onboarding_idle_ms
        self._journey_idle: int = definitions.journey_idle_ms
        self._inactive: int = definitions.inactive_ms // MINUTE_MS if INACTIVITY in wanted else LOST_MINUTES
        """Minutes of silence from which on a customer may be leaving."""
        self._searches: int = definitions.failed_searches if FAILED_SEARCHES in wanted else FOREVER
        self._found: dict[tuple[str, int, int], Assessment] = {("", -1, 0): NOTHING}
        self._soonest = FOREVER
        """The first later time (ms) at which the assessment that is being made may be another."""
        self.hour = NEVER
        self._now = self._today = self._tomorrow = 0
        self._earlier = self._earlier_today = self._earlier_tomorrow = 0
        if hour >= 0:
            self.go_to(hour)

    def go_to(self, hour: int) -> None:
        """Assess as of this hour (a minute) from here on."""
        if hour == self.hour:
            return
        calendar = self._rules.calendar
        self.hour, self._now = hour, hour * MINUTE_MS
        self._today = calendar.day_of(hour - 1)
        self._tomorrow = (calendar.start_of(self._today + 1) + 1) * MINUTE_MS
        earlier = hour - COMPARED_MINUTES
        self._earlier = earlier * MINUTE_MS
        self._earlier_today = calendar.day_of(earlier - 1)
        self._earlier_tomorrow = (calendar.start_of(self._earlier_today + 1) + 1) * MINUTE_MS

    @property
    def until(self) -> int:
        """The first minute after the hour at which the last assessment may be another, while the facts stay as they are."""
        return -(-self._soonest // MINUTE_MS)

    def is_silent(self, c: Customer) -> bool:
        """Whether the customer's last active minute lies so far back that it decides about the assessment."""
        return self.hour - c.last >= self._inactive

    def customer(self, c: Customer) -> Assessment:
        """Return how a customer fares."""
        hour, known = self.hour, c.known
        self._soonest = FOREVER
        if known < 0 or c.excluded or not c.eligible:
            return NOTHING
        if known >= hour:
            self._soonest = (known + 1) * MINUTE_MS
            return NOTHING
        bits = 0
        facts = None
        if c.groups is not None:
            if self._wellbeing is not None:
                facts = self._wellbeing.read(c)
            if self._watched_flows is not None:
                flows = self._watched_flows.read(c)
                if flows is not None and self._dropped_off(flows):
                    bits |= _BIT_DROP_OFF
            if facts is not None and len(facts.failed) >= self._searches and self._fail(facts.failed):
                bits |= _BIT_FAILED_SEARCHES
        last = c.last
        if last >= 0:
            if self._inactive <= hour - last < LOST_MINUTES:
                bits |= _BIT_INACTIVITY
            self._may_change((last + self._inactive) * MINUTE_MS)
            self._may_change((last + LOST_MINUTES) * MINUTE_MS)
        if c.account:
            return self._of("", -1, bits)
        contacts: list[int] = []
        answers: list[Answer] = []
        if facts is not None:
            contacts, answers = facts.contacts, facts.answers
        return self._with_health(c.plan, known, c.day0, c.days, contacts, answers, bits)

    def account(self, facts: AccountFacts) -> Assessment:
        """Return how an account fares."""
        self._soonest = FOREVER
        if not facts.not_withdrawn:
            return NOTHING
        whole = whole_of(facts)
        known: int = whole.known
        if not 0 <= known < self.hour:
            if known >= 0:
                self._soonest = (known + 1) * MINUTE_MS
            return NOTHING
        return self._with_health(whole.plan, known, whole.day0, whole.days, whole.contacts, whole.answers, 0)

    def _with_health(
        self,
        plan: str,
        known: int,
        day0: int,
        days: int,
        contacts: list[int],
        answers: list[Answer],
        bits: int,
    ) -> Assessment:
        health = self._health
        score, until = health.score(day0, days, contacts, answers, self._now, self._today, self._tomorrow)
        self._may_change(until)
        if self._compares:
            if known < self.hour - COMPARED_MINUTES:
                before, until = health.score(
                    day0,
                    days,
                    contacts,
                    answers,
                    self._earlier,
                    self._earlier_today,
                    self._earlier_tomorrow,
                )
                self._may_change(until + COMPARED_MINUTES * MINUTE_MS)
                if before - score >= self._fall:
                    bits |= _BIT_FALLING_HEALTH
            else:
                self._may_change((known + COMPARED_MINUTES + 1) * MINUTE_MS)
        return self._of(plan or UNKNOWN, score, bits)

    def _may_change(self, time: int) -> None:
        """At a time (ms), if it lies ahead."""
        if self._now < time < self._soonest:
            self._soonest = time

    def _fail(self, failed: list[int]) -> bool:
        """Whether searches without a result were repeated within the last day."""
        first, end = bisect_left(failed, self._now - SEARCH_MS), bisect_left(failed, self._now)
        if first < len(failed):
            self._may_change(failed[first] + SEARCH_MS + 1)
        if end < len(failed):
            self._may_change(failed[end] + 1)
        return end - first >= self._searches

    def _dropped_off(self, flows: FlowFacts) -> bool:
        """Whether an onboarding flow or journey was left lately, before its end: after the time that decides it in the KPIs of flows."""
        onboarding = self._left(flows.onboarding, self._onboarding_idle)
        return self._left(flows.journeys, self._journey_idle) or onboarding

    def _left(self, passages: dict[str, Passage], idle: int) -> bool:
        left = False
        for passage in passages.values():
            if passage.completed < 0:
                decided = passage.last + idle
                if decided <= self._now < decided + STAYS_MS:
                    left = True
                self._may_change(decided)
                self._may_change(decided + STAYS_MS)
        return left

    def _of(self, plan: str, health: int, bits: int) -> Assessment:
        found = self._found.get((plan, health, bits))
        if found is None:
            triggers = tuple([trigger for i, trigger in enumerate(TRIGGERS) if bits >> i & 1])
            contributions: list[Contribution] = [("interventions", (trigger,), 0, 1) for trigger in triggers]
            if health >= 0:
                contributions.append(("health", (plan, self._health.band(health)), 0, 1))
                if health:
                    contributions.append(("health_points", (plan,), 0, health))
            found = self._found[plan, health, bits] = Assessment(plan, health, triggers, contributions)
        return found

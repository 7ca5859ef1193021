"""Plain counts: each event that counts adds to its measure at its minute.

The only facts that are not idempotent. Repeated events are recognised before they come here (`streams.core.deduplication`);
an event too old to be recognised is not counted (`Told.countable`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from schemas import events as e
from streams.core import tallies
from streams.core.contribution import Delta
from streams.core.dimensions import DIMENSIONS, UNKNOWN, Dimensions
from streams.core.facts.counts import CountFacts
from streams.core.group import Group
from streams.core.measures import MEASURES, Cell, Contribution
from streams.core.panes import COARSE_MINUTES
from streams.core.time import DAY_MINUTES

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.definitions import Definitions
    from streams.core.join import Told
    from streams.core.rules import Rules

KEPT_MINUTES: Final = COARSE_MINUTES + DAY_MINUTES
"""How long counts stay with their customer: longer than panes keep an hour, so that what is given up lies in their base."""


@dataclass
class Count:
    """One plain count: what an event of a type adds, to which cell of a measure of kind `event`.

    ``cell`` returns None for an event that does not count. ``number`` is what is added, by default 1.
    """

    measure: str
    struct: type[Event]
    cell: Callable[[Told, Dimensions], Cell | None]
    number: Callable[[Any], int] | None = None

    def __post_init__(self) -> None:
        self.fields: Sequence[str] = MEASURES[self.measure].fields


def _plan(told: Told, _: Dimensions) -> Cell:
    return (told.plan or UNKNOWN,)


def _milestone(_: Told, __: Dimensions) -> Cell:
    return ("milestone",)


def _flow(_: Told, __: Dimensions) -> Cell:
    return ("flow",)


def _order(_: Told, __: Dimensions) -> Cell:
    return ("order",)


def _platform(told: Told, dimensions: Dimensions) -> Cell:
    return (dimensions.fold("platform", told.event.platform) or UNKNOWN,)


def _expanded(told: Told, dimensions: Dimensions) -> Cell | None:
    event = told.event
    assert isinstance(event, e.SubscriptionStarted | e.SubscriptionChanged)
    data, fold = event.data, dimensions.fold
    if data.initiated_by != "customer" or data.mrr_delta <= 0:
        return None
    plan = fold("plan", data.to) or told.plan or UNKNOWN
    return plan, fold("currency", data.currency.upper()) or UNKNOWN


def _mrr_delta(event: e.SubscriptionStarted | e.SubscriptionChanged) -> int:
    return event.data.mrr_delta


def _core(told: Told, dimensions: Dimensions) -> Cell | None:
    event = told.event
    assert type(event) is _FEATURE_USED
    if event.data is None or not event.data.core:
        return None
    return (dimensions.fold("feature", event.feature) or UNKNOWN,)


def _feedback(told: Told, dimensions: Dimensions) -> Cell:
    event = told.event
    assert isinstance(event, e.FeedbackSubmitted)
    feature = dimensions.fold("feature", event.feature) or UNKNOWN
    milestone = dimensions.fold("milestone", event.data.milestone) or UNKNOWN
    return "1" if event.data.actionable else "0", feature, milestone


def _mention(told: Told, dimensions: Dimensions) -> Cell:
    event = told.event
    assert isinstance(event, e.SocialMentioned)
    return dimensions.fold("network", event.data.network), dimensions.fold("sentiment", event.data.sentiment)


COUNTS: Final = (
    Count("sessions", e.SessionStarted, _plan),
    Count("activities", e.MilestoneReached, _milestone),
    Count("activities", e.FlowCompleted, _flow),
    Count("activities", e.OrderCompleted, _order),
    Count("core_actions", e.FeatureUsed, _core),
    Count("feedback", e.FeedbackSubmitted, _feedback),
    Count("mentions", e.SocialMentioned, _mention),
    Count("visits", e.VisitStarted, _platform),
    Count("expansion_mrr", e.SubscriptionStarted, _expanded, _mrr_delta),
    Count("expansion_mrr", e.SubscriptionChanged, _expanded, _mrr_delta),
)
"""Every plain count. Cells are those of the event, whatever the customer is now."""

_CHOSEN: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    name: tuple((i, field) for i, field in enumerate(measure.fields) if field in DIMENSIONS)
    for name, measure in MEASURES.items()
}
"""Which fields of each measure's cells producers choose."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_FEATURE_USED: Final = e.FeatureUsed


class Counts(Group[CountFacts]):
    """Plain counts."""

    name: ClassVar[str] = "counts"
    measures: ClassVar[tuple[str, ...]] = tuple(dict.fromkeys(count.measure for count in COUNTS))
    facts = CountFacts
    types: ClassVar[tuple[type[Event], ...]] = tuple(dict.fromkeys(count.struct for count in COUNTS))
    expires: ClassVar[bool] = True
    bounded: ClassVar[bool] = True
    selective: ClassVar[bool] = True

    def __init__(self, definitions: Definitions) -> None:
        super().__init__(definitions)
        read = [count for count in COUNTS if count.measure not in definitions.unread]
        self._read = frozenset(count.measure for count in read)
        self._all_read = len(read) == len(COUNTS)
        self._by_struct: dict[type[Event], tuple[Count, ...]] = {
            struct: tuple(count for count in read if count.struct is struct)
            for struct in dict.fromkeys(count.struct for count in read)
        }

    def listens(self) -> tuple[type[Event], ...]:
        """Return the types of event that count in some measure that is read."""
        return tuple(self._by_struct)

    def touches(self, event: Event) -> bool:
        """Whether the event may count: of the uses of features only those of core ones do."""
        return type(event) is not _FEATURE_USED or (event.data is not None and event.data.core)

    def join(self, facts: CountFacts, told: Told, dimensions: Dimensions) -> None:
        """Add the event's numbers."""
        self._join(facts, told, dimensions)

    def _join(self, facts: CountFacts, told: Told, dimensions: Dimensions) -> list[Contribution]:
        """What an event adds, under the cells in which it counts."""
        out: list[Contribution] = []
        if not told.countable:
            return out
        known, minute = facts.tallies, told.minute
        for count in self._by_struct[type(told.event)]:
            cell = count.cell(told, dimensions)
            n = 1 if count.number is None else count.number(told.event)
            if cell is not None and n:
                one = (count.measure, cell, minute, n)
                out.append(tallies.add(known, one, count.fields, DIMENSIONS, dimensions))
        return out

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Add the event's numbers: they are the difference themselves."""
        del rules
        return self._join(self.opened(c), told, dimensions)

    def merge(self, facts: CountFacts, other: CountFacts) -> None:
        """Add up."""
        for tally in other.tallies:
            if tally.measure in MEASURES:
                fields = MEASURES[tally.measure].fields
                for minute, n in tally.numbers.items():
                    tallies.add(facts.tallies, (tally.measure, tally.cell, minute, n), fields, DIMENSIONS)

    def contributions(self, facts: CountFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return every number."""
        del c, rules
        return [
            (tally.measure, tally.cell, minute, n)
            for tally in facts.tallies
            if tally.measure in self._read
            for minute, n in tally.numbers.items()
        ]

    def values(self, facts: CountFacts) -> Iterable[tuple[str, str]]:
        """Return the values of the cells that producers chose."""
        out: list[tuple[str, str]] = []
        for tally in facts.tallies:
            cell = tally.cell
            for i, field in _CHOSEN.get(tally.measure, ()):
                value = cell[i]
                if isinstance(value, str):
                    out.append((field, value))
        return out

    def expire(self, facts: CountFacts, newest: int) -> list[Contribution]:
        """Give up the minutes that no window reaches any more."""
        self._keep_read(facts)
        return tallies.before(facts.tallies, newest - KEPT_MINUTES)

    def surplus(self, facts: CountFacts) -> list[Contribution]:
        """Give up the oldest numbers if there are too many, and what no KPI reads any more."""
        self._keep_read(facts)
        return tallies.surplus(facts.tallies)

    def _keep_read(self, facts: CountFacts) -> None:
        if not self._all_read and any(tally.measure not in self._read for tally in facts.tallies):
            facts.tallies = [tally for tally in facts.tallies if tally.measure in self._read]

"""What own measures count: a group of facts that is made from data (`streams.core.own`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from schemas.types import EVENT_TYPES
from streams.core import tallies
from streams.core.contribution import Delta, difference
from streams.core.customer import NOBODY
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.distributions import bucket_of
from streams.core.event_fields import MOMENTS, Reader, elapsed, reader
from streams.core.facts.own import OwnFacts
from streams.core.group import Group
from streams.core.groups.counts import KEPT_MINUTES
from streams.core.measures import Cell, Contribution
from streams.core.own import CUSTOMER_DIMENSIONS, LARGEST, THOUSANDTHS, Condition, OwnMeasure, label_of

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.definitions import Definitions
    from streams.core.join import Told
    from streams.core.rules import Rules

Test = Callable[[Any], bool]


class Own(Group[OwnFacts]):
    """Own measures: plain counts and sums, distributions, and the last minute of each customer."""

    name: ClassVar[str] = "own"
    facts = OwnFacts
    follows_profile: ClassVar[bool] = True
    expires: ClassVar[bool] = True
    bounded: ClassVar[bool] = True
    selective: ClassVar[bool] = True

    def __init__(self, definitions: Definitions) -> None:
        super().__init__(definitions)
        counters = [_Counter(one) for one in definitions.own]
        structs = dict.fromkeys(struct for counter in counters for struct in counter.asks)
        self._by_struct = {
            struct: tuple(counter for counter in counters if struct in counter.asks) for struct in structs
        }
        self._fields = {p.measure.name: p.measure.fields for one in definitions.own for p in one.parts()}
        self._labels = frozenset(label for one in definitions.own for label in one.labels)

    def listens(self) -> tuple[type[Event], ...]:
        """Return the types of event that some measure asks for."""
        return tuple(self._by_struct)

    def touches(self, event: Event) -> bool:
        """Whether some measure counts the event."""
        for counter in self._by_struct[event.__class__]:
            if counter.asks[event.__class__].fulfilled(event):
                return True
        return False

    def join(self, facts: OwnFacts, told: Told, dimensions: Dimensions) -> None:
        """Join an event with every measure that counts it."""
        for _ in self._joined(facts, told, dimensions):
            pass

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join an event; numbers are the difference themselves, of customers only those are looked at that it moves."""
        del rules
        facts = self.opened(c)
        moved = [
            (key, value)
            for counter in self._counting(told.event)
            for key, value in counter.reached(told, dimensions)
        ]
        before = self._reached(facts, c, moved)
        delta = list(self._joined(facts, told, dimensions))
        if moved:
            delta += difference(before, self._reached(facts, c, moved))
        return delta

    def merge(self, facts: OwnFacts, other: OwnFacts) -> None:
        """Add up, and join the last minutes."""
        for tally in other.tallies:
            fields = self._fields.get(tally.measure)
            if fields is not None:
                for minute, n in tally.numbers.items():
                    tallies.add(facts.tallies, (tally.measure, tally.cell, minute, n), fields, self._labels)
        for measure, last in other.last.items():
            for value, minute in last.items():
                _reach(facts, measure, value, minute)

    def contributions(self, facts: OwnFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return every number, and the last minutes, of measures that are still as they were."""
        del rules
        numbers = [
            (tally.measure, tally.cell, minute, n)
            for tally in facts.tallies
            if tally.measure in self._fields
            for minute, n in tally.numbers.items()
        ]
        return numbers + self._reached(
            facts, c, [(measure, value) for measure, last in facts.last.items() for value in last]
        )

    def values(self, facts: OwnFacts) -> Iterable[tuple[str, str]]:
        """Yield the values of dimensions."""
        for tally in facts.tallies:
            for field, value in zip(self._fields.get(tally.measure, ()), tally.cell, strict=False):
                if field in self._labels and isinstance(value, str):
                    yield field, value
        for measure, last in facts.last.items():
            for field in self._fields.get(measure, ())[:1]:
                if field in self._labels and field not in CUSTOMER_DIMENSIONS:
                    yield from ((field, value) for value in last if value)

    def expire(self, facts: OwnFacts, newest: int) -> list[Contribution]:
        """Give up the minutes that no window reaches any more, and what was counted by other definitions."""
        self._keep_present(facts)
        return tallies.before(facts.tallies, newest - KEPT_MINUTES)

    def surplus(self, facts: OwnFacts) -> list[Contribution]:
        """Give up the oldest numbers if there are too many, and what was counted by other definitions."""
        self._keep_present(facts)
        return tallies.surplus(facts.tallies)

    def _keep_present(self, facts: OwnFacts) -> None:
        facts.tallies = [tally for tally in facts.tallies if tally.measure in self._fields]
        facts.last = {measure: last for measure, last in facts.last.items() if measure in self._fields}

    def _counting(self, event: Event) -> Iterator[_Counter]:
        kind = event.__class__
        return (c for c in self._by_struct[kind] if c.asks[kind].fulfilled(event))

    def _joined(self, facts: OwnFacts, told: Told, dimensions: Dimensions) -> Iterator[Contribution]:
        """Join an event, and yield the numbers that it adds."""
        minute = told.minute
        for counter in self._counting(told.event):
            for measure, value in counter.reached(told, dimensions):
                _reach(facts, measure, value, minute)
            for measure, cell, n in counter.numbers(told, dimensions):
                counted = (measure, cell, minute, n)
                yield tallies.add(facts.tallies, counted, self._fields[measure], self._labels, dimensions)

    def _reached(self, facts: OwnFacts, c: Customer, keys: Iterable[tuple[str, str]]) -> list[Contribution]:
        """What the last minutes of some measures and values contribute."""
        if c.id == NOBODY:
            return []
        eligible = "1" if c.eligible else "0"
        out: list[Contribution] = []
        for measure, value in keys:
            minute = facts.last.get(measure, {}).get(value, -1)
            if minute >= 0 and measure in self._fields:
                fields = self._fields[measure][:-1]
                cell = (value,) if value else tuple(getattr(c, field) or UNKNOWN for field in fields)
                out.append((measure, (*cell, eligible), minute, 1))
        return out


def _reach(facts: OwnFacts, measure: str, value: str, minute: int) -> None:
    last = facts.last.setdefault(measure, {})
    last[value] = max(minute, last.get(value, -1))


class _Asked(NamedTuple):
    """How one measure reads events of one type."""

    tests: tuple[tuple[Reader, Test], ...]
    value: Reader | None
    """What is summed or distributed."""
    dimensions: tuple[tuple[str, Reader], ...]
    """By label: what reads it."""

    def fulfilled(self, event: Any) -> bool:
        """Whether the measure counts the event."""
        for read, test in self.tests:  # noqa: SIM110  (a loop is faster than a generator)
            if not test(read(event)):
                return False
        return True


class _Counter:
    """One own measure, ready to count."""

    __slots__ = ("_by", "_count", "_name", "_sum", "asks")

    def __init__(self, own: OwnMeasure) -> None:
        stored = {part.name: part.measure.name for part in own.parts()}
        names = list(stored.values())
        self._count = own.count
        self._name = names[0]
        self._sum = names[1] if own.count == "distribution" else ""
        free = [label for label in own.labels if label not in CUSTOMER_DIMENSIONS]
        self._by = dict(zip(free, names[1:], strict=True)) if own.count == "customers" else {}
        self.asks = {EVENT_TYPES[name].struct: _asked(own, EVENT_TYPES[name].struct) for name in own.events}

    def reached(self, told: Told, dimensions: Dimensions) -> Iterator[tuple[str, str]]:
        """Yield the measures over customers, each with the value of its dimension, that the event has a minute for."""
        if self._count == "customers":
            yield self._name, ""
            for label, read in self.asks[told.event.__class__].dimensions:
                if label in self._by:
                    yield self._by[label], _value(label, read, told, dimensions)

    def numbers(self, told: Told, dimensions: Dimensions) -> Iterator[tuple[str, Cell, int]]:
        """Yield the numbers that the event adds."""
        if self._count == "customers" or not told.countable:
            return
        asked = self.asks[told.event.__class__]
        amount = 1 if asked.value is None else asked.value(told.event)
        if amount is None:
            return
        amount = max(-LARGEST, min(LARGEST, amount))
        cell = tuple(_value(label, read, told, dimensions) for label, read in asked.dimensions)
        if self._count == "distribution":
            yield self._name, (*cell, bucket_of(amount)), 1
            if amount:
                yield self._sum, cell, amount
        elif amount:
            yield self._name, cell, amount


def _asked(own: OwnMeasure, struct: type[Event]) -> _Asked:
    value: Reader | None = None
    if own.count == "sum":
        value = reader(struct, own.field)
    elif own.count == "distribution":
        value = _thousandths(struct, own.field)
    return _Asked(
        tuple((reader(struct, condition.field), _test(condition)) for condition in own.where),
        value,
        tuple((label_of(field), reader(struct, field)) for field in own.dimensions),
    )


def _thousandths(struct: type[Event], field: str) -> Reader:
    """A number in thousandths, a moment as the milliseconds since: in seconds, that is thousandths too."""
    if field in MOMENTS:
        return elapsed(struct, field)
    read = reader(struct, field)

    def scaled(event: Any) -> int | None:
        value = read(event)
        return None if value is None else round(value * THOUSANDTHS)

    return scaled


def _test(condition: Condition) -> Test:
    """What tells whether a field is as the condition wants it."""
    tests: list[Test] = []
    if condition.present is False:
        return lambda value: value is None
    if (wanted := condition.one_of) is not None:
        texts = frozenset(one for one in wanted if isinstance(one, str))
        # A yes is not the number 1.
        others = tuple(one for one in wanted if not isinstance(one, str))
        tests.append(
            lambda value: (
                value in texts
                if isinstance(value, str)
                else any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in others)
            )
        )
    if (low := condition.above) is not None:
        tests.append(lambda value: value > low)
    if (least := condition.at_least) is not None:
        tests.append(lambda value: value >= least)
    if (high := condition.below) is not None:
        tests.append(lambda value: value < high)
    if (most := condition.at_most) is not None:
        tests.append(lambda value: value <= most)
    return lambda value: value is not None and all(test(value) for test in tests)


def _value(label: str, read: Reader, told: Told, dimensions: Dimensions) -> str:
    """The event's value of a dimension."""
    if label in CUSTOMER_DIMENSIONS:
        return str(getattr(told, label)) or UNKNOWN
    value = read(told.event)
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "true" if value else "false"
    return dimensions.fold(label, str(value)) or UNKNOWN

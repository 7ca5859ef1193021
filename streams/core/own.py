"""Own measures: what a user counts beside what is built in, as data.

In the facts and the panes an own measure is stored under a name that ends in a hash of its definition. A changed definition is
another measure then: what the old one counted, perhaps in cells of another form, never mixes with what the new one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

import msgspec
import xxhash

from streams.core.dimensions import DIMENSIONS
from streams.core.measures import MEASURES, Measure

Counted = Literal["events", "customers", "sum", "distribution"]

CUSTOMER_DIMENSIONS: Final = ("plan", "segment", "role")
"""Where customers are counted, these are the customer's value now; for everything else they are the event's."""

ELIGIBLE: Final = "eligible"
BUCKET: Final = "bucket"

SUM: Final = "_sum"
"""Ends the name of the measure with the sum of a distribution's values."""

BY: Final = "_by_"
"""Stands between an own measure and the dimension of the event by which it counts customers."""

THOUSANDTHS: Final = 1_000
"""Distributions hold their values in thousandths: a duration then is one in milliseconds."""

LARGEST: Final = 10**12
"""What a single event adds at the most: sums of any stream then stay far from the bounds of 64 bits."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What one field of an event has to be like: everything that is given holds.

    ``field`` is written as in the event, with `data.` before those of its data. A field that the event leaves out fulfils
    nothing but `present=False`.
    """

    field: str
    one_of: tuple[str | bool | int | float, ...] | None = None
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    present: bool | None = None


class Part(NamedTuple):
    """One of the measures that an own measure consists of: the name for KPIs, and the measure as it is stored."""

    name: str
    measure: Measure


class OwnMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """One own measure: which events, and what of them is counted.

    ``field`` is the one that is summed or whose values are distributed. ``dimensions`` are fields like those of conditions.
    ``parts_of`` are the digests of what it is read as a part of: if one of them begins anew, so does this one, or a part would reach
    further back than its whole.
    """

    name: str
    counts: str
    events: tuple[str, ...]
    count: Counted
    field: str = ""
    where: tuple[Condition, ...] = ()
    dimensions: tuple[str, ...] = ()
    parts_of: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A hash of what is counted: eight hexadecimal digits."""
        relevant = [self.name, self.events, self.count, self.field, self.where, self.dimensions]
        relevant += [self.parts_of] if self.parts_of else []
        return xxhash.xxh32_hexdigest(msgspec.json.encode(relevant))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the dimensions, in their order."""
        return tuple(label_of(field) for field in self.dimensions)

    def parts(self) -> Iterator[Part]:
        """Yield the measures that it consists of, the one with its name first."""
        labels = self.labels
        if self.count != "customers":
            bucket = (BUCKET,) if self.count == "distribution" else ()
            yield self._part("", "event", (*labels, *bucket), self.counts)
            if self.count == "distribution":
                yield self._part(SUM, "event", labels, f"thousandths, added up, of: {self.counts}")
            return
        own = tuple(label for label in labels if label in CUSTOMER_DIMENSIONS)
        yield self._part("", "last", (*own, ELIGIBLE), self.counts)
        for label in labels:
            if label not in CUSTOMER_DIMENSIONS:
                yield self._part(f"{BY}{label}", "last", (label, ELIGIBLE), f"the same, for each {label}")

    def _part(
        self, suffix: str, kind: Literal["event", "last"], fields: tuple[str, ...], counts: str
    ) -> Part:
        name = self.name + suffix
        return Part(name, Measure(f"{name}~{self.digest}", kind, fields, counts))


def label_of(field: str) -> str:
    """Return the name of the dimension that a field makes."""
    return field.rpartition(".")[2]


def dimensions_of(own: Iterable[OwnMeasure]) -> tuple[str, ...]:
    """Return every dimension whose values are bounded: the built-in ones and those of own measures."""
    return tuple(dict.fromkeys((*DIMENSIONS, *(label for one in own for label in one.labels))))


def stored_measures(own: Iterable[OwnMeasure]) -> dict[str, Measure]:
    """Return every measure, the built-in ones and the own ones, by the name that facts and panes know it by."""
    return MEASURES | {part.measure.name: part.measure for one in own for part in one.parts()}


def named_measures(own: Iterable[OwnMeasure]) -> dict[str, Measure]:
    """Return every measure by the name that KPIs know it by."""
    return MEASURES | {part.name: part.measure for one in own for part in one.parts()}

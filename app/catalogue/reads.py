"""What a KPI reads from the panes, and how the readings become its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from streams.core.time import WINDOWS

How = Literal["event", "last", "edge", "still", "hourly", "day", "recent"]
"""Kind of the measure that is read; `docs/definitions.md` says what each reading counts."""

_FUNCTION = re.compile(r"[a-z_][a-z0-9_.]*:[a-z_][a-z0-9_]*")


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything in the catalogue: immutable, and a key that nobody asked for is an error."""


class Plus(Frozen, frozen=True):
    """A further measure whose cells count as well, those that pass ``where``.

    It is of the same kind and read alike, unless ``how`` names another: then over the window.
    """

    measure: str
    how: Literal["event", "last"] | None = None
    where: Mapping[str, tuple[str, ...]] = {}

    def __post_init__(self) -> None:
        _check_where(self.where)


class Read(Frozen, frozen=True):
    """A number read from one measure, or from several that count different things: the sum of the cells that pass ``where``.

    ``where`` maps a field of the measure's cells to the values that count; a field that is not named is summed over.
    ``window`` fixes the window whatever the KPI's own; ``at`` says whether a level (how = edge) is taken at the end of
    the window, which is the evaluation time, or at its start. ``days`` reads a measure of local days over as many of them as
    the window has, today included; without it, today alone.
    """

    measure: str
    how: How
    where: Mapping[str, tuple[str, ...]] = {}
    window: str | None = None
    at: Literal["end", "start"] = "end"
    days: bool = False
    plus: tuple[Plus, ...] = ()

    def __post_init__(self) -> None:
        if self.window is not None and self.window not in WINDOWS:
            raise ValueError(f"window {self.window!r} is none of {', '.join(WINDOWS)}")
        if self.window is not None and self.how in ("edge", "still", "hourly"):
            raise ValueError(f"a level (how: {self.how}) has no window; leave window out")
        if self.at == "start" and self.how not in ("edge", "still"):
            raise ValueError("only a level (how: edge or still) can be read at the window's start")
        if self.days and self.how not in ("day", "recent"):
            raise ValueError("only measures of local days (how: day or recent) are read over days")
        if self.how == "recent" and not self.days:
            raise ValueError("how: recent says on which day something last happened: read it over days")
        if self.window is not None and self.how == "day" and not self.days:
            raise ValueError("today (how: day) has no window; leave window out, or say days: true")
        _check_where(self.where)

    @property
    def parts(self) -> tuple[Read, ...]:
        """The readings of single measures that this one adds up."""
        replace = msgspec.structs.replace
        return (
            replace(self, plus=()),
            *(_further(self, more) for more in self.plus),
        )

    @property
    def windowed(self) -> bool:
        """Whether the reading depends on the window that the KPI is evaluated over."""
        return self.at == "start" if self.how in ("edge", "still", "hourly") else self.window is None


def _further(read: Read, more: Plus) -> Read:
    if more.how is None:
        return msgspec.structs.replace(read, measure=more.measure, where=more.where, plus=())
    return Read(more.measure, more.how, more.where)


def _check_where(where: Mapping[str, tuple[str, ...]]) -> None:
    for field, values in where.items():
        if not values or len(set(values)) < len(values):
            raise ValueError(f"where.{field} needs at least one value, each once")


class Split(Frozen, frozen=True):
    """A label that shows parts of a ratio's numerator, each over the whole denominator.

    The numerator itself carries the label value ``whole``. The denominator does not carry the label.
    """

    label: str
    parts: Mapping[str, Read]
    whole: str = "all"

    def __post_init__(self) -> None:
        if not self.parts or self.whole in self.parts:
            raise ValueError(
                f"parts names the parts, at least one, and not {self.whole!r}, which is the numerator"
            )


class Ratio(Frozen, frozen=True, tag_field="form", tag="ratio"):
    """Numerator ÷ denominator; no value while the denominator is 0.

    With ``complement`` what is counted is the rest: what of the denominator the numerator's reading leaves.
    """

    numerator: Read
    denominator: Read
    split: Split | None = None
    complement: bool = False

    def __post_init__(self) -> None:
        if self.complement and self.split is not None:
            raise ValueError("a complement has no split: the parts are not parts of the rest")

    @property
    def numerators(self) -> tuple[tuple[str | None, Read], ...]:
        """Value of the split label and reading, the numerator first; the value is `None` without a split."""
        if self.split is None:
            return ((None, self.numerator),)
        return ((self.split.whole, self.numerator), *self.split.parts.items())

    def readings(self) -> Iterator[tuple[str, Read]]:
        """Yield the numerator, the denominator and the parts of the numerator."""
        yield "numerator", self.numerator
        yield "denominator", self.denominator
        for name, read in () if self.split is None else self.split.parts.items():
            yield f"split.parts.{name}", read


class Level(Frozen, frozen=True, tag_field="form", tag="level"):
    """One number. ``day`` is read instead of ``read`` for the window `day`."""

    read: Read
    day: Read | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.day.how != "day":
            raise ValueError("day reads a measure of calendar days (how: day)")

    def readings(self) -> Iterator[tuple[str, Read]]:
        """Yield the reading, and that of the calendar day."""
        yield "read", self.read
        if self.day is not None:
            yield "day", self.day


class Distribution(Frozen, frozen=True, tag_field="form", tag="distribution"):
    """Durations: ``read`` counts them by the logarithmic bucket in field ``bucket``, ``sums`` adds their milliseconds.

    The mean is exact, sum ÷ count; quantiles come from the buckets. Both are exported in seconds.
    """

    read: Read
    sums: Read
    bucket: str = "bucket"

    def __post_init__(self) -> None:
        if self.read.plus:
            raise ValueError("read.plus: the durations of a distribution come from one measure")

    def readings(self) -> Iterator[tuple[str, Read]]:
        """Yield the counts and the sum."""
        yield "read", self.read
        yield "sums", self.sums


class Score(Frozen, frozen=True, tag_field="form", tag="score"):
    """A mean over answers: either each class of answers has a weight, or another measure holds the sum of scores.

    ``field`` is the cell field with the class; ``label`` is the label that shows the answers by class, if any.
    """

    read: Read
    field: str = "class"
    weights: Mapping[str, float] | None = None
    sums: Read | None = None
    label: str | None = "class"

    def __post_init__(self) -> None:
        if (self.weights is None) == (self.sums is None):
            raise ValueError(
                "give either weights, one for each class, or sums, the measure of the scores' sum"
            )
        if self.read.plus:
            raise ValueError("read.plus: the answers of a score come from one measure")

    def readings(self) -> Iterator[tuple[str, Read]]:
        """Yield the answers, and the sum of their scores."""
        yield "read", self.read
        if self.sums is not None:
            yield "sums", self.sums


class Computed(Frozen, frozen=True, tag_field="form", tag="computed"):
    """A value that no combination of readings expresses: a pure function computes it from the measures it names.

    ``function`` is `package.module:name`. ``split`` names a label that it sets itself, ``whole`` the value of that label
    which stands for the KPI; ``windowed`` says whether it is evaluated for each window.
    """

    function: str
    measures: tuple[str, ...]
    split: str | None = None
    whole: str = "all"
    windowed: bool = True

    def __post_init__(self) -> None:
        if _FUNCTION.fullmatch(self.function) is None:
            raise ValueError(f"function {self.function!r} is not written package.module:name")

    def readings(self) -> Iterator[tuple[str, Read]]:
        """Yield nothing: the function does its own reading."""
        return iter(())


Value: TypeAlias = Ratio | Level | Distribution | Score | Computed
"""How a KPI gets its value; ``form`` says which in the files."""


def is_windowed(value: Value) -> bool:
    """Whether ``value`` is evaluated for each window rather than once."""
    if isinstance(value, Computed):
        return value.windowed
    return any(read.windowed for _, read in value.readings())

"""What a KPI's value is held against: bands, the objective, and figures that others have published."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, NamedTuple

from app.catalogue.labels import check_word
from app.catalogue.reads import Frozen

Better = Literal["higher", "lower"]
"""Which way a value improves."""

OBJECTIVE = "objective"
"""Name of the objective among the exported targets."""

_URL = re.compile(r"https?://[^\s/]+/\S*")


class Band(Frozen, frozen=True):
    """A named range of values. Each end is open, or excluded (above, below), or included (at_least, at_most)."""

    name: str
    title: str
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        check_word(self.name, "band")
        if self.name == OBJECTIVE:
            raise ValueError(f"a band cannot be called {OBJECTIVE!r}: the exported targets use that name")
        if (self.above is not None and self.at_least is not None) or (
            self.below is not None and self.at_most is not None
        ):
            raise ValueError(
                f"band {self.name!r}: an end is either included or excluded; give one of the two"
            )
        lower, upper = self.lower, self.upper
        if lower is None and upper is None:
            raise ValueError(f"band {self.name!r} has no bound")
        if lower is not None and upper is not None and lower >= upper:
            raise ValueError(f"band {self.name!r} is empty: {lower} to {upper}")

    @property
    def lower(self) -> float | None:
        """The lower bound, or `None`."""
        return self.at_least if self.above is None else self.above

    @property
    def upper(self) -> float | None:
        """The upper bound, or `None`."""
        return self.at_most if self.below is None else self.below

    def __contains__(self, value: float) -> bool:
        return (
            (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.below is None or value < self.below)
            and (self.at_most is None or value <= self.at_most)
        )


class Benchmark(Frozen, frozen=True):
    """A published figure in the KPI's unit, whose it is and where it was read; ``url`` is absent where none is known."""

    value: float
    who: str
    source: str
    url: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _check_source(self.who, self.source, self.url)


class Case(Frozen, frozen=True):
    """A published change: from ``before`` to ``after`` within ``months``."""

    before: float
    after: float
    months: float
    who: str
    source: str
    what: str
    url: str | None = None

    def __post_init__(self) -> None:
        _check_source(self.who, self.source, self.url)
        if self.months <= 0 or not self.what.strip():
            raise ValueError("a case says what was done, and in how many months")


class Target(NamedTuple):
    """One exported target: `kpi_target{band=…}` has ``value``."""

    band: str
    value: float


def band_targets(bands: tuple[Band, ...], better: Better, objective: float | None) -> tuple[Target, ...]:
    """Return the objective, then for each band but the worst the bound beyond which a value leaves it for the worse."""
    targets = [] if objective is None else [Target(OBJECTIVE, objective)]
    for band in bands:
        bound = band.lower if better == "higher" else band.upper
        if bound is not None:
            targets.append(Target(band.name, bound))
    return tuple(targets)


def check_bands(bands: tuple[Band, ...], better: Better) -> None:
    """Raise `ValueError` unless the bands, best first, cover every value exactly once."""
    names = [band.name for band in bands]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"band {name!r} is there twice")
    if not bands:
        return
    ascending = bands[::-1] if better == "higher" else bands
    if ascending[0].lower is not None or ascending[-1].upper is not None:
        raise ValueError(
            "the best and the worst band are open towards their side; bands are listed best first"
        )
    for low, high in pairwise(ascending):
        if low.upper is None or low.upper != high.lower:
            raise ValueError(
                f"bands {low.name!r} and {high.name!r} do not meet: {low.upper} and {high.lower}"
            )
        if (low.at_most is None) == (high.at_least is None):
            claim = "neither" if low.at_most is None else "both"
            raise ValueError(f"{low.upper} belongs to {claim} of the bands {low.name!r} and {high.name!r}")


def _check_source(who: str, source: str, url: str | None) -> None:
    if not who.strip() or not source.strip():
        raise ValueError("a published figure names whose it is (who) and where it was read (source)")
    if url is not None and _URL.fullmatch(url) is None:
        raise ValueError(f"url {url!r} is not a web address")

"""The PromQL of a KPI of any kind, as panels need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from app.catalogue.dimensions import Dimension
from app.catalogue.model import Extra, Kpi
from app.catalogue.naming import (
    DENOMINATOR,
    NUMERATOR,
    OBSERVATIONS,
    OVERALL,
    RESPONSES,
    STAT,
    VALUE,
    WINDOW,
    Family,
    family_names,
)
from app.catalogue.reads import Ratio, Score
from app.exporter.views import KpiView
from app.generation.dashboards.shipped import Match, Shipped

WEEK: Final = "1w"

_SAMPLES: Final = (DENOMINATOR, OBSERVATIONS, RESPONSES)
"""Roles of the family that says how much a value rests on."""

_DEFAULT_STAT: Final = "p50"


@dataclass(frozen=True)
class Cut:
    """Which series of a KPI are meant.

    ``by`` is the dimension that they are broken down by. ``at`` fixes labels at values, which may be variables; every
    other dimension stays overall. ``parts`` asks for the parts of the numerator instead of the whole.
    """

    window: str | None
    by: str | None = None
    at: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    parts: bool = False
    all_stats: bool = False


class KpiQueries:
    """Queries over the families of one KPI. Nothing is known about them but what the catalogue says."""

    def __init__(self, kpi: Kpi, shipped: Shipped) -> None:
        self.kpi = kpi
        self._shipped = shipped
        self._families = {family.role: family for family in family_names(kpi)}
        self._rests_on = next((self._families[role] for role in _SAMPLES if role in self._families), None)
        self.judged_window = KpiView(kpi).window
        """The window that the KPI is judged by: that of its bands, or a week. None where it has no windows."""

    @property
    def judged(self) -> Cut:
        """The figure that stands for the KPI."""
        return Cut(self.judged_window)

    @property
    def stat(self) -> str | None:
        """The statistic that stands for a KPI of durations."""
        if STAT not in self._families[VALUE].labels:
            return None
        return self.kpi.alerts.stat or _DEFAULT_STAT

    @property
    def has_samples(self) -> bool:
        """Whether the KPI says how much its values rest on."""
        return self._rests_on is not None

    @property
    def has_numerator(self) -> bool:
        """Whether the value is a fraction whose parts are exported."""
        return NUMERATOR in self._families

    @property
    def has_parts(self) -> bool:
        """Whether the numerator is shown in parts that add up to it."""
        return isinstance(self.kpi.value, Ratio) and self.kpi.value.split is not None

    def varies_by(self, label: str) -> bool:
        """Whether the KPI is broken down by a dimension."""
        return label in [dimension.name for dimension in self.breakdowns]

    @property
    def breakdowns(self) -> Sequence[Dimension]:
        """The dimensions that have an overall value; by the others every figure is broken down anyway."""
        return [dimension for dimension in self.kpi.dimensions if dimension.overall]

    def value(self, cut: Cut, offset: str = "") -> str:
        """Return the value."""
        return self._query(self._families[VALUE], cut, self.kpi.dimensions, offset)

    def numerator(self, cut: Cut) -> str:
        """Return the numerator; `KeyError` for a KPI without."""
        return self._query(self._families[NUMERATOR], cut, self.kpi.dimensions)

    def samples(self, cut: Cut) -> str:
        """Return what the value rests on: denominator, observations or answers. Raises `KeyError` for a KPI without."""
        family = self.rests_on
        label = self.kpi.value.label if isinstance(self.kpi.value, Score) else None
        matchers = self._matchers(family, cut, self.kpi.dimensions)
        return self._shipped.exported(family.name, matchers, without=label)

    @property
    def rests_on(self) -> Family:
        """The family that says how much a value rests on. Raises `KeyError` for a KPI without."""
        if self._rests_on is None:
            raise KeyError(f"{self.kpi.id} says nothing about samples")
        return self._rests_on

    def free(self, cut: Cut) -> list[str]:
        """Return the labels by which the value's series still differ, the breakdown's first."""
        fixed = self._matchers(self._families[VALUE], cut, self.kpi.dimensions)
        labels = [label for label in self._families[VALUE].labels if fixed.get(label, _ANY).operator != "="]
        return sorted(labels, key=lambda label: label != cut.by)

    def by_label(self, cut: Cut, offset: str = "") -> str:
        """Return the value with no labels but those by which the series differ: what columns are joined on."""
        labels = ", ".join(self.free(cut))
        return f"max by ({labels}) ({self.value(cut, offset)})"

    def change_by_label(self, cut: Cut) -> str:
        """Return by how much the value differs from that of a week ago, as `by_label`."""
        return f"{self.by_label(cut)} - {self.by_label(cut, WEEK)}"

    def samples_by_label(self, cut: Cut) -> str:
        """Return what the value rests on, with the labels of `by_label`."""
        own = [label for label in self.free(cut) if label in self.rests_on.labels]
        samples = f"max by ({', '.join(own)}) ({self.samples(cut)})"
        if len(own) == len(self.free(cut)):
            return samples
        # One denominator for several values: it is repeated beside each of them.
        return f"0 * {self.by_label(cut)} + on ({', '.join(own)}) group_left () {samples}"

    def further(self, extra: Extra, cut: Cut) -> str:
        """Return the values of a further family."""
        return self._query(self._families[extra.suffix], replace(cut, at={}), extra.dimensions)

    def further_free(self, extra: Extra, cut: Cut) -> list[str]:
        """Return the labels by which the series of a further family still differ."""
        family = self._families[extra.suffix]
        fixed = self._matchers(family, replace(cut, at={}), extra.dimensions)
        return [label for label in family.labels if fixed.get(label, _ANY).operator != "="]

    def _query(self, family: Family, cut: Cut, dimensions: Sequence[Dimension], offset: str = "") -> str:
        return self._shipped.exported(family.name, self._matchers(family, cut, dimensions), offset)

    def _matchers(self, family: Family, cut: Cut, dimensions: Sequence[Dimension]) -> dict[str, Match]:
        with_overall = {dimension.name for dimension in dimensions if dimension.overall}
        found: dict[str, Match] = {}
        for label in family.labels:
            if label in cut.at:
                found[label] = Match("=", cut.at[label])
            elif label == WINDOW and cut.window is not None:
                found[label] = Match("=", cut.window)
            elif label == STAT and self.stat is not None and not cut.all_stats:
                found[label] = Match("=", self.stat)
            elif label == self.kpi.split_label and isinstance(self.kpi.value, Ratio):
                assert self.kpi.value.split is not None
                found[label] = Match("!=" if cut.parts else "=", self.kpi.value.split.whole)
            elif label in with_overall:
                found[label] = Match("!=" if label == cut.by else "=", OVERALL)
        return found


_ANY: Final = Match("", "")

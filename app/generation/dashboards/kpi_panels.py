"""The panels of one KPI, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from grafana_foundation_sdk.models.dashboard import Panel

from app.catalogue.dimensions import Dimension
from app.catalogue.load import Catalogue
from app.catalogue.model import Kpi
from app.config.links import LinkSettings
from app.generation.dashboards import texts
from app.generation.dashboards.colours import NO_STEPS, steps
from app.generation.dashboards.names import (
    CHANNEL_VARIABLE,
    CHANNELS,
    WINDOW_VARIABLE,
    dashboard_url,
    variable,
)
from app.generation.dashboards.page import Placed
from app.generation.dashboards.panels import (
    SHORT,
    TIME_RANGE,
    Column,
    Curve,
    Head,
    Link,
    Steps,
    curves,
    figure,
    rows,
)
from app.generation.dashboards.queries import WEEK, Cut, KpiQueries
from app.generation.dashboards.shipped import Shipped
from app.generation.names import CHANNEL

_NOW = "now"
_WEEK_EARLIER = "a week earlier"


class KpiPanels:
    """Makes panels for one KPI."""

    def __init__(self, kpi: Kpi, shipped: Shipped, links: LinkSettings) -> None:
        self.kpi = kpi
        self.queries = KpiQueries(kpi, shipped)
        self._alerts = shipped.alerts.get(kpi.id, ())
        self._links = links

    @property
    def has_targets(self) -> bool:
        """Whether there is something to judge the value by."""
        return len(self._steps) > 1

    @property
    def chosen(self) -> Cut:
        """The overall figure over the window that the reader chooses."""
        return Cut(None if self.queries.judged_window is None else variable(WINDOW_VARIABLE))

    def value(self, cut: Cut, title: str, links: Sequence[Link] = (), *, filled: bool = True) -> Panel:
        """Return the value as a figure, coloured over the window that it is judged by."""
        judged = cut.window == self.queries.judged_window
        return figure(
            self._head(title, texts.about_value(self.queries, coloured=judged), (*links, *self._own_links)),
            self.queries.value(cut),
            steps=self._steps if judged else NO_STEPS,
            filled=filled and judged and self.has_targets,
        )

    def samples(self, cut: Cut) -> Panel:
        """Return what the value rests on; `KeyError` for a KPI that does not say."""
        title = f"Samples{texts.over(cut.window)}"
        return figure(
            Head(title, texts.about_samples(self.queries), SHORT, self._own_links), self.queries.samples(cut)
        )

    def brief(self, links: Sequence[Link]) -> Panel:
        """Return the value and what it rests on in one small panel."""
        cut = self.queries.judged
        about = texts.about_value(self.queries, coloured=True)
        return figure(
            self._head(f"{self.kpi.title}{texts.over(cut.window)}", about, (*links, *self._own_links)),
            self.queries.value(cut),
            steps=self._steps,
            samples=self.queries.samples(cut) if self.queries.has_samples else None,
        )

    def course(self, cut: Cut, title: str, *, bands: bool) -> Panel:
        """Return the value over time, and that of a week earlier; ``bands`` are drawn where they hold."""
        all_stats = replace(cut, all_stats=self.queries.stat is not None)
        return curves(
            self._head(title, texts.about_course(self.kpi)),
            [
                Curve(self.queries.value(all_stats), self._legend(all_stats, _NOW)),
                Curve(self.queries.value(cut, WEEK), self._legend(cut, _WEEK_EARLIER), past=True),
            ],
            steps=self._steps if bands and self.has_targets else None,
            least=self._least,
            most=1 if bands and self.kpi.bands and self.kpi.kind == "ratio" else None,
        )

    def counts(self, cut: Cut) -> Panel | None:
        """Return the counts behind the value over time, if it has any."""
        queries = self.queries
        shown = []
        if queries.has_numerator:
            labels = [f"{{{{{label}}}}}" for label in queries.free(cut)]
            shown.append(Curve(queries.numerator(cut), ", ".join(["numerator", *labels])))
        if queries.has_samples:
            shown.append(Curve(queries.samples(cut), "samples"))
        if not shown:
            return None
        head = Head(f"Counts behind it{texts.over(cut.window)}", texts.about_samples(queries), SHORT)
        return curves(head, shown, least=0)

    def parts(self, cut: Cut) -> Panel | None:
        """Return the parts that the value consists of, one upon the other, if there are any."""
        if not self.queries.has_parts:
            return None
        parts = replace(cut, parts=True)
        return curves(
            self._head(f"By {self.kpi.split_label}{texts.over(cut.window)}", texts.about_parts(self.kpi)),
            [Curve(self.queries.value(parts), self._legend(parts, self.kpi.title))],
            stacked=True,
            least=0,
        )

    def extras(self, cut: Cut) -> Iterator[Panel]:
        """Yield the KPI's further families over time."""
        for extra in self.kpi.extras:
            legend = _legend(self.queries.further_free(extra, cut), extra.suffix)
            window = cut.window if extra.windowed else None
            head = Head(
                f"{self.kpi.title}, {extra.suffix.replace('_', ' ')}{texts.over(window)}",
                f"{self.kpi.help[extra.suffix]}.",
                texts.extra_unit(extra.suffix),
            )
            yield curves(head, [Curve(self.queries.further(extra, cut), legend)])

    def breakdown(self, dimension: Dimension, cut: Cut) -> tuple[Panel, Panel]:
        """Return the value by a dimension, over time and as a table with what each value rests on."""
        by = replace(cut, by=dimension.name)
        about = texts.about_breakdown(self.kpi, dimension.name)
        title = f"{self.kpi.title} by {dimension.name}{texts.over(cut.window)}"
        course = curves(
            self._head(title, about),
            [Curve(self.queries.value(by), self._legend(by, self.kpi.title))],
            least=self._least,
        )
        labels = self.queries.free(by)
        columns = [
            *self.columns(by),
            Column("change in a week", self.queries.change_by_label(by), self._unit),
        ]
        table = rows(
            self._head(title, about),
            labels,
            columns,
            sort_by=columns[0].title,
            descending=self.kpi.better == "lower",
            links=channel_links(labels),
        )
        return course, table

    def columns(self, cut: Cut, *, scale: str | None = None) -> list[Column]:
        """Return the value and what it rests on as columns of a table with the labels that ``cut`` leaves."""
        coloured = cut.window == self.queries.judged_window
        shown = self._steps if coloured and scale is None else NO_STEPS
        columns = [Column(self.kpi.title, self.queries.by_label(cut), self._unit, steps=shown, scale=scale)]
        if self.queries.has_samples:
            columns.append(Column(f"n, {self.kpi.title}", self.queries.samples_by_label(cut), SHORT))
        return columns

    def beside(self, cut: Cut, right: Sequence[Panel]) -> list[Placed]:
        """Return a block: value and samples on the left, ``right`` sharing what is left of the width."""
        width = (24 - _LEFT) // len(right)
        left = self.value(cut, f"{self.kpi.title}{texts.over(cut.window)}")
        placed = [Placed(left, 0, 0, _LEFT, 5 if self.queries.has_samples else 8)]
        if self.queries.has_samples:
            placed.append(Placed(self.samples(cut), 0, 5, _LEFT, 3))
        return placed + [
            Placed(panel, _LEFT + index * width, 0, width, 8) for index, panel in enumerate(right)
        ]

    @property
    def _steps(self) -> Steps:
        return steps(self.kpi)

    @property
    def _unit(self) -> str:
        return texts.unit(self.kpi)

    @property
    def _least(self) -> float | None:
        # A score may lie below 0.
        return None if self.kpi.kind == "score" else 0

    @property
    def _own_links(self) -> list[Link]:
        return texts.links_of(self.kpi, self._alerts, self._links)

    def _head(self, title: str, about: str, links: Sequence[Link] | None = None) -> Head:
        if not self._own_links:
            about = f"{about}\n\n{texts.pages_of(self.kpi, self._alerts)}"
        return Head(title, about, self._unit, self._own_links if links is None else links)

    def _legend(self, cut: Cut, otherwise: str) -> str:
        labels = self.queries.free(cut)
        if otherwise == _WEEK_EARLIER and labels:
            return f"{_legend(labels, '')}, {otherwise}"
        return _legend(labels, otherwise)


def panels_of(
    catalogue: Catalogue, shipped: Shipped, links: LinkSettings, *, by: str | None = None
) -> list[KpiPanels]:
    """Return the KPIs that are switched on, or those of them that are broken down by a dimension."""
    found = [KpiPanels(kpi, shipped, links) for kpi in catalogue.values() if kpi.enabled]
    return [panels for panels in found if by is None or panels.queries.varies_by(by)]


def channel_links(labels: Sequence[str]) -> dict[str, str]:
    """Return the link from a row about a channel to the dashboard of that channel."""
    if CHANNEL not in labels:
        return {}
    return {CHANNEL: f"{dashboard_url(CHANNELS)}?var-{CHANNEL_VARIABLE}=${{__value.raw}}&{TIME_RANGE}"}


def _legend(labels: Sequence[str], otherwise: str) -> str:
    return ", ".join(f"{{{{{label}}}}}" for label in labels) or otherwise


_LEFT = 5
"""Width of the column with the value."""

"""The four kinds of panels, in the looks that all dashboards share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BarGaugeValueMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Panel,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from app.generation.dashboards.colours import NEUTRAL, NO_STEPS, PAST, Step
from app.generation.dashboards.names import DATASOURCE

SOURCE: Final = DataSourceRef(type_val="prometheus", uid=DATASOURCE)

NO_DATA: Final = "no data"
"""Shown in the place of a value: no data is not zero."""

TIME_RANGE: Final = "${__url_time_range}"
"""In an address: the time range that is shown."""

PERCENT: Final = "percentunit"
SECONDS: Final = "s"
SHORT: Final = "short"
NONE: Final = "none"
PER_SECOND: Final = "recps"
BYTES: Final = "bytes"

Steps = Sequence[Step] | Sequence[tuple[str, float | None]]


class Link(NamedTuple):
    """A link from a panel; a path is that of another dashboard, which is opened with the same time range."""

    title: str
    url: str


@dataclass(frozen=True)
class Head:
    """What every panel says about itself. ``unit`` is Grafana's id of a unit."""

    title: str
    description: str
    unit: str
    links: Sequence[Link] = ()


@dataclass(frozen=True)
class Curve:
    """A query and how its series are called; ``past`` draws them as something to compare with."""

    expression: str
    legend: str
    past: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: an instant query with the row's labels and no others.

    ``steps`` or ``scale`` (a continuous colour scheme, from 0 to 1) colour its cells.
    """

    title: str
    expression: str
    unit: str
    steps: Steps = NO_STEPS
    scale: str | None = None


def figure(
    head: Head,
    expression: str,
    *,
    steps: Steps = NO_STEPS,
    filled: bool = False,
    samples: str | None = None,
    missing: str = PAST,
) -> Panel:
    """Return a panel with one value, and with the query ``samples`` beside it what the value rests on.

    The query is of one instant. Over a range the last value would be shown also where it is long gone. ``missing`` is
    the colour of no data, which Grafana would otherwise take for less than every step.
    """
    panel = (
        stat.Panel()
        .unit(head.unit)
        .thresholds(_thresholds(steps))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .no_value(NO_DATA)
        .mappings([_absent(missing)])
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND if filled else BigValueColorMode.VALUE)
        .text_mode(BigValueTextMode.VALUE if samples is None else BigValueTextMode.VALUE_AND_NAME)
        .orientation(VizOrientation.AUTO)
        .reduce_options(_last())
        .with_target(_instant(expression, "A").legend_format("value"))
    )
    if head.unit == PERCENT:
        panel = panel.decimals(1)
    if samples is not None:
        panel = panel.with_target(_instant(samples, "B").legend_format("samples")).override_by_query(
            "B",
            [
                DynamicConfigValue("unit", SHORT),
                DynamicConfigValue("decimals", 0),
                DynamicConfigValue("color", {"mode": "fixed", "fixedColor": NEUTRAL}),
            ],
        )
    return _headed(panel.build(), head)


def figures(head: Head, expression: str, legend: str) -> Panel:
    """Return a panel with a bar for each series of an instant query."""
    panel = (
        bargauge.Panel()
        .unit(head.unit)
        .thresholds(_thresholds(NO_STEPS))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .no_value(NO_DATA)
        .min(0)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .value_mode(BarGaugeValueMode.TEXT)
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(_last())
        .with_target(_instant(expression, "A").legend_format(legend))
    )
    return _headed(panel.build(), head)


def curves(
    head: Head,
    queries: Sequence[Curve],
    *,
    steps: Steps | None = None,
    stacked: bool = False,
    least: float | None = None,
    most: float | None = None,
) -> Panel:
    """Return a panel of values over time; ``steps`` are drawn as coloured areas behind them."""
    panel = (
        timeseries.Panel()
        .unit(head.unit)
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
        .thresholds(_thresholds(steps or NO_STEPS))
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(
                GraphThresholdsStyleMode.OFF if steps is None else GraphThresholdsStyleMode.DASHED_AND_AREA
            )
        )
        .no_value(NO_DATA)
        .line_width(2)
        .fill_opacity(30 if stacked else 0)
        .show_points(VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if least is not None:
        panel = panel.min(least)
    if most is not None:
        panel = panel.max(most)
    for index, query in enumerate(queries):
        panel = panel.with_target(_query(query.expression, _ref(index)).range().legend_format(query.legend))
        if query.past:
            panel = panel.override_by_query(
                _ref(index),
                [
                    DynamicConfigValue("color", {"mode": "fixed", "fixedColor": PAST}),
                    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [6, 6]}),
                    DynamicConfigValue("custom.lineWidth", 1),
                ],
            )
    return _headed(panel.build(), head)


def rows(
    head: Head,
    labels: Sequence[str],
    columns: Sequence[Column],
    *,
    sort_by: str,
    descending: bool = False,
    links: Mapping[str, str] | None = None,
) -> Panel:
    """Return a table: a row for each combination of ``labels``, which every column's series have, and no others.

    ``sort_by`` is the title of a column. ``links`` are addresses by label, in which `${__value.raw}` is the row's.
    """
    panel = (
        table.Panel()
        .unit(head.unit)
        .no_value("–")
        .sort_by([common.TableSortByFieldState().display_name(sort_by).desc(descending)])
    )
    names: dict[str, str] = {}
    for index, column in enumerate(columns):
        panel = panel.with_target(_instant(column.expression, _ref(index)).format(PromQueryFormat.TABLE))
        panel = panel.override_by_name(column.title, list(_looks(column)))
        names[f"Value #{_ref(index)}"] = column.title
    if len(columns) == 1:
        names["Value"] = columns[0].title
    for label, url in (links or {}).items():
        panel = panel.override_by_name(
            label, [DynamicConfigValue("links", [{"title": f"This {label}", "url": url}])]
        )
    order = {name: index for index, name in enumerate([*labels, *names])}
    panel = panel.transformations(
        [
            DataTransformerConfig("merge", options={}),
            DataTransformerConfig(
                "organize",
                options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names},
            ),
        ]
    )
    return _headed(panel.build(), head)


def _looks(column: Column) -> Iterable[DynamicConfigValue]:
    yield DynamicConfigValue("unit", column.unit)
    if column.unit == PERCENT:
        yield DynamicConfigValue("decimals", 1)
    if column.scale is not None:
        yield DynamicConfigValue("color", {"mode": column.scale})
        yield DynamicConfigValue("min", 0)
        yield DynamicConfigValue("max", 1)
        yield DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"})
    elif len(column.steps) > 1:
        plain = [{"color": colour, "value": bound} for colour, bound in column.steps]
        yield DynamicConfigValue("color", {"mode": "thresholds"})
        yield DynamicConfigValue("thresholds", {"mode": "absolute", "steps": plain})
        yield DynamicConfigValue("custom.cellOptions", {"type": "color-text"})


def _headed(panel: Panel, head: Head) -> Panel:
    panel.title = head.title
    panel.description = head.description
    panel.datasource = SOURCE
    panel.links = [
        dashboard.DashboardLink(link.title)
        .url(f"{link.url}?{TIME_RANGE}" if link.url.startswith("/") else link.url)
        .target_blank(not link.url.startswith("/"))
        .build()
        for link in head.links
    ] or None
    return panel


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=bound, color=colour) for colour, bound in steps])
    )


def _absent(colour: str) -> SpecialValueMap:
    return SpecialValueMap(
        options=DashboardSpecialValueMapOptions(
            match=SpecialValueMatch.NULL_AND_NAN, result=ValueMappingResult(text=NO_DATA, color=colour)
        )
    )


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def _query(expression: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(SOURCE).expr(expression).ref_id(ref)


def _instant(expression: str, ref: str) -> prometheus.Dataquery:
    return _query(expression, ref).instant()


def _ref(index: int) -> str:
    """Return the reference of the n-th query as Grafana counts: A to Z, AA, AB..."""
    more, letter = divmod(index, 26)
    return ("" if more == 0 else chr(ord("A") + more - 1)) + chr(ord("A") + letter)

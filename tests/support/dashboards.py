"""Dashboards as tests read them: panels, queries, and what the queries refer to."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL, STAT, STATS, WINDOW, family_names
from app.catalogue.reads import Ratio

Dashboard = dict[str, Any]
Panel = dict[str, Any]

VALUE = "x"
"""Stands for every value of a label that is not overall."""

_VARIABLES = {
    "$__rate_interval": "4h",
    "$__interval": "1h",
    "$__range": "6h",
    "$window": "7d",
}
_WORDS = {
    *("by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool"),
    *("and", "or", "unless", "atan2"),
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)?\{([^{}]*)\}")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][a-zA-Z0-9_:]*)\b(?!\s*\()")
_LABEL_VALUES = re.compile(r"label_values\((.*), (\w+)\)")


class Series(NamedTuple):
    """A series of an exported family."""

    metric: str
    labels: Mapping[str, str]


def read(texts: Mapping[str, str]) -> dict[str, Dashboard]:
    """Return the dashboards by uid."""
    found = [json.loads(text) for text in texts.values()]
    return {document["uid"]: document for document in found}


def everything(dashboard: Dashboard) -> Iterator[Panel]:
    """Yield all panels and rows from top to bottom, those of folded rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def panels(dashboard: Dashboard) -> Iterator[Panel]:
    """Yield all panels that show something."""
    return (panel for panel in everything(dashboard) if panel["type"] != "row")


def titled(dashboard: Dashboard, title: str, kind: str | None = None) -> Panel:
    """Return the panel with a title."""
    (found,) = (
        panel for panel in panels(dashboard) if panel["title"] == title and kind in {None, panel["type"]}
    )
    return found


def queries(panel: Panel) -> list[str]:
    """Return the expressions of a panel."""
    return [target["expr"] for target in panel["targets"]]


def expressions(dashboard: Dashboard) -> Iterator[str]:
    """Yield every expression: of panels, annotations and variables."""
    for panel in panels(dashboard):
        yield from queries(panel)
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["target"]["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            looked_up = _LABEL_VALUES.fullmatch(variable["query"]["query"])
            assert looked_up is not None, variable["query"]
            yield looked_up[1]


def substituted(expression: str) -> str:
    """Return the expression as Grafana would send it."""
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    return re.sub(r"\$\w+", VALUE, expression)


def metrics(expression: str) -> set[str]:
    """Return the names of all series that an expression reads, also those in a matcher of the name."""
    names = {name for listed in re.findall(r'__name__=~"([^"]*)"', expression) for name in listed.split("|")}
    bare = _GROUPING.sub(" ", re.sub(r"\{[^{}]*\}", " ", re.sub(r"\[[^\]]*\]", " ", expression)))
    bare = re.sub(r"\boffset\s+\w+", " ", bare)
    return names | {name for name in _NAME.findall(bare) if name not in _WORDS}


def matched(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each metric with the labels that are matched on it."""
    for name, matchers in _SELECTOR.findall(expression):
        if name:
            yield name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", _STRING.sub('""', matchers)))


def series_of(kpi: Kpi) -> Iterator[Series]:
    """Yield what an exporter publishes of a KPI that has data, each dimension having one value."""
    extras = {extra.suffix: extra.dimensions for extra in kpi.extras}
    for family in family_names(kpi):
        dimensions = {one.name: one.overall for one in extras.get(family.role, kpi.dimensions)}
        for broken_down in (None, *dimensions):
            rows: list[dict[str, str]] = [{}]
            for label in family.labels:
                rows = [
                    {**row, label: value}
                    for row in rows
                    for value in _values(kpi, label, dimensions, broken_down)
                ]
            for row in rows:
                yield Series(family.name, row)


def _values(kpi: Kpi, label: str, dimensions: Mapping[str, bool], broken_down: str | None) -> list[str]:
    if label in dimensions:
        return [VALUE if label == broken_down or not dimensions[label] else OVERALL]
    if label == WINDOW:
        return list(kpi.windows)
    if label == STAT:
        return list(STATS)
    if label == kpi.split_label and isinstance(kpi.value, Ratio) and kpi.value.split is not None:
        return [kpi.value.split.whole, *kpi.value.split.parts]
    return [VALUE]


def recorded_as_rules(found: Iterable[str]) -> str:
    """Return a rule file that records each expression under a name of its own."""
    rules = [
        {"record": f"test:expression:{index}", "expr": substituted(expression)}
        for index, expression in enumerate(found)
    ]
    return yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]})


def check_rules(found: Iterable[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Let promtool look at expressions as recording rules."""
    file = folder / "expressions.yml"
    file.write_text(recorded_as_rules(found))
    return promtool("check", "rules", file.name, folder=folder)


def failing(
    condition: str,
    found: Iterable[str],
    given: Iterable[Series],
    folder: Path,
    rule_files: Mapping[str, str] | None = None,
) -> set[str]:
    """Return those of the expressions of whose number of series ``condition`` is not true: `> 0`.

    There are eight days of the series that are given, and what the rules record of them.
    """
    for path, text in (rule_files or {}).items():
        (folder / Path(path).name).write_text(text)
    counted = {expression: f"count({substituted(expression)}) {_bool(condition)}" for expression in found}
    document = {
        "rule_files": [Path(path).name for path in rule_files or {}],
        # What is recorded is looked at now and a week ago: more evaluations cost time and show nothing more.
        "evaluation_interval": "24h",
        "tests": [
            {
                "interval": "20m",
                "input_series": [
                    {"series": f"{one.metric}{_written(one.labels)}", "values": "1+1x600"} for one in given
                ],
                "promql_expr_test": [
                    {
                        "expr": count,
                        "eval_time": "192h",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                    for count in counted.values()
                ],
            }
        ],
    }
    (folder / "series.yml").write_text(json.dumps(document))
    done = promtool("test", "rules", "series.yml", folder=folder)
    output = done.stdout + done.stderr
    failed = {expression for expression, count in counted.items() if f"expr: {json.dumps(count)}" in output}
    assert bool(failed) == bool(done.returncode), output
    return failed


def _bool(condition: str) -> str:
    operator, _, number = condition.partition(" ")
    return f"{operator} bool {number}"


def promtool(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def scraped(series: Iterable[Series], *instances: str) -> Iterator[Series]:
    """Yield each series once for each instance that publishes it."""
    for metric, labels in dict.fromkeys((one.metric, tuple(one.labels.items())) for one in series):
        for instance in instances:
            yield Series(metric, {**dict(labels), "job": "j", "instance": instance})


def _written(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"

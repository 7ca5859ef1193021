"""What the generated rule files offer to dashboards: recorded series, and alerts with their runbooks.

The files are read rather than the objects that they were written from, so that a dashboard can only refer to what is
really shipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from app.config.alerts import AlertTimes
from app.generation.names import LAG, RULES_FOLDER, STALLED

_PLAIN = re.compile(r"max without \(instance, pod\) \((?P<metric>\w+)(?:\{(?P<fixed>[^{}]*)\})?\)")
_EQUAL = re.compile(r'(\w+)="([^"]*)"')


class Match(NamedTuple):
    """A label matcher: operator and value."""

    operator: str
    value: str


Matchers = Mapping[str, Match]
"""Label matchers by label, in the order in which they are written."""


class AlertPage(NamedTuple):
    """An alert on a KPI and where its runbook is."""

    alert: str
    runbook: str


class _Record(NamedTuple):
    """A recorded series that is one exported family, without ``fixed`` labels' other values."""

    name: str
    fixed: Mapping[str, str]


@dataclass(frozen=True)
class Shipped:
    """The rules that are shipped with the dashboards."""

    records: Mapping[str, str]
    """Expression by name of the recorded series."""

    alerts: Mapping[str, tuple[AlertPage, ...]]
    """Alerts by KPI."""

    stale_after_s: float = AlertTimes().stale_after_ms / 1_000
    """Age of the figures from which no alert on a KPI fires."""

    def exported(
        self, metric: str, matchers: Matchers, offset: str = "", *, without: str | None = None
    ) -> str:
        """Return a query for series of an exported family, one for all exporters.

        That is the recorded series where one holds what is asked for. ``offset`` is a PromQL duration, ``without`` a label
        that is summed over.
        """
        shift = f" offset {offset}" if offset else ""
        for record in self._recorded(metric, without):
            if all(matchers.get(label) == Match("=", value) for label, value in record.fixed.items()):
                rest = {label: match for label, match in matchers.items() if label not in record.fixed}
                return f"{record.name}{selector(rest)}{shift}"
        every = f"max without (instance, pod) ({metric}{selector(matchers)}{shift})"
        return every if without is None else f"sum without ({without}) ({every})"

    def _recorded(self, metric: str, without: str | None) -> Iterable[_Record]:
        before, after = ("", "") if without is None else (f"sum without ({without}) (", ")")
        for name, expression in self.records.items():
            text = expression.strip()
            if not (text.startswith(before) and text.endswith(after)):
                continue
            found = _PLAIN.fullmatch(text[len(before) : len(text) - len(after)])
            if found is not None and found["metric"] == metric:
                fixed = dict(_EQUAL.findall(found["fixed"] or ""))
                # A matcher of another kind would be lost.
                if selector({label: Match("=", value) for label, value in fixed.items()}) == (
                    f"{{{found['fixed']}}}" if found["fixed"] else ""
                ):
                    yield _Record(name, fixed)


def selector(matchers: Matchers) -> str:
    """Return the matchers as PromQL has them; nothing for none."""
    if not matchers:
        return ""
    return (
        "{" + ",".join(f'{label}{match.operator}"{match.value}"' for label, match in matchers.items()) + "}"
    )


def read_shipped(files: Mapping[str, str]) -> Shipped:
    """Return what the rule files among ``files`` (texts by path) offer."""
    records: dict[str, str] = {}
    alerts: dict[str, tuple[AlertPage, ...]] = {}
    stale_after_s = Shipped.stale_after_s
    for rule in _rules(files):
        if "record" in rule:
            records[rule["record"]] = rule["expr"]
        elif rule["alert"] == STALLED:
            stale_after_s = float(rule["expr"].removeprefix(f"{LAG} > "))
        elif (kpi := rule.get("labels", {}).get("kpi")) is not None:
            page = AlertPage(rule["alert"], rule["annotations"]["runbook_url"])
            # An alert of two severities is two rules of one name, and one page.
            if page not in alerts.get(kpi, ()):
                alerts[kpi] = (*alerts.get(kpi, ()), page)
    return Shipped(records, alerts, stale_after_s)


def _rules(files: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for path in sorted(files):
        if path.startswith(f"{RULES_FOLDER}/"):
            for group in yaml.safe_load(files[path])["groups"]:
                yield from group["rules"]

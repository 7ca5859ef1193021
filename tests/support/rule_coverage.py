"""Which situations the tests of the alerting rules put each alert into, as far as the test files themselves show it.

*fires*: it is expected to fire. *silent*: a test in which it never does, or in which some series never make it fire.
*low traffic*: series that rest on too little, which never make it fire. *no data*: series that end, or none at all.
*stale*: it fired, and no longer does once the figures are too old.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from app.generation import names

Test = dict[str, Any]

FIRES, SILENT, LITTLE, NO_DATA, STALE = "fires", "silent", "low traffic", "no data", "stale"

WANTED: dict[str, set[str]] = {
    # Old figures are what it fires on.
    names.STALLED: {FIRES, SILENT, NO_DATA},
    # No data is what it fires on.
    names.ABSENT: {FIRES, SILENT},
    # Low traffic is what it fires on.
    names.NO_EVENTS: {FIRES, SILENT, NO_DATA},
    names.BEHIND: {FIRES, SILENT, NO_DATA, LITTLE},
    # One is enough for these.
    names.DEAD_LETTERS: {FIRES, SILENT, NO_DATA},
    names.OVERFLOW: {FIRES, SILENT, NO_DATA},
    names.RESTARTS: {FIRES, SILENT, NO_DATA},
    names.LATE_DROPS: {FIRES, SILENT, NO_DATA, LITTLE},
}
"""What has to be shown of the alerts on the service."""

_RESTS_ON = re.compile(r"^\s*and .*>= \d+$", re.MULTILINE)
_LITTLE = re.compile(r'(?:channel|job)="few_samples')
_GONE = re.compile(r'(?:channel|job)="no_data"')


def rules(folder: Path) -> list[dict[str, Any]]:
    """Return all alerting rules of a folder."""
    groups = [group for file in sorted(folder.iterdir()) for group in _yaml(file)["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def alerts(folder: Path) -> list[str]:
    """Return the names of all alerts of a folder."""
    return [rule["alert"] for rule in rules(folder)]


def tests(folder: Path) -> list[Test]:
    """Return all tests of a folder."""
    return [test for file in sorted(folder.iterdir()) for test in _yaml(file)["tests"]]


def wanted(alert: str, folder: Path = Path(names.RULES_FOLDER)) -> set[str]:
    """Return the situations that an alert has to be tested in."""
    if alert in WANTED:
        return WANTED[alert]
    (rule,) = (rule for rule in rules(folder) if rule["alert"] == alert)
    # Without a condition on the items that the value rests on there is no too little.
    little = {LITTLE} if _RESTS_ON.search(rule["expr"]) else set()
    return {FIRES, SILENT, NO_DATA, STALE} | little


def covered(found: Iterable[Test]) -> dict[str, set[str]]:
    """Return by alert the situations that tests put it into."""
    by_alert: dict[str, set[str]] = defaultdict(set)
    for test in found:
        expectations = sorted(test["alert_rule_test"], key=lambda one: int(one["eval_time"].rstrip("m")))
        (alert,) = {one["alertname"] for one in expectations}
        assert test["name"].startswith(f"{alert} ")
        by_alert[alert] |= _of(test, expectations)
    return by_alert


def _of(test: Test, expectations: list[dict[str, Any]]) -> set[str]:
    shown: set[str] = set()
    fired = [one for one in expectations if one["exp_alerts"]]
    series = [one["series"] for one in test["input_series"]]
    shown.add(FIRES if fired else SILENT)
    labels = [alert["exp_labels"] for one in fired for alert in one["exp_alerts"]]
    for situation, pattern in ((LITTLE, _LITTLE), (NO_DATA, _GONE)):
        own = [found[0] for one in series if (found := pattern.search(one))]
        if own and not any(f'{name}="{value}' in own for label in labels for name, value in label.items()):
            shown |= {situation, SILENT}
    if not fired and not series:
        shown.add(NO_DATA)
    if not fired and "without data" in test["name"]:
        shown.add(NO_DATA)
    if not fired and "little comes" in test["name"]:
        shown.add(LITTLE)
    before, last = [[], *(one["exp_alerts"] for one in expectations)][-2:]
    if _becomes_stale(test) and before and not last:
        shown.add(STALE)
    return shown


def _becomes_stale(test: Test) -> bool:
    """Whether the age of the figures, 0 for most of the test, exceeds the limit at the last expectation."""
    values = next((one["values"] for one in test["input_series"] if one["series"] == names.LAG), "")
    found = re.fullmatch(r"0x(\d+) (\d+)x(\d+)", values)
    if found is None or int(found[2]) <= 0:
        return False
    first = int(found[1]) + 1
    step = int(test["interval"].rstrip("m"))
    last = max(int(one["eval_time"].rstrip("m")) for one in test["alert_rule_test"])
    return first * step <= last <= (first + int(found[3])) * step


def _yaml(file: Path) -> Any:
    return yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

"""Tests of the generated rules, for `promtool test rules`: that each alert fires, and what must not make it fire.

The numbers follow from the catalogue, as those of the rules do, so that an alert that cannot fire, or fires for anything,
fails its test also after the catalogue was changed. Times are minutes from the beginning of a test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.generation import names
from app.generation.yaml_text import yaml_text

Document = dict[str, Any]

EXPORTERS: Final = ("exporter-1:8000", "exporter-2:8000")
"""Instances that are scraped; they publish the same."""

WEEK: Final = 7 * 24 * 60
AFTERWARDS: Final = 240
"""How long a test of the service goes on after something happens."""


@dataclass(frozen=True)
class Timeline:
    """How a test passes: so many ``weeks`` and a while, then something happens, with samples each ``step``.

    Rules are evaluated at the moments of the samples, so a step may be longer than Prometheus takes a sample for present.
    ``lead`` is the while before the change, ``after`` how long the test goes on with fresh figures, and ``tail`` how long it
    then goes on with stale ones.
    """

    weeks: int
    step: int
    lead: int = 60
    after: int = AFTERWARDS
    tail: int = 0

    @property
    def change(self) -> int:
        """When something happens."""
        return self.weeks * WEEK + self.lead

    @property
    def rest(self) -> int:
        """How long the test goes on then."""
        return self.after + self.tail

    def after_hold(self, hold_ms: int) -> int:
        """Return the first moment after the change, in minutes, at which a hold has passed for a rule."""
        return math.ceil(hold_ms / 60_000 / self.step) * self.step


LAST_WEEK: Final = Timeline(weeks=1, step=240, lead=240, after=480, tail=240)
LAST_WEEKS: Final = Timeline(weeks=3, step=240, lead=240, after=480, tail=240)
"""Long steps: what these tests take is evaluating the rules again and again for weeks. No alert holds for longer."""

MINUTES: Final = Timeline(weeks=0, step=1)


@dataclass(frozen=True)
class Case:
    """One test: what comes in, and by minute after the change the alerts that fire then."""

    name: str
    alert: str
    series: Mapping[str, str]
    expect: Mapping[int, Sequence[Document]]
    timeline: Timeline = MINUTES

    def document(self) -> Document:
        """Return the test as promtool reads it."""
        change = self.timeline.change
        return {
            "name": f"{self.alert} {self.name}",
            "interval": f"{self.timeline.step}m",
            "input_series": [{"series": series, "values": values} for series, values in self.series.items()],
            "alert_rule_test": [
                {"eval_time": f"{change + minute}m", "alertname": self.alert, "exp_alerts": list(alerts)}
                for minute, alerts in self.expect.items()
            ],
        }


def rule_tests(cases: Sequence[Case], stems: Sequence[str], source: str) -> str:
    """Return the text of a test file of the rule files with these stems, which are evaluated in this order."""
    document = {
        "rule_files": [f"../rules/{names.rules_file(stem).rpartition('/')[2]}" for stem in stems],
        "evaluation_interval": f"{common_step(cases)}m",
        "group_eval_order": [names.group(stem) for stem in stems],
        "tests": [case.document() for case in cases],
    }
    return yaml_text(document, source)


def common_step(cases: Iterable[Case]) -> int:
    """Return the step of the tests of one file; all have the same, because promtool knows one."""
    steps = {case.timeline.step for case in cases}
    if len(steps) != 1:
        raise ValueError(f"tests of one file have one step, not {sorted(steps)}")
    return steps.pop()


def clock(minutes: int, step: int) -> str:
    """Return the values of an evaluation time that moves with the test's own clock."""
    return f"0+{step * 60}x{minutes // step}"

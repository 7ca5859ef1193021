"""Tests of the generated rules, for `promtool test rules`: that each alert fires, and what must not make it fire.

The numbers follow from the catalogue, as those of the rules do, so that an alert that cannot fire, or fires for anything,
fails its test also after the catalogue was changed. Times are minutes from the beginning of a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.generation import names
from app.generation.yaml_text import yaml_text

Document = dict[str, Any]

EXPORTERS: Final = ("exporter-1:8000", "exporter-2:8000")
"""Instances that are scraped; they publish the same."""

STEP: Final = 3
"""Minutes between two samples and two evaluations. Below the five minutes for which Prometheus takes a sample for present,
so that what one group records is there for the next, and more than one, because a week has ten thousand minutes.
"""
CHANGE: Final = 7 * 24 * 60 + 60
"""When something happens: late enough that the hour around the same moment a week ago is complete."""
AFTERWARDS: Final = 240
"""How long a test goes on then."""


@dataclass(frozen=True)
class Case:
    """One test: what comes in, and by minute after ``change`` the alerts that fire then."""

    name: str
    alert: str
    series: Mapping[str, str]
    expect: Mapping[int, Sequence[Document]]
    change: int = CHANGE
    step: int = STEP

    def document(self) -> Document:
        """Return the test as promtool reads it."""
        return {
            "name": f"{self.alert} {self.name}",
            "interval": f"{self.step}m",
            "input_series": [{"series": series, "values": values} for series, values in self.series.items()],
            "alert_rule_test": [
                {"eval_time": f"{self.change + minute}m", "alertname": self.alert, "exp_alerts": list(alerts)}
                for minute, alerts in self.expect.items()
            ],
        }


def rule_tests(cases: Sequence[Case], stems: Iterable[str], source: str) -> str:
    """Return the text of a test file of the rule files with these stems."""
    document = {
        "rule_files": [f"../rules/{names.rules_file(stem).rpartition('/')[2]}" for stem in stems],
        "evaluation_interval": f"{min(case.step for case in cases)}m",
        "tests": [case.document() for case in cases],
    }
    return yaml_text(document, source)


def clock(minutes: int, step: int) -> str:
    """Return the values of an evaluation time that moves with the test's own clock."""
    return f"0+{step * 60}x{minutes // step}"

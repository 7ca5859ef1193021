"""Prometheus rules as data, and the text of a rule file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.generation.yaml_text import yaml_text


@dataclass(frozen=True)
class Record:
    """A recording rule."""

    name: str
    expression: str

    def document(self) -> dict[str, Any]:
        """Return the rule as Prometheus reads it."""
        return {"record": self.name, "expr": self.expression}


@dataclass(frozen=True)
class Alert:
    """An alerting rule.

    ``hold`` and ``keep`` are Prometheus durations: how long the expression must be true before the alert fires, and how
    long it goes on firing afterwards.
    """

    name: str
    expression: str
    hold: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    keep: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the rule as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.hold,
            **({} if self.keep is None else {"keep_firing_for": self.keep}),
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
        }


@dataclass(frozen=True)
class Group:
    """Rules that Prometheus evaluates one after the other, so that alerts see what was just recorded."""

    name: str
    rules: tuple[Record | Alert, ...]
    interval: str | None = None
    """How often; by default as often as Prometheus is told to evaluate rules."""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """The alerting rules among them."""
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))

    def document(self) -> dict[str, Any]:
        """Return the group as Prometheus reads it."""
        interval = {} if self.interval is None else {"interval": self.interval}
        return {"name": self.name, **interval, "rules": [rule.document() for rule in self.rules]}


def rule_file(groups: Iterable[Group], source: str) -> str:
    """Return the text of a rule file; ``source`` is what it is generated from."""
    document = {"groups": [group.document() for group in groups]}
    return yaml_text(document, source)

"""Which words may be label names and parts of metric names."""

from __future__ import annotations

import re
from typing import Final

FORBIDDEN_LABELS: Final = frozenset(
    {
        # Prometheus and its targets give these a meaning of their own.
        *("job", "instance", "pod", "le", "quantile"),
        # Set by platforms and by Alertmanager routes; a KPI's own values under these names would be overwritten.
        *("type", "service", "env", "region", "alertname", "severity"),
        # The families' own labels.
        *("window", "stat", "kpi"),
    }
)
"""Label names that no dimension may have."""

FORBIDDEN_SUFFIXES: Final = ("_count", "_sum", "_bucket", "_total", "_created", "_info", "_timestamp")
"""Ends of metric names that stand for counters, histograms and summaries, or for a family of another kind."""

_WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def check_word(word: str, what: str) -> None:
    """Raise `ValueError` unless ``word`` is lower-case words joined by underscores; ``what`` says what it should name."""
    if _WORD.fullmatch(word) is None:
        raise ValueError(
            f"{what} {word!r} must be lower-case letters and digits, words joined by single underscores"
        )


def check_label(name: str) -> None:
    """Raise `ValueError` unless ``name`` may be the label of a dimension or a split."""
    check_word(name, "label")
    if name in FORBIDDEN_LABELS:
        raise ValueError(
            f"label {name!r} is taken by Prometheus, Alertmanager or the metric families; choose another"
        )

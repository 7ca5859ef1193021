"""The one home of every generated name that is not a metric's: recorded series, alerts, groups, files."""

from __future__ import annotations

from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import DENOMINATOR, OBSERVATIONS, RESPONSES, family_names
from app.catalogue.reads import Computed

EVALUATION: Final = "selfserve_evaluation_timestamp_seconds"
"""The exporter's metric: the moment up to which the figures are complete."""

LAG: Final = "selfserve:evaluation_lag_seconds"
"""Recorded: how far that moment lies back. Every alert on a KPI is guarded by it."""

CHANNEL: Final = "channel"
"""The dimension by which alerts are broken down, where a KPI has it; the other dimensions stay overall."""

PIPELINE: Final = "pipeline"
"""Stands for the service itself where a KPI's id would stand."""

STALLED: Final = "SelfserveStalled"
ABSENT: Final = "SelfserveAbsent"
NO_EVENTS: Final = "SelfserveNoEvents"
BEHIND: Final = "SelfserveBehind"
DEAD_LETTERS: Final = "SelfserveDeadLetters"
LATE_DROPS: Final = "SelfserveLateDrops"
OVERFLOW: Final = "SelfserveOverflow"
RESTARTS: Final = "SelfserveRestarts"

RULES_FOLDER: Final = "deploy/prometheus/rules"
TESTS_FOLDER: Final = "deploy/prometheus/tests"
RUNBOOKS_FOLDER: Final = "docs/runbooks"
DASHBOARDS_FOLDER: Final = "deploy/grafana/dashboards"
DASHBOARD_PREFIX: Final = "selfserve-"
"""Begins the uids of dashboards; the rest is the file's name."""
OPERATOR_FOLDER: Final = "deploy/prometheus-operator"
PIPELINE_FILE: Final = "selfserve"
"""Stem of the files about the service itself; those of a KPI have its id."""


def by_channel(kpi: Kpi) -> bool:
    """Return whether alerts on a KPI are broken down by channel."""
    return any(dimension.name == CHANNEL for dimension in kpi.dimensions)


def kept_labels(kpi: Kpi) -> tuple[str, ...]:
    """Return the labels by which alerts on a KPI differ: those that have no overall value, and the channel."""
    split = kpi.split_label if isinstance(kpi.value, Computed) else None
    return (
        *(() if split is None else (split,)),
        *(it.name for it in kpi.dimensions if it.name == CHANNEL or not it.overall),
    )


def samples_role(kpi: Kpi) -> str | None:
    """Return the role of the family that says on how many items a KPI's value rests; `None` where there is none."""
    roles = [family.role for family in family_names(kpi)]
    return next((role for role in (DENOMINATOR, OBSERVATIONS, RESPONSES) if role in roles), None)


def value_record(kpi: Kpi) -> str:
    """Return the recorded series of a KPI's value, one for all exporters."""
    return f"kpi:{kpi.stem}:{kpi.kind}"


def samples_record(kpi: Kpi) -> str:
    """Return the recorded series of how many items the value rests on. Raises `ValueError` where it does not say."""
    role = samples_role(kpi)
    if role is None:
        raise ValueError(f"{kpi.id} says nothing about how many items its value rests on")
    return f"kpi:{kpi.stem}:{role}"


def median_record(kpi: Kpi) -> str:
    """Return the recorded series of what is usual at this hour: the median of the last three weeks."""
    return f"{value_record(kpi)}_median_3w"


def mean_record(kpi: Kpi) -> str:
    """Return the recorded series of the mean of the last week."""
    return f"{value_record(kpi)}_mean_1w"


def spread_record(kpi: Kpi) -> str:
    """Return the recorded series of how far values of the last week lie from their mean."""
    return f"{value_record(kpi)}_spread_1w"


def drop_alert(kpi: Kpi) -> str:
    """Return the name of the alert on a change for the worse since last week."""
    return _alert(kpi, "Drop" if kpi.better == "higher" else "Rise")


def unusual_alert(kpi: Kpi) -> str:
    """Return the name of the alert on a change for the worse since the last three weeks."""
    return f"{drop_alert(kpi)}ThreeWeeks"


def band_alert(kpi: Kpi) -> str:
    """Return the name of the alert on a value outside of its band."""
    return _alert(kpi, "Low" if kpi.better == "higher" else "High")


def anomaly_alert(kpi: Kpi) -> str:
    """Return the name of the alert on a value far outside of its usual spread."""
    return _alert(kpi, "Anomaly")


def burst_alert(kpi: Kpi) -> str:
    """Return the name of the alert on far more items than last week."""
    return _alert(kpi, "Burst")


def burn_alert(kpi: Kpi, pace: str) -> str:
    """Return the name of the alert on an error budget that is spent at a ``pace``, fast or slow."""
    return _alert(kpi, f"Burn{pace.capitalize()}")


def group(stem: str) -> str:
    """Return the name of a rule group."""
    return f"kpi:{stem}" if stem != PIPELINE_FILE else stem


def rules_file(stem: str) -> str:
    """Return the path of a rule file in the repository."""
    return f"{RULES_FOLDER}/{stem}.rules.yml"


def rule_tests_file(stem: str) -> str:
    """Return the path of the tests of a rule file."""
    return f"{TESTS_FOLDER}/{stem}.test.yml"


def minute_tests_file(stem: str) -> str:
    """Return the path of the tests that count minutes where the others count hours."""
    return f"{TESTS_FOLDER}/{stem}.minutes.test.yml"


def runbook_file(alert: str) -> str:
    """Return the path of an alert's runbook page."""
    return f"{RUNBOOKS_FOLDER}/{alert}.md"


def _alert(kpi: Kpi, what: str) -> str:
    return "".join(word.capitalize() for word in kpi.id.split("_")) + what

"""The one home of every generated metric family and label name.

`docs/kpis` shows the names of each KPI. A family's labels always come in the same order: the window, the label that
splits the family, then the dimensions.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.catalogue.labels import FORBIDDEN_SUFFIXES
from app.catalogue.model import Extra, Kpi
from app.catalogue.reads import Score

PREFIX: Final = "kpi_"

WINDOW: Final = "window"
STAT: Final = "stat"
STATS: Final = ("mean", "p50", "p75", "p90")
"""Values of the label `stat`, the statistics of durations."""

VALUE: Final = "value"
NUMERATOR: Final = "numerator"
DENOMINATOR: Final = "denominator"
OBSERVATIONS: Final = "observations"
RESPONSES: Final = "responses"

OVERALL: Final = "all"
"""Value of a dimension's label on a series that is not broken down by it."""

OTHER: Final = "other"
"""Value of a dimension's label for everything beyond the values that are shown by name."""


class Family(NamedTuple):
    """A metric family, always of gauges: name, what it is to its KPI (role), label names in order, HELP text."""

    name: str
    role: str
    labels: tuple[str, ...]
    help: str


TARGET: Final = Family(
    f"{PREFIX}target",
    "target",
    ("kpi", "band", "unit"),
    "Objective of a KPI, and the bound beyond which its value leaves a band for the worse, in the KPI's unit",
)
INFO: Final = Family(
    f"{PREFIX}info",
    "info",
    ("kpi", "title", "version"),
    "The KPIs that are exported, with their titles; always 1",
)


def family_names(kpi: Kpi) -> tuple[Family, ...]:
    """Return the KPI's metric families, its value first.

    Raises `ValueError` for a name that Prometheus' conventions reserve, or a role that the KPI has no HELP for.
    """
    families = tuple(_own_families(kpi)) + tuple(_extra_family(kpi, extra) for extra in kpi.extras)
    for family in families:
        if family.name.endswith(FORBIDDEN_SUFFIXES):
            raise ValueError(f"id: {family.name} ends like a counter, histogram or info metric; set metric")
    roles = [family.role for family in families]
    if set(roles) != set(kpi.help):
        expected = ", ".join(roles)
        raise ValueError(f"help: one line each for {expected}; found {', '.join(kpi.help) or 'nothing'}")
    return families


def family_of(kpi: Kpi, role: str) -> Family:
    """Return the family of one role; `KeyError` where the KPI has none."""
    for family in family_names(kpi):
        if family.role == role:
            return family
    raise KeyError(f"{kpi.id} has no family for {role}")


def _own_families(kpi: Kpi) -> list[Family]:
    stem = f"{PREFIX}{kpi.stem}"
    window = (WINDOW,) if kpi.windowed else ()
    split = () if kpi.split_label is None else (kpi.split_label,)
    dimensions = tuple(dimension.name for dimension in kpi.dimensions)

    def family(suffix: str, role: str, *between: str) -> Family:
        return Family(stem + suffix, role, (*window, *between, *dimensions), kpi.help.get(role, ""))

    match kpi.kind:
        case "ratio" | "quotient":
            return [
                family(f"_{kpi.kind}", VALUE, *split),
                family("_numerator", NUMERATOR, *split),
                family("_denominator", DENOMINATOR),
            ]
        case "count" | "level":
            return [family("", VALUE, *split)]
        case "amount":
            return [family("_minor_units", VALUE, *split)]
        case "seconds" | "distribution":
            return [family(f"_{kpi.kind}", VALUE, STAT), family("_observations", OBSERVATIONS)]
        case "score":
            value = family("" if stem.endswith("_score") else "_score", VALUE)
            if isinstance(kpi.value, Score) and kpi.value.label is not None:
                return [value, family("_responses", RESPONSES, kpi.value.label)]
            return [value]


def _extra_family(kpi: Kpi, extra: Extra) -> Family:
    labels = (*((WINDOW,) if extra.windowed else ()), *(dimension.name for dimension in extra.dimensions))
    return Family(f"{PREFIX}{kpi.stem}_{extra.suffix}", extra.suffix, labels, kpi.help.get(extra.suffix, ""))

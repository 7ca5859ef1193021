"""A KPI as plain data, for JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from app.catalogue.model import Kpi
from app.catalogue.naming import family_names
from streams.core.definitions import Definitions


def describe(kpi: Kpi, definitions: Definitions) -> dict[str, Any]:
    """Return everything that the catalogue says about ``kpi``: mappings, lists and scalars only.

    Beside the keys of the KPI's file there are ``evaluated_windows``, ``targets``, ``metrics`` (the metric families)
    and, for a derived dimension, ``values``: those that ``definitions`` lists for it.
    """
    plain: dict[str, Any] = msgspec.to_builtins(kpi)
    help_texts, attributes = plain.pop("help"), plain.pop("attributes")
    for dimension, shown in zip(kpi.dimensions, plain["dimensions"], strict=True):
        shown["field"] = dimension.cell_field
        if dimension.derived is not None:
            shown["derived"]["values"] = list(getattr(definitions, dimension.derived.definition))
    plain["evaluated_windows"] = list(kpi.evaluated_windows)
    plain["targets"] = [target._asdict() for target in kpi.targets]
    plain["metrics"] = [
        {
            "name": family.name,
            "role": family.role,
            "labels": list(family.labels),
            "help": help_texts[family.role],
        }
        for family in family_names(kpi)
    ]
    return plain | {"attributes": attributes}

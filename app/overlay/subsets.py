"""Whether the numerator of an own ratio is part of its denominator, as far as own measures tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

import msgspec

from app.catalogue.errors import CatalogueError
from app.catalogue.model import Kpi
from app.catalogue.reads import Ratio, Read
from streams.core.own import Condition, OwnMeasure


def check_subset(kpi: Kpi, measures: Mapping[str, OwnMeasure]) -> None:
    """Raise `CatalogueError` where a KPI of kind ratio reads two own measures of which one may exceed the other."""
    if kpi.kind != "ratio" or not isinstance(kpi.value, Ratio):
        return
    whole = kpi.value.denominator
    for name, part in kpi.value.numerators:
        if part.measure == whole.measure or not {part.measure, whole.measure} <= measures.keys():
            continue
        reason = _exceeds(measures[part.measure], measures[whole.measure]) or _lets_through(part, whole)
        if reason is not None:
            is_part = kpi.value.split is not None and name != kpi.value.split.whole
            key = f"value.split.parts.{name}" if is_part else "value.numerator"
            raise CatalogueError(
                kpi.id,
                key,
                f"{part.measure} may count what {whole.measure} does not: {reason}; ask for the same there, or make the KPI a"
                " quotient",
            )


def bound(measures: Mapping[str, OwnMeasure], kpis: Iterable[Kpi]) -> dict[str, OwnMeasure]:
    """Return the measures, each told what it is a part of in a ratio, at first or at second hand."""
    wholes: dict[str, set[str]] = {name: set() for name in measures}
    for kpi in kpis:
        if kpi.enabled and kpi.kind == "ratio" and isinstance(kpi.value, Ratio):
            whole = kpi.value.denominator.measure
            for _, read in kpi.value.numerators:
                if {read.measure, whole} <= measures.keys() and read.measure != whole:
                    wholes[read.measure].add(whole)
    for _ in measures:
        for above in wholes.values():
            above |= {further for name in above for further in wholes[name]}
    return {
        name: msgspec.structs.replace(
            one, parts_of=tuple(sorted(measures[whole].digest for whole in wholes[name] - {name}))
        )
        for name, one in measures.items()
    }


def _exceeds(part: OwnMeasure, whole: OwnMeasure) -> str | None:
    if part.count != whole.count or part.count not in ("events", "customers"):
        return f"one counts {part.count}, the other {whole.count}"
    more = [name for name in part.events if name not in whole.events]
    if more:
        return f"{', '.join(more)} is none of its events"
    for wanted in whole.where:
        if not any(_implies(one, wanted) for one in part.where if one.field == wanted.field):
            return f"it wants {wanted.field} to be something that this one does not ask for"
    return None


def _lets_through(part: Read, whole: Read) -> str | None:
    for field, values in whole.where.items():
        if not set(part.where.get(field, ())) <= set(values) or field not in part.where:
            return f"it is read where {field} is {' or '.join(values)} alone"
    return None


def _implies(one: Condition, other: Condition) -> bool:
    """Whether what fulfils one condition on a field fulfils the other."""
    if other.present is False or one.present is False:
        return one.present == other.present
    if other.one_of is not None:
        return one.one_of is not None and set(map(repr, one.one_of)) <= set(map(repr, other.one_of))
    if one.one_of is not None:
        return all(_within(value, other) for value in one.one_of)
    low, high = _lowest(one), _highest(one)
    return low >= _lowest(other) and high <= _highest(other)


def _within(value: object, bounds: Condition) -> bool:
    if not _is_bounded(bounds):
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return _lowest(bounds) <= (value, False) and (value, True) <= _highest(bounds)


def _is_bounded(bounds: Condition) -> bool:
    return any(one is not None for one in (bounds.above, bounds.at_least, bounds.below, bounds.at_most))


def _lowest(bounds: Condition) -> tuple[float, bool]:
    """The lower bound, and whether it is excluded."""
    above = (-inf, False) if bounds.above is None else (bounds.above, True)
    least = (-inf, False) if bounds.at_least is None else (bounds.at_least, False)
    return max(above, least)


def _highest(bounds: Condition) -> tuple[float, bool]:
    """The upper bound, and whether it is included."""
    below = (inf, True) if bounds.below is None else (bounds.below, False)
    most = (inf, True) if bounds.at_most is None else (bounds.at_most, True)
    return min(below, most)

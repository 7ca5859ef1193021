"""The definition of a KPI as a user writes it, and what is wrong with it in words that help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import inspect

from app.catalogue.dimensions import Dimension
from app.catalogue.errors import CatalogueError
from app.catalogue.load import parse_kpi
from app.catalogue.model import Kpi
from app.catalogue.naming import family_names
from app.catalogue.reads import Computed, Read
from app.config.source import Located, Problem, did_you_mean
from app.overlay.located import inner, plain
from streams.core.measures import Measure
from streams.core.own import BY

FAMILY: Final = "own"
"""The family of own KPIs that name none."""

FAMILY_TITLE: Final = "Own KPIs"

_BASE_UNITS: Final = frozenset(
    (
        *("seconds", "bytes", "kelvin", "celsius", "meters", "metres", "grams", "joules", "volts"),
        *("amperes", "moles"),
    )
)
_OTHER_UNITS: Final = frozenset(
    (
        *("days", "minutes", "hours", "weeks", "bits", "kelvins", "inches", "miles", "yards", "pounds"),
        *("ounces", "calories", "fahrenheit"),
    )
)
_PREFIXES: Final = (
    *("pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "mega", "giga"),
    *("tera", "peta", "kibi", "mebi", "gibi", "tebi", "pebi"),
)
_ABBREVIATIONS: Final = frozenset(
    ("s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d")
)
_DIGEST: Final = re.compile(r"~[0-9a-f]{8}")
_TYPES: Final = ("gauge", "counter", "histogram", "summary")


def read_kpi(
    name: str, found: Located, measures: Mapping[str, Measure], problems: list[Problem]
) -> Kpi | None:
    """Return the own KPI ``name``; without one ``problems`` says why."""
    key = f"kpis.{name}"
    if not isinstance(found.content, dict):
        problems.append(
            Problem(
                found.where,
                key,
                f"found {found.written}; allowed: the definition of a KPI, as keys with values",
            )
        )
        return None
    document: dict[str, Any] = {"id": name, "version": 1, "family": FAMILY, **plain(found)}
    document["dimensions"] = _dimensions(document.get("dimensions", []))
    for value in (document.get("value"), document.get("extras")):
        _add_kinds(value, measures)
    try:
        _check_form(name, document.get("value"))
        kpi = _with_breakdowns(parse_kpi(document, found.where, expect=name), measures)
        _check_name(kpi)
    except CatalogueError as error:
        problems.append(problem_of(error, found, key, document))
        return None
    return kpi


def problem_of(error: CatalogueError, found: Located, key: str, document: Mapping[str, Any]) -> Problem:
    """Return a catalogue's error as one of the file: ``found`` is what the KPI was written as, under ``key``."""
    node, exact = inner(found, error.key)
    message = error.problem
    if (
        exact
        and error.key
        and not isinstance(node.content, dict | tuple)
        and repr(node.content) not in message
    ):
        message = f"found {node.written}: {message}"
    where = node.key_where or node.where
    # Own measures are stored under names that nobody writes.
    message = _DIGEST.sub("", message + _hint(error, document))
    return Problem(where, f"{key}.{error.key}" if error.key else key, message)


def _dimensions(written: Any) -> Any:
    """A dimension may be written as its name alone."""
    if not isinstance(written, list):
        return written
    return [{"name": one} if isinstance(one, str) else one for one in written]


def _add_kinds(written: Any, measures: Mapping[str, Measure]) -> None:
    """Where a reading does not say how the measure is read, there is only one way."""
    for value in written if isinstance(written, list) else [written]:
        if not isinstance(value, dict):
            continue
        name = value.get("measure")
        if isinstance(name, str) and "how" not in value:
            # A measure that there is not is to be found by its name, not by what it leaves out.
            value["how"] = measures[name].kind if name in measures else "event"
        for key, inside in value.items():
            # What is added up is read like what it is added to.
            if key != "plus":
                _add_kinds(inside, measures)


def _with_breakdowns(kpi: Kpi, measures: Mapping[str, Measure]) -> Kpi:
    """Where customers are counted by something that they did, each breakdown reads the measure that counts so."""

    def complete(dimensions: Iterable[Dimension], reads: Iterable[Read]) -> tuple[Dimension, ...]:
        by_name = [dict(dimension.measures) for dimension in dimensions]
        for read in reads:
            for dimension, instead in zip(dimensions, by_name, strict=True):
                by = f"{read.measure}{BY}{dimension.cell_field}"
                if dimension.cell_field not in measures[read.measure].fields and by in measures:
                    instead.setdefault(read.measure, by)
        return tuple(
            replace(dimension, measures=instead)
            for dimension, instead in zip(dimensions, by_name, strict=True)
        )

    replace = msgspec.structs.replace
    if any(read.measure not in measures for _, read in kpi.readings()):
        return kpi
    extras = tuple(
        replace(extra, dimensions=complete(extra.dimensions, [read for _, read in extra.value.readings()]))
        for extra in kpi.extras
    )
    own = [read for _, read in kpi.value.readings()]
    return replace(kpi, dimensions=complete(kpi.dimensions, own), extras=extras)


def _check_form(name: str, value: Any) -> None:
    """A computed KPI names a function; what a user writes never decides which code runs."""
    if isinstance(value, dict) and value.get("form") == Computed.__struct_config__.tag:
        raise CatalogueError(
            name, "value.form", "an own KPI runs no code; allowed: ratio, level, distribution, score"
        )


def _check_name(kpi: Kpi) -> None:
    """Raise `CatalogueError` for metric names that Prometheus' own check of names refuses."""
    families = _families(kpi)
    for family in families:
        words = family.removeprefix("kpi_").split("_")
        for word in words:
            wrong = _wrong_word(word)
            if wrong is not None:
                raise CatalogueError(
                    kpi.id,
                    "id" if kpi.metric is None else "metric",
                    f"{family} would contain {word!r}, which {wrong}; choose another name, or set metric",
                )


def _families(kpi: Kpi) -> list[str]:
    try:
        return [family.name for family in family_names(kpi)]
    except ValueError as error:
        problem, key = str(error), ""
        first, _, rest = problem.partition(": ")
        if first in Kpi.__struct_fields__:
            key, problem = first, rest
        raise CatalogueError(kpi.id, key, problem) from error


def _wrong_word(word: str) -> str | None:
    for kind in _TYPES:
        if kind in word:
            return f"contains the name of a metric type, {kind}"
    if word in _ABBREVIATIONS:
        return "is an abbreviated unit"
    unit = next((word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix)), "")
    if word in _OTHER_UNITS or unit in _OTHER_UNITS | _BASE_UNITS:
        return "is no base unit"
    return None


# ---- what is allowed -------------------------------------------------------------------------------------------------


def _hint(error: CatalogueError, document: Mapping[str, Any]) -> str:
    """What would be right in the place of a key or word that is not."""
    problem = error.problem
    if "unknown field" in problem:
        kind, _ = _type_at(error.key, document)
        if isinstance(kind, inspect.StructType):
            names = [field.encode_name for field in kind.fields]
            return did_you_mean(problem.split("`")[1], names) or f"; known: {', '.join(names)}"
    if problem.startswith("there is no measure"):
        _, written, _, known = problem.replace("there are ", "'").split("'", 3)
        return did_you_mean(written, known.split(", "))
    if "missing required field" in problem:
        return "; give it"
    if "Invalid enum value" in problem or "Invalid value" in problem:
        kind, tags = _type_at(error.key, document)
        words = tags or (tuple(map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else ())
        return f"; allowed: {', '.join(words)}" if words else ""
    return ""


def _type_at(path: str, document: Mapping[str, Any]) -> tuple[inspect.Type | None, tuple[str, ...]]:
    """The type of what stands at ``path``; for a tag that tells structs apart, the tags."""
    kind: inspect.Type | None = inspect.type_info(Kpi)
    value: Any = document
    for step in path.replace("[", ".[").split("."):
        if not step:
            continue
        kind = _chosen(kind, value)
        if step.startswith("["):
            kind = _item(kind)
            index = step[1:-1]
            value = value[int(index)] if isinstance(value, list) and index.isdigit() else None
        elif isinstance(kind, inspect.StructType):
            fields = {field.encode_name: field.type for field in kind.fields}
            if step == kind.tag_field:
                return None, (str(kind.tag),)
            kind = fields.get(step)
            value = value.get(step) if isinstance(value, dict) else None
        elif isinstance(kind, inspect.UnionType):
            structs = [one for one in kind.types if isinstance(one, inspect.StructType)]
            return None, tuple(str(one.tag) for one in structs if one.tag_field == step)
        else:
            return None, ()
    return _chosen(kind, value), ()


def _chosen(kind: inspect.Type | None, value: Any) -> inspect.Type | None:
    """Of several types the one that is meant: the struct whose tag was written, or the one that is not None."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    others = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    if len(others) == 1:
        return others[0]
    for one in others:
        if (
            isinstance(one, inspect.StructType)
            and isinstance(value, dict)
            and value.get(one.tag_field) == one.tag
        ):
            return one
    return kind


def _item(kind: inspect.Type | None) -> inspect.Type | None:
    match kind:
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return item
        case inspect.DictType(value_type=item):
            return item
    return None


def copied(kpi: Kpi) -> dict[str, Any]:
    """Return the KPI as plain data that `parse_kpi` takes."""
    document: dict[str, Any] = msgspec.to_builtins(kpi)
    return document

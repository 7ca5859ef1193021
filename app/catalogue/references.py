"""What a KPI refers to has to exist: measures, their fields, definitions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from app.catalogue.dimensions import Dimension
from app.catalogue.errors import CatalogueError
from app.catalogue.model import Kpi
from app.catalogue.reads import Computed, Distribution, Read, Score
from streams.core.definitions import Definitions
from streams.core.measures import Measure


def measures_of(kpi: Kpi) -> set[str]:
    """Return the names of all measures that ``kpi`` reads, in every breakdown."""
    found = set(kpi.value.measures) if isinstance(kpi.value, Computed) else set()
    dimensions = (*kpi.dimensions, *(dimension for extra in kpi.extras for dimension in extra.dimensions))
    for _, read in kpi.readings():
        for part in read.parts:
            found.add(part.measure)
            found |= {dimension.measure_for(part.measure) for dimension in dimensions}
    return found


def measures_of_any_form(kpi: Kpi) -> set[str]:
    """Return the names of all measures that ``kpi`` may read, however the definitions want it counted."""
    return {name for form in kpi.forms() for name in measures_of(form)}


def check_references(kpi: Kpi, measures: Mapping[str, Measure]) -> None:
    """Raise `CatalogueError` where ``kpi`` names a measure, a field or a definition that does not exist."""
    for index, option in enumerate(kpi.options):
        _check_definition(kpi, f"options[{index}].definition", option.definition)
    for form in kpi.forms():
        for key, read in form.readings():
            _check_read(kpi, key, read, measures)
        _check_fields(form, measures)
    replaceable = {read.measure for form in kpi.forms() for _, read in form.value.readings()}
    for index, dimension in enumerate(kpi.dimensions):
        _check_replaced(kpi, f"dimensions[{index}]", dimension, replaceable, measures)
        for form in kpi.forms():
            _check_dimension(kpi, f"dimensions[{index}]", dimension, dict(form.value.readings()), measures)
    for place, extra in enumerate(kpi.extras):
        for index, dimension in enumerate(extra.dimensions):
            key, reads = f"extras[{place}].dimensions[{index}]", dict(extra.value.readings())
            _check_replaced(kpi, key, dimension, {read.measure for read in reads.values()}, measures)
            _check_dimension(kpi, key, dimension, reads, measures)


def _check_read(kpi: Kpi, key: str, read: Read, measures: Mapping[str, Measure]) -> None:
    measure = _measure(kpi, f"{key}.measure", read.measure, measures)
    if measure.kind != read.how:
        raise CatalogueError(
            kpi.id, f"{key}.how", f"measure {measure.name} is read as {measure.kind}, not {read.how}"
        )
    for field in read.where:
        if field not in measure.fields:
            raise _no_field(kpi, f"{key}.where", field, measure)
    for index, more in enumerate(read.parts[1:]):
        _check_read(kpi, f"{key}.plus[{index}]", more, measures)


def _check_fields(kpi: Kpi, measures: Mapping[str, Measure]) -> None:
    match kpi.value:
        case Distribution(read=read, bucket=field):
            key = "value.bucket"
        case Score(read=read, field=field):
            key = "value.field"
        case Computed(measures=names):
            for index, name in enumerate(names):
                _measure(kpi, f"value.measures[{index}]", name, measures)
            return
        case _:
            return
    if field not in measures[read.measure].fields:
        raise _no_field(kpi, key, field, measures[read.measure])


def _check_dimension(
    kpi: Kpi, key: str, dimension: Dimension, reads: Mapping[str, Read], measures: Mapping[str, Measure]
) -> None:
    """Each breakdown needs its field in all that it breaks down; a denominator without it is that of `all`."""
    derived = dimension.derived
    if derived is not None:
        _check_definition(kpi, f"{key}.derived.definition", derived.definition)
    for place, read in reads.items():
        measure = measures[dimension.measure_for(read.measure)]
        if measure.kind != read.how:
            problem = f"measure {measure.name} is read as {measure.kind}, not {read.how} like {read.measure}"
            raise CatalogueError(kpi.id, f"{key}.measures.{read.measure}", problem)
        if dimension.cell_field in measure.fields:
            for field in read.where:
                if field not in measure.fields:
                    raise _no_field(kpi, f"{key}.measures.{read.measure}", field, measure)
        elif place != "denominator":
            raise _no_field(kpi, key, dimension.cell_field, measure)
        for more in read.parts[1:]:
            other = measures[dimension.measure_for(more.measure)]
            if (dimension.cell_field in measure.fields) != (dimension.cell_field in other.fields):
                lacking = other if dimension.cell_field in measure.fields else measure
                raise _no_field(kpi, key, dimension.cell_field, lacking)


def _check_replaced(
    kpi: Kpi, key: str, dimension: Dimension, reads: Collection[str], measures: Mapping[str, Measure]
) -> None:
    """What a breakdown reads in the place of another measure has to exist, and that other one to be read."""
    for replaced, instead in dimension.measures.items():
        _measure(kpi, f"{key}.measures.{replaced}", instead, measures)
        if replaced not in reads:
            raise CatalogueError(kpi.id, f"{key}.measures", f"the value does not read {replaced!r}")


def _check_definition(kpi: Kpi, key: str, name: str) -> None:
    if name not in Definitions.__struct_fields__:
        raise CatalogueError(kpi.id, key, f"there is no definition {name!r}")


def _measure(kpi: Kpi, key: str, name: str, measures: Mapping[str, Measure]) -> Measure:
    if name not in measures:
        raise CatalogueError(
            kpi.id, key, f"there is no measure {name!r}; there are {', '.join(sorted(measures))}"
        )
    return measures[name]


def _no_field(kpi: Kpi, key: str, field: str, measure: Measure) -> CatalogueError:
    return CatalogueError(
        kpi.id, key, f"measure {measure.name} has no field {field!r}, only {', '.join(measure.fields)}"
    )

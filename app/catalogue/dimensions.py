"""The breakdowns of a KPI."""

from __future__ import annotations

from collections.abc import Mapping

from app.catalogue.labels import check_label
from app.catalogue.reads import Frozen


class Derived(Frozen, frozen=True):
    """A dimension computed from a cell field by a list in the definitions: ``listed`` for its values, else ``unlisted``."""

    field: str
    definition: str
    listed: str
    unlisted: str


class Dimension(Frozen, frozen=True):
    """One breakdown; series vary one dimension at a time, the others stand at `all`.

    ``name`` is the label. ``field`` is the cell field it reads, by default of the same name. ``measures`` maps a measure
    that the KPI reads to the one that is read in its place for this breakdown, with the same filters and window. A
    denominator whose measure has no such field, and no replacement, is that of `all`. ``overall`` is false where the
    values must not be added up (currencies): then no series carries `all`.
    """

    name: str
    field: str | None = None
    derived: Derived | None = None
    measures: Mapping[str, str] = {}
    overall: bool = True

    def __post_init__(self) -> None:
        check_label(self.name)
        if self.field is not None and self.derived is not None:
            raise ValueError("a dimension has either a field or a derived value, not both")

    @property
    def cell_field(self) -> str:
        """The cell field that the breakdown reads."""
        if self.derived is not None:
            return self.derived.field
        return self.name if self.field is None else self.field

    def measure_for(self, measure: str) -> str:
        """Return the measure that this breakdown reads where the KPI reads ``measure``."""
        return self.measures.get(measure, measure)

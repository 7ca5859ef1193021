"""From numbers to samples: the labels of a metric family's series, each made once."""

from __future__ import annotations

from app.catalogue.naming import WINDOW, Family
from app.evaluation.projection import Key
from app.evaluation.samples import Labels, Sample


class FamilySamples:
    """The series of one metric family, as they come up, and the samples of one evaluation.

    ``part`` is the value of the label between the window and the dimensions, where the family has one.
    """

    __slots__ = ("_labels", "_name", "_names", "_samples", "_windowed")

    def __init__(self, family: Family) -> None:
        self._name = family.name
        self._names = family.labels
        self._windowed = WINDOW in family.labels
        self._labels: dict[tuple[str | None, str | None], dict[Key, Labels]] = {}
        self._samples: list[Sample] = []

    def series(self, window: str | None, part: str | None = None) -> Series:
        """Return the series of one window and part, to be added to."""
        labels = self._labels.setdefault((window, part), {})
        before = ((window or "",) if self._windowed else ()) + (() if part is None else (part,))
        return Series(self._name, self._names, before, labels, self._samples)

    def take(self) -> list[Sample]:
        """Return the samples that were added since the last call."""
        samples = self._samples.copy()
        self._samples.clear()
        return samples


class Series:
    """Adds samples of one window and part to a family."""

    __slots__ = ("_before", "_labels", "_name", "_names", "_samples")

    def __init__(
        self,
        name: str,
        names: tuple[str, ...],
        before: tuple[str, ...],
        labels: dict[Key, Labels],
        samples: list[Sample],
    ) -> None:
        self._name = name
        self._names = names
        self._before = before
        self._labels = labels
        self._samples = samples

    def add(self, key: Key, value: float) -> None:
        """Add the value of one series."""
        labels = self._labels.get(key)
        if labels is None:
            labels = self._labels[key] = tuple(zip(self._names, (*self._before, *key), strict=True))
        self._samples.append(Sample(self._name, labels, float(value)))

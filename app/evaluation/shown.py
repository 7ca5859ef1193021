"""Which values of a dimension are shown by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.catalogue.naming import OTHER
from app.catalogue.reads import Read
from app.evaluation.projection import Axes, Key

TOP = 20
"""How many values of a dimension are shown by name unless the configuration says otherwise."""


class Shown(NamedTuple):
    """The series along an axis: their keys, and for those called `other` the keys that they add up."""

    axis: int
    keys: Sequence[Key]
    folded: Mapping[Key, Sequence[Key]] = {}


def foldable(reads: Iterable[Read]) -> bool:
    """Whether numbers of different dimension values may be added up: not distinct counts over several values."""
    return all(read.how in {"event", "edge"} for read in reads)


def shown(axes: Axes, axis: int, volumes: Sequence[Mapping[Key, int]], *, top: int, fold: bool) -> Shown:
    """Return the series along an axis.

    Axis 0 has the overall series, with or without data, or those of the values that are never added up. Along the
    others a value is there if any of ``volumes`` has it; the first of them ranks the values, the next decide ties, and
    then the name. Only the ``top`` values have a series of their own; ``fold`` adds the rest up as `other`.
    """
    if axis == 0 and axes.overall is not None:
        return Shown(0, [axes.overall])
    keys = {key for volume in volumes for key in volume}
    if axis == 0:
        return Shown(0, sorted(keys))
    position = axes.free[axis - 1]
    if len(keys) <= top and not any(key[position] == OTHER for key in keys):
        return Shown(axis, sorted(keys))
    return _ranked(axis, position, keys, volumes, top, fold=fold)


def _ranked(
    axis: int, position: int, keys: set[Key], volumes: Sequence[Mapping[Key, int]], top: int, *, fold: bool
) -> Shown:
    groups: dict[Key, list[Key]] = {}
    for key in keys:
        groups.setdefault((*key[:position], *key[position + 1 :]), []).append(key)

    def rank(key: Key) -> tuple[tuple[int, ...], str]:
        return tuple(-volume.get(key, 0) for volume in volumes), key[position]

    named: list[Key] = []
    folded: dict[Key, list[Key]] = {}
    for group in groups.values():
        ranked = sorted((key for key in group if not fold or key[position] != OTHER), key=rank)[:top]
        named += ranked
        rest = sorted(set(group) - set(ranked))
        if fold and rest:
            folded[(*rest[0][:position], OTHER, *rest[0][position + 1 :])] = rest
    return Shown(axis, [*sorted(named), *sorted(folded)], folded)

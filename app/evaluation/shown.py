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
    """A series: its key, and the keys whose numbers it adds up (itself, or all that are folded into `other`)."""

    axis: int
    key: Key
    members: tuple[Key, ...]


def foldable(reads: Iterable[Read]) -> bool:
    """Whether numbers of different dimension values may be added up: not distinct counts."""
    return all(read.how in {"event", "edge"} for read in reads)


def shown_values(
    axes: Axes, axis: int, volumes: Sequence[Mapping[Key, int]], *, top: int, fold: bool
) -> list[Shown]:
    """Return the series along an axis (not 0).

    A value is there if any of ``volumes`` has it; the first of them ranks the values, the next decide ties, and then
    the name. Only the ``top`` values have a series of their own; ``fold`` adds the rest up as `other`.
    """
    position = axes.free[axis - 1]
    groups: dict[Key, list[Key]] = {}
    for key in {key for volume in volumes for key in volume}:
        groups.setdefault((*key[:position], *key[position + 1 :]), []).append(key)

    def rank(key: Key) -> tuple[tuple[int, ...], str]:
        return tuple(-volume.get(key, 0) for volume in volumes), key[position]

    result = []
    for _, keys in sorted(groups.items()):
        named = [key for key in keys if not fold or key[position] != OTHER]
        ranked = sorted(named, key=rank)[:top] if len(named) > top else named
        result += [Shown(axis, key, (key,)) for key in sorted(ranked)]
        rest = tuple(sorted(set(keys) - set(ranked)))
        if fold and rest:
            other = (*rest[0][:position], OTHER, *rest[0][position + 1 :])
            result.append(Shown(axis, other, rest))
    return result


def shown_overall(axes: Axes, volumes: Sequence[Mapping[Key, int]]) -> list[Shown]:
    """Return the series of axis 0: the overall one, with or without data, or those of the values never added up."""
    if axes.overall is not None:
        return [Shown(0, axes.overall, (axes.overall,))]
    return [Shown(0, key, (key,)) for key in sorted({key for volume in volumes for key in volume})]

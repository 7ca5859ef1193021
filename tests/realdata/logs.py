"""Both logs with all that is compared of them, each group computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from tests.realdata import helpdesk, helpdesk_figures, sparkify, sparkify_figures
from tests.realdata.comparison import Comparison, Place, Reference


class Log(Protocol):
    """A recorded log with its reference."""

    reference: Reference
    sha256: str


class Recorded(NamedTuple):
    """What there is of a log."""

    open: Callable[[Path], Log]
    native_events: Callable[[Path], list[dict[str, Any]]]
    groups: Mapping[str, Callable[[Any], list[Comparison]]]
    not_compared: Mapping[Place, str]


LOGS: Final[dict[str, Recorded]] = {
    "helpdesk": Recorded(
        helpdesk_figures.Helpdesk,
        helpdesk.native_events,
        {group.__name__: group for group in helpdesk_figures.GROUPS},
        helpdesk_figures.NOT_COMPARED,
    ),
    "sparkify": Recorded(
        sparkify_figures.Sparkify,
        sparkify.native_events,
        {group.__name__: group for group in sparkify_figures.GROUPS},
        sparkify_figures.NOT_COMPARED,
    ),
}
GROUPS: Final = [(name, group) for name, recorded in LOGS.items() for group in recorded.groups]


def native_events(dataset: str, data: Path) -> list[dict[str, Any]]:
    """A whole log as native events, in the order of its rows. ``data`` is the directory of all logs."""
    return LOGS[dataset].native_events(data)


@cache
def opened(dataset: str, data: Path) -> Log:
    """A log, read."""
    return LOGS[dataset].open(data)


@cache
def comparisons(dataset: str, group: str, data: Path) -> tuple[Comparison, ...]:
    """What one group compares."""
    return tuple(LOGS[dataset].groups[group](opened(dataset, data)))


def all_comparisons(dataset: str, data: Path) -> list[Comparison]:
    """What all groups of a log compare, in their order."""
    return [found for group in LOGS[dataset].groups for found in comparisons(dataset, group, data)]

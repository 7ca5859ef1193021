"""Events read from the files that a command is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final, TypeVar

import click

from app.cli.options import setting_option
from app.event_files import EventFiles
from app.sending.lines import Line
from app.settings import Settings
from schemas.reasons import Refusal

F = TypeVar("F", bound=Callable[..., Any])

SHOWN_REFUSALS: Final = 5


def sorting_options(function: F) -> F:
    """Decorate a command that sorts events with the options for what sorting may use."""
    memory = setting_option(
        "--sort-memory",
        key="sorting.memory_megabytes",
        metavar="MB",
        help="Memory for sorting, in millions of bytes. Default: 256.",
    )
    directory = setting_option(
        "--temporary-directory",
        key="sorting.directory",
        metavar="DIR",
        help="Where what does not fit into it goes meanwhile. Default: the system's.",
    )
    return memory(directory(function))


@contextmanager
def opened_events(files: tuple[str, ...], settings: Settings) -> Iterator[EventFiles]:
    """Give the valid events, scanned; lines that are none are counted, and the first of them shown, on standard error."""
    refused: Counter[str] = Counter()

    def report(line: Line, refusal: Refusal) -> None:
        refused[refusal.reason.value] += 1
        if refused.total() <= SHOWN_REFUSALS:
            click.echo(f"{line.file}:{line.number}: {refusal.reason.value}: {refusal.message}", err=True)

    with closing(
        EventFiles(files, settings.sorting.room, by_account=settings.definitions.by_account)
    ) as events:
        events.scan(report)
        if refused:
            reasons = ", ".join(f"{reason} {n}" for reason, n in refused.most_common())
            lines = refused.total() + events.events
            click.echo(f"{refused.total()} of {lines} lines left out: {reasons}", err=True)
        yield events

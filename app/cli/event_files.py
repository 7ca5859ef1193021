"""Events read from the files that a command is given."""

from __future__ import annotations

from collections import Counter
from typing import Final

import click

from app.sending.lines import read_lines, total_bytes
from schemas.decode import read
from schemas.events import event_time_ms
from schemas.reasons import Refusal
from schemas.types import TYPE_OF_STRUCT
from streams.core.batch import Timed

SHOWN_REFUSALS: Final = 5


def read_events(files: tuple[str, ...]) -> list[Timed]:
    """Return the valid events; lines that are none are counted, and the first of them shown, on standard error."""
    events: list[Timed] = []
    refused: Counter[str] = Counter()
    total_bytes(files)  # says which files are missing before any is read
    for line in read_lines(files, lambda _: None):
        event = read(line.raw)
        if isinstance(event, Refusal):
            refused[event.reason.value] += 1
            if refused.total() <= SHOWN_REFUSALS:
                click.echo(f"{line.file}:{line.number}: {event.reason.value}: {event.message}", err=True)
        else:
            events.append(Timed(event_time_ms(event), TYPE_OF_STRUCT[type(event)].topic, event))
    if refused:
        reasons = ", ".join(f"{reason} {n}" for reason, n in refused.most_common())
        click.echo(
            f"{refused.total()} of {refused.total() + len(events)} lines left out: {reasons}", err=True
        )
    return events

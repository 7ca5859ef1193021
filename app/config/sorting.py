"""The section ``sorting``: what commands that put files of events in order may use for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app.config.keys import Clash, key, section_of
from app.config.kinds import Integer, Text
from app.external_sort import Room


@dataclass(frozen=True)
class SortingSettings:
    """How `evaluate`, `backfill` and `send --sort` put events in order: in memory, and what does not fit in temporary files."""

    memory_megabytes: int = key(
        256,
        Integer(1, 1_000_000),
        "Memory that sorting may take, in millions of bytes, whatever the number of events. Files that are in order"
        " already are read a second time instead of being written to temporary files.",
    )
    directory: str = key(
        "",
        Text("the path of a directory, or nothing for the system's (`TMPDIR`)", r"[^\x00-\x1f]{0,1000}"),
        "Where temporary files go. They are gone when the command ends, however it ends.",
    )

    @property
    def room(self) -> Room:
        """The same for whoever sorts."""
        return Room(self.memory_megabytes * 1_000_000, self.directory or None)


def _check(settings: SortingSettings) -> list[Clash]:
    directory = settings.directory
    if not directory:
        return []
    if not Path(directory).is_dir():
        return [Clash("directory", f"{directory}: there is no such directory")]
    if not os.access(directory, os.W_OK | os.X_OK):
        return [Clash("directory", f"{directory}: this user may not write there")]
    return []


SORTING = section_of("sorting", SortingSettings, _check)

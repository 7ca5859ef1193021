"""Partition numbers that write checkpoints, and an exporter's state that reads them, without Kafka."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.catalogue.load import load_catalogue
from app.exporter.checkpoints import Assembler
from app.exporter.live import Live
from app.exporter.store import Store
from streams.core.definitions import Definitions
from streams.core.measures import MEASURES, Cell, Measure
from streams.core.panes import BASE, WHOLE, Panes
from streams.core.records import META_KEY, Meta, block_record, cell_record, encode_meta
from streams.core.time import BEGINNING, HOUR_MINUTES, MINUTE_MS

NOW = 1_780_000_000_000
"""A wall time, ms."""


def meta(number: int, **changes: object) -> Meta:
    fields: dict[str, object] = {
        "number": number,
        "offsets": {},
        "newest": {},
        "clock": "wall",
        "written": 0,
        "fingerprint": "",
        "timezone": "UTC",
    }
    return Meta(**{**fields, **changes})  # type: ignore[arg-type]


@dataclass
class Entry:
    key: bytes | None
    value: bytes | None


@dataclass
class Writer:
    """A partition number: panes, and the log that their checkpoints make."""

    number: int
    measures: tuple[Measure, ...] = tuple(MEASURES.values())
    panes: Panes = field(init=False)
    log: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.panes = Panes(self.measures)

    def checkpoint(self, **changes: object) -> None:
        for panes in self.panes:
            for index in panes.take_new_cells():
                self.log.append(Entry(*cell_record(panes.measure.name, index, panes.cells[index])))
        for panes in self.panes:
            for block, part, numbers in panes.take_parts():
                self.log.append(Entry(*block_record(panes.measure.name, block, numbers, part)))
        self.log.append(Entry(META_KEY, encode_meta(meta(self.number, **changes))))

    def compact(self, rng: random.Random) -> None:
        """Drop what a later record of the same key replaces, up to some offset, and perhaps its tombstones."""
        end = rng.randrange(len(self.log) + 1)
        last = {entry.key: i for i, entry in enumerate(self.log[:end])}
        tombstones_too = rng.random() < 0.5
        self.log = [
            entry
            for i, entry in enumerate(self.log)
            if i >= end or (last[entry.key] == i and not (tombstones_too and entry.value is None))
        ]

    def numbers(self) -> Iterable[tuple[str, Cell, int, int]]:
        for panes in self.panes:
            for cell, block, slot, n in panes.numbers():
                if panes.is_day:
                    yield panes.measure.name, cell, block, n
                else:
                    minute = (
                        BEGINNING if block == BASE else block * HOUR_MINUTES + (0 if slot == WHOLE else slot)
                    )
                    yield panes.measure.name, cell, minute, n


def feed(store: Store, assembler: Assembler, number: int, entries: Iterable[Entry]) -> None:
    checkpoint = assembler.take(entries)
    if checkpoint is not None:
        store.apply(number, checkpoint.records, checkpoint.meta)


Number = tuple[str, Cell, int, int]
"""Measure, cell, minutes before NOW (for day measures: days before today), n."""


class World:
    """An exporter's state, fed by partition numbers, with a clock that stands until it is set."""

    def __init__(self, partitions: int = 2, *, timezone: str = "UTC", stale_after_ms: int = 60_000) -> None:
        self.now = NOW
        self.catalogue = load_catalogue()
        self.live = Live(
            self.catalogue,
            Definitions(timezone=timezone),
            partitions=partitions,
            stale_after_ms=stale_after_ms,
            top=20,
            now=lambda: self.now,
        )
        self.writers = [Writer(number) for number in range(partitions)]
        self._assemblers = [Assembler() for _ in self.writers]

    def write(self, number: int, numbers: Sequence[Number] = (), **changes: object) -> None:
        """One checkpoint of a partition number, applied; by default evaluated and written now."""
        writer = self.writers[number]
        for measure, cell, age, n in numbers:
            day = measure.startswith("active_days")
            writer.panes[measure].add(cell, self.today - age if day else NOW // MINUTE_MS - age, n)
        begin = len(writer.log)
        writer.checkpoint(**{"written": self.now, "evaluated": self.now, **changes})
        complete = self._assemblers[number].take(writer.log[begin:])
        assert complete is not None
        self.live.apply(number, complete)

    @property
    def today(self) -> int:
        """The local day of NOW in UTC."""
        return NOW // 86_400_000 + 719_163

    def caught_up(self) -> None:
        """Say that everything has been read up to now."""
        for number in range(self.live.partitions):
            self.live.freshness.observe(number, at_end=True, fetched=self.now)


ISSUES: tuple[Number, ...] = (
    ("issues", ("confirmed", "1", "chat", "free", "smb"), 2, 3),
    ("issues", ("assumed", "1", "chat", "pro", "smb"), 10, 1),
    ("issues", ("abandoned", "1", "email", "pro", "smb"), 20, 1),
    ("eligible", ("free", "smb", "admin", "1"), 5_000, 4),
    ("self_service", ("free", "smb", "admin"), 3, 2),
    ("self_service_by_channel", ("chat",), 3, 2),
    ("active", ("free", "smb", "admin", "1", "1"), 1, 3),
    ("active_days", ("free", "smb", "admin"), 0, 3),
    ("time_to_resolution", ("chat", "agent", 60), 4, 2),
    ("time_to_resolution_ms", ("chat", "agent"), 4, 120),
)
"""Something for most KPIs, all within the last half hour."""


def world_with_figures() -> World:
    """An exporter that has caught up with two partition numbers."""
    world = World()
    world.write(0, ISSUES, newest={"support.events": NOW - 500}, since=NOW - 86_400_000)
    world.write(
        1,
        ISSUES[:1],
        evaluated=NOW - 300,
        newest={"support.events": NOW - 700, "product.events": NOW - 100},
        results={"support.events": {"processed": 7, "duplicate": 1}},
        refused={"schema": 2},
    )
    world.caught_up()
    return world

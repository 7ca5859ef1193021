"""What an exporter knows at this moment, and whether it may be published."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.catalogue.model import Kpi
from app.catalogue.references import measures_of
from app.evaluation.evaluate import Evaluator
from app.exporter.checkpoints import Checkpoint
from app.exporter.clock import EvaluationClock
from app.exporter.figures import Figurer, Figures
from app.exporter.freshness import Freshness
from app.exporter.latency import Latency
from app.exporter.store import Store
from streams.core.definitions import Definitions
from streams.core.measures import MEASURES
from streams.core.own import named_measures, stored_measures
from streams.core.records import Meta


class Live:
    """The panes of all partition numbers, the evaluation time and the figures.

    ``now`` returns the wall time in ms. ``partitions`` is the number of partitions of `selfserve.panes`.
    """

    def __init__(
        self,
        catalogue: Mapping[str, Kpi],
        definitions: Definitions,
        *,
        partitions: int,
        stale_after_ms: int,
        top: int,
        now: Callable[[], int],
    ) -> None:
        self.catalogue = {kpi.id: kpi for kpi in catalogue.values() if kpi.enabled}
        self.partitions = partitions
        self.freshness = Freshness(partitions, stale_after_ms)
        self.latency = Latency()
        self._definitions = definitions
        self._clock = EvaluationClock(partitions)
        self._store = self._new_store()
        self._top = top
        self._figurer = self._new_figurer()
        self._now = now
        measures = named_measures(definitions.own)
        self._read = {
            kpi.id: [measures[name] for name in measures_of(kpi)] for kpi in self.catalogue.values()
        }

    @property
    def time(self) -> int | None:
        """The evaluation time (ms); None while nothing can be said."""
        return self._clock.time

    @property
    def metas(self) -> Mapping[int, Meta]:
        """The last META of each partition number that has written one."""
        return self._store.metas

    def apply(self, number: int, checkpoint: Checkpoint) -> None:
        """Apply complete checkpoints of a partition number. Raises msgspec.DecodeError if a record is damaged."""
        before = self._store.metas.get(number)
        self._store.apply(number, checkpoint.records, checkpoint.meta)
        self._clock.report(checkpoint.meta)
        # While an exporter catches up, it meets events that other exporters have shown long ago.
        if not self.freshness.behind and checkpoint.meta.clock == "wall":
            self.latency.arrived(before, checkpoint.meta)
        self.advance()

    def advance(self) -> None:
        """Move the evaluation time on as far as it goes."""
        now = self._now()
        time = self._clock.advance(now)
        if time is not None:
            self.latency.visible(time, now)

    def reset(self) -> None:
        """Forget all panes, to read them again from the beginning. The evaluation time stays, and never goes back."""
        self._store = self._new_store()
        # The old one remembers sums over the old panes.
        self._figurer = self._new_figurer()
        self.freshness.reset()

    def lag_ms(self) -> int | None:
        """Return for how long something may have been left unread; None before everything has been read once."""
        return self.freshness.lag_ms(self._now())

    def is_current(self) -> bool:
        """Whether the figures may be published."""
        return self.freshness.is_current(self._now())

    def figures(self) -> Figures | None:
        """Return the figures, or None while there are none or they may not be published."""
        time = self.time
        if time is None or not self.is_current():
            return None
        return self._figurer.at(time)

    def reasons(self) -> list[str]:
        """Return why the exporter has not caught up; empty when it has."""
        behind = self.freshness.behind
        if behind:
            return [
                f"the panes of {len(behind)} of {self.partitions} partitions have not been read to their end"
            ]
        lag, limit = self.lag_ms(), self.freshness.stale_after_ms
        if lag is not None and lag > limit:
            return [
                f"nothing new has been read for {lag // 1000} s; beyond {limit // 1000} s no KPI is published"
            ]
        return []

    def notes(self) -> list[str]:
        """Return what else keeps the figures from being complete or from moving on."""
        notes = []
        never = [number for number in range(self.partitions) if number not in self._store.metas]
        if never:
            notes.append(f"no worker has ever reported for partition {_listed(never)}")
        silent = [number for number in self._clock.silent(self._now()) if number not in never]
        if silent and self._is_wall:
            notes.append(
                f"no worker has lately reported for partition {_listed(silent)}; the figures stand still"
            )
        for number, measure, cell in self._store.unexplained:
            notes.append(f"partition {number} counts {measure} in cell {cell}, which it does not describe")
        own = {
            m.name: name for name, m in named_measures(self._definitions.own).items() if name not in MEASURES
        }
        for number, meta in sorted(self._store.metas.items()):
            lacking = sorted(own[stored] for stored in own.keys() - meta.began.keys())
            if lacking:
                notes.append(
                    f"the worker of partition {number} does not count {', '.join(lacking)}: give it the same overlay file"
                )
        if self._foreign_timezones:
            zones = ", ".join(sorted(self._foreign_timezones))
            notes.append(
                f"workers count calendar days in {zones}, this exporter in {self._definitions.timezone}"
            )
        return notes

    def since(self, kpi: str) -> int | None:
        """Return from when on (ms) the figures of a KPI are whole; None while some worker has nothing of it yet.

        That is the oldest event, or later the moment from which on events are counted as they are now.
        """
        oldest = [meta.since for meta in self._store.metas.values() if meta.since is not None]
        if not oldest:
            return None
        reach = min(oldest)
        for meta in self._store.metas.values():
            for measure in self._read[kpi]:
                began = meta.began.get(measure.name)
                if began is None and measure.name not in MEASURES:
                    return None
                reach = max(reach, began or 0)
                if measure.name in MEASURES:
                    reach = max(reach, meta.changed or 0)
        return reach

    def _new_store(self) -> Store:
        return Store(self._definitions.timezone, stored_measures(self._definitions.own))

    def _new_figurer(self) -> Figurer:
        return Figurer(Evaluator(self.catalogue, definitions=self._definitions, top=self._top), self._store)

    @property
    def _is_wall(self) -> bool:
        return any(meta.clock == "wall" for meta in self._store.metas.values())

    @property
    def _foreign_timezones(self) -> set[str]:
        return {meta.timezone for meta in self._store.metas.values()} - {self._definitions.timezone}


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))

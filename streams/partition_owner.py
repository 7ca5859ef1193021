"""A partition number that this worker owns: its state, its transactional producer, and how far each topic was read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from streams.metrics import StateCounters
from streams.state import NumberState


@dataclass(slots=True, eq=False)
class PartitionOwner:
    """One number. Only the event loop that made it touches it."""

    number: int
    state: NumberState
    producer: Any
    """The aiokafka producer with the number's transactional id."""
    dead_letter_partitions: int
    """How many partitions the dead letters have: that topic may have any number."""
    intervention_partitions: int
    """The same of the interventions."""
    offsets: dict[str, int]
    """Next offset to process, by logical topic."""
    evaluated: int | None
    """What the last META said of the evaluation time (ms)."""
    before: StateCounters
    """What the state had counted when this worker took it over."""
    committed_at: float
    """When the last checkpoint was committed, or the number was taken over (monotonic seconds)."""
    committed: dict[str, int] | None = None
    """`offsets` as of the last checkpoint that this owner committed; None before the first, which is always due."""
    written_ms: int | None = None
    """Wall time of the last checkpoint that this owner committed (ms)."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a checkpoint is written: there is one transaction at a time."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to checkpoint, or anything that an earlier checkpoint left for a later one."""
        return self.offsets != self.committed or self.state.waiting

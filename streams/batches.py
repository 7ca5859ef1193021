"""The unit in which events travel from the client to the state: one partition's share of one fetch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from faust.types import TP


class Batch(NamedTuple):
    """Raw records of one partition, popped from the client at once.

    `start` and `end` are the positions before and after, so that consecutive batches of an epoch join without a hole,
    also over what is no record: control markers, aborted transactions.
    """

    tp: TP
    epoch: int
    """Number of the seek that the records were popped after."""
    start: int
    end: int
    records: Sequence[Any]


class End(NamedTuple):
    """How a partition stood when the client last looked."""

    position: int
    """Where the next record will be popped from."""
    end: int
    """The last stable offset: where read_committed consumers stop."""
    fetched_ms: int
    """Wall time of the last fetch that was answered."""


class Fetched(NamedTuple):
    """What one look into the client's buffer gave."""

    epoch: int
    batches: Sequence[Batch]
    ends: Mapping[TP, End] | None
    """All assigned partitions, or None if they were looked at a moment ago."""


class OffsetOutOfRange(Exception):  # noqa: N818 - it is what happened, not whose fault it is
    """Kafka no longer has, or does not have yet, what the worker wants to read next."""

    def __init__(self, tp: TP, position: int, beginning: int, end: int) -> None:
        super().__init__(tp, position, beginning, end)
        self.tp = tp
        self.position = position
        self.beginning = beginning
        self.end = end


class Sink(Protocol):
    """Where batches go, and who says where to read on."""

    @property
    def missed(self) -> bool:
        """Whether a batch got lost on its way: a seek has to begin a new epoch."""

    def begin_epoch(self) -> tuple[int, Mapping[TP, int]]:
        """Begin a new epoch: batches of earlier ones are never applied. Returns it and where each partition goes on."""

    def handed_over(self, fetched: Fetched) -> None:
        """All batches of a look lie in the agent's queue."""

    def fetch_failed(self, error: BaseException) -> None:
        """Nothing more will come."""

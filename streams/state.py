"""What the shell asks of the state of a partition number; `streams.core.partition` has the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from schemas.interventions import Intervention
from streams.core.records import Meta

Pair = tuple[bytes, bytes | None]
"""Key and value of a changelog record; without a value it deletes the key."""


class Record(Protocol):
    """A record as the client parsed it. The timestamp is in milliseconds."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """When it was produced."""

    @property
    def key(self) -> bytes | None:
        """The customer, as a rule."""

    @property
    def value(self) -> bytes | None:
        """The event."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """What the producer wrote beside it."""


class DeadLetter(Protocol):
    """A refused record on its way to the dead letters."""

    @property
    def topic(self) -> str:
        """The logical name of the topic that it came from."""

    @property
    def offset(self) -> int:
        """Its offset there."""

    @property
    def timestamp(self) -> int:
        """Its timestamp there (ms)."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """The refused bytes."""

    @property
    def reason(self) -> str:
        """Why, as a label."""

    @property
    def message(self) -> str:
        """Why, for a person."""


class Forward(Protocol):
    """An event on its way to the home of its customer."""

    @property
    def number(self) -> int:
        """The partition number of that home."""

    @property
    def key(self) -> bytes:
        """The customer."""

    @property
    def value(self) -> bytes:
        """The event."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Where it came from."""


class Changes(Protocol):
    """Everything that changed since the last checkpoint."""

    @property
    def state(self) -> Sequence[Pair]:
        """Records for the state changelog."""

    @property
    def panes(self) -> Sequence[Pair]:
        """Records for the panes changelog."""

    @property
    def dead_letters(self) -> Sequence[DeadLetter]:
        """Records that were refused."""

    @property
    def forwards(self) -> Sequence[Forward]:
        """Events that belong to other numbers."""

    @property
    def interventions(self) -> Sequence[Intervention]:
        """Announcements of who calls for attention."""


class NumberState(Protocol):
    """The state of one partition number. Everything is synchronous and knows neither Kafka nor a clock.

    `results` and `refused` run from the beginning of the log on, the other counters from the construction of the object.
    """

    def process(self, topic: str, records: Sequence[Any]) -> None:
        """Take in a batch of one source topic. Raises only on a bug; then this state must never be checkpointed."""

    def take_changes(self, *, evaluated: int | None = None, behind: bool = False) -> Changes:
        """Hand out what changed since the last call.

        `evaluated` is the number's part in the evaluation time (ms), None if nothing can be said; `behind` says that it
        reads a backlog.
        """

    def meta_fields(self) -> dict[str, Any]:
        """The state's own fields of `Meta` as of the last `take_changes`: newest, results, refused, since, sequence, hour, hour_told, accounts_waiting."""

    def load_state(self, key: bytes, value: bytes | None) -> None:
        """Take back a record of the state changelog."""

    def load_panes(self, key: bytes, value: bytes | None) -> None:
        """Take back a record of the panes changelog."""

    def load_meta(self, meta: Meta) -> None:
        """Take back the last checkpoint's META."""

    def loaded(self, *, recompute: bool = False) -> None:
        """Everything was taken back. With `recompute` the panes are made anew from the facts."""

    @property
    def newest(self) -> Mapping[str, int]:
        """Greatest event time processed (ms) by topic."""

    @property
    def results(self) -> Mapping[str, Mapping[str, int]]:
        """Records by topic and result."""

    @property
    def refused(self) -> Mapping[str, int]:
        """Dead letters by reason."""

    @property
    def excluded(self) -> Mapping[str, int]:
        """Excluded events by reason."""

    @property
    def late_events(self) -> int:
        """Events that came too late to count at all."""

    @property
    def late_counts(self) -> int:
        """Events that came too late for plain counts."""

    @property
    def misplaced(self) -> int:
        """Events that were forwarded to their home."""

    @property
    def overflow(self) -> Mapping[str, int]:
        """Values of dimensions that became `other`, by dimension."""

    @property
    def waiting(self) -> bool:
        """Whether the last `take_changes` has left something for a later one."""

    @property
    def customers(self) -> int:
        """Customers that the state holds."""


StateFactory = Callable[[int], NumberState]
"""Makes the empty state of a partition number."""

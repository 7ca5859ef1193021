"""Hands out the client's own C record for chosen topics, instead of a dataclass built for each.

Building aiokafka's `ConsumerRecord` costs about as much as decoding the event inside. The C record has the fields that
are needed (offset, timestamp, key, value, headers). aiokafka looks the class up in its module when a response comes in,
so there is no other place to say this than that module: the one global of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aiokafka.consumer import fetcher

_topics: set[str] = set()


class FastPartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of one fetched partition, as they were parsed if the topic is among the chosen ones."""

    def __iter__(self) -> Iterator[Any]:
        """Return the generator itself: the class in between costs a call a record."""
        records: Iterator[Any] | None = self._records_iterator
        return iter(()) if records is None else records

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        return record if tp.topic in _topics else super()._consumer_record(tp, record)


def use_fast_records(topics: Iterable[str]) -> None:
    """From now on, every consumer of this process returns the plain record for these topics."""
    _topics.update(topics)
    fetcher.PartitionRecords = FastPartitionRecords

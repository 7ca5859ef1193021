"""Which partition numbers an assignment gives: all co-partitioned topics of a number, or none.

One worker has to own a partition number in every consumed topic, because one state and one checkpoint serve them all.
The range assignor does that as long as all topics have the same number of partitions; Faust's fallback, round robin,
does not. This is verified at every assignment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from streams.errors import CoPartitioningError

TopicPartitions = Iterable[tuple[str, int]]


def owned_numbers(assignment: TopicPartitions, sources: Sequence[str]) -> set[int]:
    """The partition numbers of an assignment, given the names of all consumed topics.

    Raises CoPartitioningError if a number came without all of its topics.
    """
    topics: dict[int, set[str]] = defaultdict(set)
    for topic, number in assignment:
        topics[number].add(topic)
    wanted = set(sources)
    torn = {number: found for number, found in topics.items() if found != wanted}
    if torn:
        number, found = min(torn.items())
        raise CoPartitioningError(
            f"Partition {number} was assigned to this worker in {_listed(found)}, but not in "
            f"{_listed(wanted - found)}{_more(len(torn) - 1)}. One worker must own a partition number in all of these "
            "topics. Either they have different numbers of partitions (`selfserve topics` says), or a consumer that "
            "is no selfserve worker is in the same consumer group: give it another group."
        )
    return set(topics)


def check_partition_counts(counts: Mapping[str, int | None], expected: int) -> None:
    """Raise CoPartitioningError if the number of partitions of a topic is not what it was at the start.

    None stands for a topic that the client knows nothing about at the moment.
    """
    wrong = {topic: count for topic, count in counts.items() if count is not None and count != expected}
    if wrong:
        listed = ", ".join(f"{topic} {count}" for topic, count in sorted(wrong.items()))
        raise CoPartitioningError(
            f"The number of partitions changed from {expected} while this worker ran: {listed}. Every co-partitioned "
            "topic must have the same number. Give the others as many, set kafka.partitions to it, and start all "
            "workers anew; customers whose home partition changes thereby begin anew."
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _more(n: int) -> str:
    if n == 0:
        return ""
    return f" (and {n} more partition{'s' if n > 1 else ''} likewise)"

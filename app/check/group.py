"""The group of the workers: who is there, who owns what, and what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from app.check.finding import Finding, fail, ok, warn
from app.settings import Settings
from streams.names import SOURCES, Names

SUBJECT = "group"
LAG = "lag"

_STABLE = "Stable"
_EMPTY = ("Empty", "Dead", "")


@dataclass(frozen=True)
class Member:
    """A worker in the group: where it runs, its static name if it has one, and how many partition numbers it owns."""

    host: str
    instance: str | None
    owned: int


@dataclass(frozen=True)
class Position:
    """Offsets of a partition: the oldest and the next one that Kafka has, and the next to be processed (if known)."""

    first: int
    end: int
    committed: int | None

    @property
    def lag(self) -> int:
        """Records that wait."""
        return max(0, self.end - max(self.first, self.committed or 0))

    @property
    def lost(self) -> int:
        """Records that were deleted before they were processed."""
        return 0 if self.committed is None else max(0, self.first - self.committed)

    @property
    def recreated(self) -> bool:
        """Whether more was processed than there is."""
        return self.committed is not None and self.committed > self.end


@dataclass(frozen=True)
class GroupState:
    """The group as Kafka describes it; ``state`` is empty if it has never had a member."""

    name: str
    state: str
    members: tuple[Member, ...]


def read_group(admin: KafkaAdminClient, name: str) -> GroupState:
    """Return the group's state. Raises `kafka.errors.KafkaError`."""
    # Asking for a group that does not exist is an error as long as no group has ever existed.
    if all(group["group_id"] != name for group in admin.list_groups()):
        return GroupState(name, "", ())
    described = admin.describe_groups([name])[name]
    return GroupState(name, described["group_state"], tuple(map(_member, described["members"])))


def read_positions(
    admin: KafkaAdminClient, settings: Settings, known: bool
) -> dict[TopicPartition, Position]:
    """Return the positions of all partitions of the consumed topics, which must exist.

    ``known`` says whether the group exists. Raises `kafka.errors.KafkaError`.
    """
    names = Names(prefix=settings.kafka.topic_prefix, group=settings.kafka.group)
    partitions = [
        TopicPartition(names.topic(source), number)
        for source in SOURCES
        for number in range(settings.kafka.partitions)
    ]
    firsts = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    committed = admin.list_group_offsets(names.group)[names.group] if known else {}
    return {
        partition: Position(
            firsts[partition].offset,
            ends[partition].offset,
            committed[partition].offset if partition in committed else None,
        )
        for partition in partitions
    }


def member_findings(group: GroupState, partitions: int) -> list[Finding]:
    """Return what is to be said of the members."""
    if group.state in _EMPTY:
        never = "has never had a member" if group.state == "" else "has no members"
        return [
            warn(
                SUBJECT,
                f"{group.name} {never}: no worker runs",
                "Start one with: selfserve worker. If one runs, it has another kafka.group or other brokers.",
            )
        ]
    count = "1 worker" if len(group.members) == 1 else f"{len(group.members)} workers"
    details = [
        f"{member.host}{f' as {member.instance}' if member.instance else ''} owns {member.owned} of {partitions}"
        for member in group.members
    ]
    if group.state != _STABLE:
        return [
            warn(
                SUBJECT,
                f"{group.name} with {count} is sharing out its partitions ({group.state})",
                "That takes seconds. If it lasts, workers start and end in turn: see their logs.",
                details,
            )
        ]
    idle = sum(1 for member in group.members if member.owned == 0)
    if idle:
        return [
            warn(
                SUBJECT,
                f"{group.name}: {idle} of {count} own nothing, because there are {partitions} partitions",
                "They take over when another ends. For more throughput there have to be more partitions.",
                details,
            )
        ]
    return [ok(SUBJECT, f"{group.name} is stable, {count}", details)]


def lag_findings(group: GroupState, positions: Mapping[TopicPartition, Position]) -> list[Finding]:
    """Return what is to be said of the records that wait."""
    found = [
        fail(
            LAG,
            f"{_gap(partition, position)}. The worker that owns the partition stops",
            "Restore the records, or go on without them by starting one worker once with --accept-gap.",
        )
        for partition, position in positions.items()
        if position.lost or position.recreated
    ]
    by_topic: dict[str, int] = {}
    for partition, position in positions.items():
        by_topic[partition.topic] = by_topic.get(partition.topic, 0) + position.lag
    waiting = sum(by_topic.values())
    details = [f"{topic} {lag:,}" for topic, lag in by_topic.items()]
    if waiting and not group.members:
        text = f"{waiting:,} records wait, and no worker is there to process them"
        return [*found, warn(LAG, text, "Start one with: selfserve worker.", details)]
    text = f"{waiting:,} records wait to be processed" if waiting else "everything is processed"
    return [*found, ok(LAG, text, details if waiting else ())]


def _gap(partition: TopicPartition, position: Position) -> str:
    where = f"{partition.topic}, partition {partition.partition}"
    if position.recreated:
        return (
            f"{where}: record {position.committed:,} would be next, but there are {position.end:,}; the topic was"
            " recreated"
        )
    return f"{where}: {position.lost:,} records were deleted before they were processed"


def _member(described: Mapping[str, Any]) -> Member:
    assignment = described["member_assignment"]
    assigned: Sequence[Mapping[str, Any]] = (
        assignment["assigned_partitions"] if isinstance(assignment, Mapping) else ()
    )
    numbers = {number for topic in assigned for number in topic["partitions"]}
    return Member(described["client_host"].lstrip("/"), described["group_instance_id"], len(numbers))

"""Every Kafka topic of the service as data: what it carries, how it is keyed and kept, and why.

Names are given without the configurable prefix. Replication is a property of the cluster, not of the contract, so it is
not here. All durations are milliseconds and all sizes bytes, as strings, the way Kafka's admin API takes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from schemas.types import EVENT_TYPES

DEFAULT_PARTITIONS = 12
"""Partitions of every co-partitioned topic unless the configuration says otherwise."""

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic.

    ``config`` holds the topic settings besides ``cleanup.policy``; `settings` has both.
    ``co_partitioned`` topics must all have the same number of partitions, because one worker owns a partition
    number across all of them; the others may have any number.
    """

    name: str
    role: Literal["source", "internal"]
    cleanup: Literal["delete", "compact", "compact,delete"]
    config: Mapping[str, str]
    carries: str
    key: str
    co_partitioned: bool = True

    @property
    def settings(self) -> dict[str, str]:
        """The complete topic configuration to create or verify, ``cleanup.policy`` included."""
        return {"cleanup.policy": self.cleanup, **self.config}


def _config(**settings: float | str) -> Mapping[str, str]:
    return MappingProxyType({key.replace("_", "."): str(value) for key, value in settings.items()})


# Sources are read once and remembered in the changelog, so a week is for outages and replays, not for correctness.
# A worker that falls further behind than this stops with an error instead of counting around the gap.
_SOURCE = _config(retention_ms=7 * _DAY)

# Facts of a visitor travel here as well, and one conversation of them may be larger than a broker takes by default.
_BROUGHT_HOME = _config(retention_ms=7 * _DAY, max_message_bytes=4 * _MIB)

# A changelog is read from its start on every takeover, so what compaction leaves behind is recovery time.
#  min.cleanable.dirty.ratio  a tenth, not half: at most about a tenth of what is read back is superseded
#  segment.ms, segment.bytes  the active segment is never compacted; small segments keep that tail short
#  max.compaction.lag.ms      also a quiet partition gets compacted, whatever its dirty ratio
#  delete.retention.ms        tombstones outlive any reader that is still on its way from the start to the end
#  max.message.bytes          one customer's facts, or the panes of one large checkpoint batch, fit into a record batch
_CHANGELOG = _config(
    min_cleanable_dirty_ratio=0.1,
    segment_ms=10 * _MINUTE,
    segment_bytes=64 * _MIB,
    max_compaction_lag_ms=_HOUR,
    delete_retention_ms=_DAY,
    max_message_bytes=4 * _MIB,
)

# Several exporters write the same keys, hence compaction; points older than the longest hourly history go, hence
# deletion. Only closed segments are deleted: a day's segment overshoots the 36 days by at most a day.
_HISTORY = _config(
    retention_ms=36 * _DAY,
    min_cleanable_dirty_ratio=0.5,
    segment_ms=_DAY,
    max_compaction_lag_ms=_DAY,
    delete_retention_ms=_DAY,
)

# Someone has to notice, repair and replay, holidays included: a quarter of a year. A dead letter carries the refused
# bytes whole, and the largest record a broker takes by default (1 MiB) must fit with its reason around it.
_DEAD_LETTERS = _config(retention_ms=90 * _DAY, max_message_bytes=4 * _MIB)

# Longer than the longest window (30 d) and the lateness limit (35 d), so every intervention still standing by the
# figures can be found with its beginning.
_INTERVENTIONS = _config(retention_ms=36 * _DAY)

SOURCE_TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(
        name="product.events",
        role="source",
        cleanup="delete",
        config=_SOURCE,
        carries="product use, onboarding, invitations",
        key="customer id",
    ),
    TopicSpec(
        name="support.events",
        role="source",
        cleanup="delete",
        config=_SOURCE,
        carries="help centre and conversations",
        key="customer id",
    ),
    TopicSpec(
        name="feedback.events",
        role="source",
        cleanup="delete",
        config=_SOURCE,
        carries="surveys, feedback, emails, social mentions",
        key="customer id (enhancement_id for enhancements)",
    ),
    TopicSpec(
        name="account.events",
        role="source",
        cleanup="delete",
        config=_SOURCE,
        carries="signups, identities, subscriptions, visits and orders",
        key="customer id",
    ),
)
"""The topics producers fill, in the order in which they are documented and created."""

INTERNAL_TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(
        name="selfserve.events",
        role="internal",
        cleanup="delete",
        config=_BROUGHT_HOME,
        carries="events brought home: normalised from foreign formats, or forwarded from a wrong partition",
        key="customer id",
    ),
    TopicSpec(
        name="selfserve.state",
        role="internal",
        cleanup="compact",
        config=_CHANGELOG,
        carries="the facts of every customer and, in META records, the next source offsets",
        key="kind of record and its entity",
    ),
    TopicSpec(
        name="selfserve.panes",
        role="internal",
        cleanup="compact",
        config=_CHANGELOG,
        carries="the panes of each partition number, closed by a META record per checkpoint",
        key="series and pane",
    ),
    TopicSpec(
        name="selfserve.history",
        role="internal",
        cleanup="compact,delete",
        config=_HISTORY,
        carries="KPI values as they were when current",
        key="KPI, labels and time",
        co_partitioned=False,
    ),
    TopicSpec(
        name="selfserve.dead-letters",
        role="internal",
        cleanup="delete",
        config=_DEAD_LETTERS,
        carries="refused records: raw bytes, where they came from, reason and message",
        key="source topic, partition and offset",
        co_partitioned=False,
    ),
    TopicSpec(
        name="selfserve.interventions",
        role="internal",
        cleanup="delete",
        config=_INTERVENTIONS,
        carries="customers and accounts that begin or cease to meet a configured trigger",
        key="customer or account id",
        co_partitioned=False,
    ),
)
"""The topics the service fills itself."""

ALL_TOPICS: tuple[TopicSpec, ...] = SOURCE_TOPICS + INTERNAL_TOPICS


def topic_of(type_name: str) -> str:
    """Return the source topic of an event type.

    Raises:
        KeyError: there is no such event type.
    """
    return EVENT_TYPES[type_name].topic

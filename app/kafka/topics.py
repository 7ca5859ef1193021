"""Creates the topics of the service, or says in which way those that exist are not what it needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kafka import TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from app.kafka.admin import KafkaAdminError, admin_client
from app.kafka.comparison import count_differences, setting_differences
from schemas.topics import ALL_TOPICS, TopicSpec

_READY_TIMEOUT_MS = 30_000

Overrides = Mapping[str, Mapping[str, str]]
"""Settings in place of those of ``schemas.topics``, by topic name without prefix."""


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What was found about one topic.

    ``name`` is the full name, with prefix; ``partitions`` is 0 for a missing topic. ``problems`` keep the service
    from working rightly, ``remarks`` do not.
    """

    name: str
    status: Literal["created", "ok", "differs", "missing"]
    partitions: int
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the service can use the topic."""
        return self.status in ("created", "ok")


def ensure_topics(
    bootstrap_servers: str,
    prefix: str,
    partitions: int,
    *,
    overrides: Overrides | None = None,
    topics: Sequence[TopicSpec] = ALL_TOPICS,
    client: Mapping[str, Any] | None = None,
) -> list[TopicReport]:
    """Create the ``topics`` that are missing, with ``partitions`` partitions each, and verify the others.

    Returns a report for each, in order; every created topic takes records by then. Nothing is created when
    partition counts among the existing topics rule it out. ``client`` are further settings of the admin client.
    Raises ``KafkaUnreachableError`` or ``KafkaAdminError``.
    """
    wanted = _Wanted(prefix, partitions, topics, overrides or {})
    with admin_client(bootstrap_servers, client=client) as admin:
        counts = _partition_counts(admin, wanted)
        missing = [spec for spec in topics if spec.name not in counts]
        created: Collection[str] = ()
        if missing and not count_differences(prefix, partitions, topics, counts):
            created = _create(admin, wanted, missing)
            counts = _partition_counts(admin, wanted)
        return _report(admin, wanted, counts, created)


def verify_topics(
    bootstrap_servers: str,
    prefix: str,
    partitions: int,
    *,
    overrides: Overrides | None = None,
    topics: Sequence[TopicSpec] = ALL_TOPICS,
    client: Mapping[str, Any] | None = None,
) -> list[TopicReport]:
    """As `ensure_topics`, but change nothing: what is not there is reported as missing."""
    wanted = _Wanted(prefix, partitions, topics, overrides or {})
    with admin_client(bootstrap_servers, client=client) as admin:
        return _report(admin, wanted, _partition_counts(admin, wanted), created=())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How the topics shall be."""

    prefix: str
    partitions: int
    topics: Sequence[TopicSpec]
    overrides: Overrides = field(default_factory=dict)

    def settings(self, spec: TopicSpec) -> dict[str, str]:
        return {**spec.settings, **self.overrides.get(spec.name, {})}


def _partition_counts(admin: KafkaAdminClient, wanted: _Wanted) -> dict[str, int]:
    """Return the number of partitions of each existing topic, by name without prefix."""
    counts = {}
    for found in admin.describe_topics([wanted.prefix + spec.name for spec in wanted.topics]):
        code = found["error_code"]
        if code == UnknownTopicOrPartitionError.errno:
            continue
        if code:
            raise KafkaAdminError(
                f"Kafka does not describe the topic {found['name']}: {for_code(code).__name__}"
            )
        counts[found["name"].removeprefix(wanted.prefix)] = len(found["partitions"])
    return counts


def _create(admin: KafkaAdminClient, wanted: _Wanted, missing: Sequence[TopicSpec]) -> set[str]:
    """Create the topics and return which of them were not there, by name without prefix."""
    requested = {
        wanted.prefix + spec.name: {"num_partitions": wanted.partitions, "configs": wanted.settings(spec)}
        for spec in missing
    }
    answer = admin.create_topics(requested, raise_errors=False)
    created = set()
    for topic in answer["topics"]:
        code = topic["error_code"]
        if code == 0:
            created.add(topic["name"].removeprefix(wanted.prefix))
        # Another process that starts at the same moment may have been faster.
        elif code != TopicAlreadyExistsError.errno:
            reason = topic.get("error_message") or for_code(code).__name__
            raise KafkaAdminError(f"Kafka did not create the topic {topic['name']}: {reason}")
    _await_leaders(admin, created, wanted)
    return created


def _await_leaders(admin: KafkaAdminClient, created: Collection[str], wanted: _Wanted) -> None:
    """Return when every partition answers for itself: a leader that metadata names may not know it yet."""
    names = [wanted.prefix + name for name in created]
    try:
        admin.wait_for_topics(
            [wanted.prefix + spec.name for spec in wanted.topics], timeout_ms=_READY_TIMEOUT_MS
        )
        ends = {
            TopicPartition(name, at): OffsetSpec.LATEST for name in names for at in range(wanted.partitions)
        }
        admin.list_partition_offsets(ends, timeout_ms=_READY_TIMEOUT_MS)
    except KafkaError as error:
        raise KafkaAdminError(f"The topics were created but do not take records yet: {error}") from error


def _report(
    admin: KafkaAdminClient, wanted: _Wanted, counts: Mapping[str, int], created: Collection[str]
) -> list[TopicReport]:
    found = _found_settings(admin, [wanted.prefix + name for name in counts])
    unequal = count_differences(wanted.prefix, wanted.partitions, wanted.topics, counts)
    reports = []
    for spec in wanted.topics:
        name = wanted.prefix + spec.name
        if spec.name not in counts:
            problem = f"{name} does not exist. Create it with: selfserve topics"
            reports.append(TopicReport(name, "missing", 0, problems=(problem,)))
            continue
        problems, remarks = setting_differences(name, spec, wanted.settings(spec), found[name])
        if spec.name in unequal:
            problems.insert(0, unequal[spec.name])
        good: Literal["created", "ok"] = "created" if spec.name in created else "ok"
        status = "differs" if problems else good
        reports.append(TopicReport(name, status, counts[spec.name], tuple(problems), tuple(remarks)))
    return reports


def _found_settings(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    answer = admin.describe_configs([ConfigResource("topic", name) for name in names], config_filter="all")
    return {name: {key: entry["value"] for key, entry in answer["topic"][name].items()} for name in names}

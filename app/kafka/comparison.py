"""What about existing topics matters: some differences break the service, most are somebody's good reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schemas.topics import TopicSpec


def count_differences(
    prefix: str, partitions: int, topics: Iterable[TopicSpec], counts: Mapping[str, int]
) -> dict[str, str]:
    """Return what is wrong with the partition ``counts`` of co-partitioned topics.

    ``counts`` and the result are by name without prefix; ``partitions`` is the configured number. Topics that do
    not exist yet are not among the counts.
    """
    together = {
        spec.name: counts[spec.name] for spec in topics if spec.co_partitioned and spec.name in counts
    }
    if len(set(together.values())) > 1:
        listed = ", ".join(f"{prefix}{name} {count}" for name, count in together.items())
        return {
            name: (
                f"{prefix}{name} has {count} partitions. All co-partitioned topics must have the same number, because"
                f" one worker owns a partition number across all of them; there are: {listed}. Settle on one number"
                f" (kafka.partitions is {partitions}) and create the others anew with it."
            )
            for name, count in together.items()
            if count != partitions
        }
    return {
        name: (
            f"{prefix}{name} has {count} partitions, and kafka.partitions is {partitions}. If the topic is right, set"
            f" kafka.partitions: {count}; if not, create it anew. Adding partitions instead would move customers to"
            " other partitions than the one that holds their state."
        )
        for name, count in together.items()
        if count != partitions
    }


def setting_differences(
    name: str, spec: TopicSpec, wanted: Mapping[str, str], found: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return the problems and the remarks about the settings ``found`` at the topic ``name``.

    A wrong clean-up policy loses data or never ends, and a lower limit on the size of a record batch stops the
    worker. Everything else is kept as it is found and only remarked upon.
    """
    problems = []
    remarks = []
    for key, value in wanted.items():
        actual = found.get(key)
        if actual is None or _same(key, value, actual):
            continue
        if key == "cleanup.policy":
            problems.append(
                f"{name}: {key} is {actual} and must be {value}, because {_consequence(spec, actual)}."
                f" {_change(name, key, value)}"
            )
        elif key != "max.message.bytes":
            remarks.append(f"{name}: {key} is {actual}; a topic created here gets {value}")
        elif int(actual) < int(value):
            problems.append(
                f"{name}: {key} is {actual} and must be at least {value}, or Kafka refuses a large record and"
                f" the worker stops. {_change(name, key, value)}"
            )
    return problems, remarks


def _same(key: str, wanted: str, found: str) -> bool:
    if key == "cleanup.policy":
        return set(wanted.split(",")) == set(found.split(","))
    try:
        return float(wanted) == float(found)
    except ValueError:
        return wanted == found


def _consequence(spec: TopicSpec, found: str) -> str:
    if "compact" in found and "compact" not in spec.cleanup:
        return "compaction keeps only the last record of each key"
    if "delete" in found and "delete" not in spec.cleanup:
        return "otherwise the state of whoever is not heard of for long enough is deleted"
    return "otherwise it grows without end"


def _change(name: str, key: str, value: str) -> str:
    return f"Change it with: python -m kafka.admin -b HOST:PORT configs alter -r topic -n {name} -c {key}={value}"

"""The rules about the service itself: whether figures come, whether they are complete, and who is told when not.

Every alert on a KPI is silent while the figures are old, so somebody has to be told that they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.generation import names
from app.generation.context import Context
from app.generation.queries import number
from app.generation.rules import Alert, Group, Record
from app.generation.timing import AT_ONCE, duration, seconds, spoken
from app.generation.wording import links_of

CRITICAL: Final[Mapping[str, str]] = {"severity": "critical"}
WARNING: Final[Mapping[str, str]] = {"severity": "warning"}

BEHIND_S: Final = 300
"""What waits takes longer than this to work off at the present pace."""

RECENTLY: Final = "15m"
"""How long an alert on something that has happened goes on, so that it is seen."""

LATE_PART: Final = 0.001
"""Part of the records of a topic, within an hour, that may be dropped for lateness."""

LATE_LEAST: Final = 10
"""Events within an hour: where little comes, one that is late is a large part of it."""

MANY_RESTARTS: Final = 2
RESTARTS_WITHIN: Final = "30m"
"""A new version or a move to another machine is one start; more is something that ends again and again."""


def pipeline_group(context: Context) -> Group:
    """Return the rules about the service itself."""
    times = context.times
    too_late = _grown('selfserve_events_total{result="late_dropped"}', "topic", "1h")
    return Group(
        names.group(names.PIPELINE_FILE),
        (
            Record(names.LAG, f"time() - max({names.EVALUATION})"),
            Alert(
                name=names.STALLED,
                expression=f"{names.LAG} > {seconds(times.stale_after_ms)}",
                hold=duration(times.stalled_hold_ms),
                labels=CRITICAL,
                annotations=stalled_annotations(context, "{{ $value | humanizeDuration }}"),
            ),
            Alert(
                name=names.ABSENT,
                expression=f"absent({names.EVALUATION})",
                hold=duration(times.absent_hold_ms),
                labels=CRITICAL,
                annotations=absent_annotations(context),
            ),
            Alert(
                name=names.NO_EVENTS,
                expression=(
                    f"time() - max(selfserve_last_event_timestamp_seconds) > {seconds(times.no_events_after_ms)}\n"
                    "and sum(selfserve_lag_records) == 0\n"
                ),
                hold=duration(times.no_events_hold_ms),
                labels=WARNING,
                annotations=no_events_annotations(context, "{{ $value | humanizeDuration }}"),
            ),
            Alert(
                name=names.BEHIND,
                expression=(
                    f"sum(selfserve_lag_records)\n/ sum(rate(selfserve_events_total[5m]))\n> {BEHIND_S}\n"
                ),
                hold=duration(times.behind_hold_ms),
                labels=WARNING,
                annotations=behind_annotations(context, "{{ $value | humanizeDuration }}"),
            ),
            Alert(
                name=names.DEAD_LETTERS,
                expression=f"{_grown('selfserve_dead_letters_total', 'reason', RECENTLY)} > 0\n",
                hold=duration(AT_ONCE),
                labels=WARNING,
                annotations=dead_letters_annotations(context, "{{ $labels.reason }}"),
            ),
            Alert(
                name=names.LATE_DROPS,
                expression=(
                    f"{too_late}\n/ {_grown('selfserve_events_total', 'topic', '1h')}\n> {number(LATE_PART)}\n"
                    f"and {too_late} >= {LATE_LEAST}\n"
                ),
                hold=duration(AT_ONCE),
                labels=WARNING,
                annotations=late_drops_annotations(
                    context, "{{ $labels.topic }}", "{{ $value | humanizePercentage }}"
                ),
            ),
            Alert(
                name=names.OVERFLOW,
                expression=f"{_grown('selfserve_overflow_total', 'dimension', RECENTLY)} > 0\n",
                hold=duration(AT_ONCE),
                labels=WARNING,
                annotations=overflow_annotations(context, "{{ $labels.dimension }}"),
            ),
            Alert(
                name=names.RESTARTS,
                expression=(
                    "max by (job, instance) (\n"
                    f"  changes(selfserve_process_start_time_seconds[{RESTARTS_WITHIN}])\n"
                    f") > {MANY_RESTARTS}\n"
                ),
                hold=duration(AT_ONCE),
                labels=WARNING,
                annotations=restarts_annotations(
                    context, "{{ $labels.job }}", "{{ $labels.instance }}", "{{ $value }}"
                ),
            ),
        ),
    )


def stalled_annotations(context: Context, age: str) -> Mapping[str, str]:
    """Return the annotations of the alert on figures that stand still; ``age`` is how old they are."""
    return {
        "summary": f"The KPIs stand still: they are complete up to {age} ago",
        "description": (
            f"For {spoken(context.times.stalled_hold_ms)} the evaluation time has been more than {seconds(context.times.stale_after_ms)} s behind. Until it"
            " moves again no alert on a KPI can fire."
        ),
        **links_of(names.STALLED, names.PIPELINE, context.links),
    }


def absent_annotations(context: Context) -> Mapping[str, str]:
    """Return the annotations of the alert on figures that are not there."""
    return {
        "summary": "No exporter publishes an evaluation time",
        "description": (
            f"For {spoken(context.times.absent_hold_ms)} Prometheus has not seen {names.EVALUATION} from any exporter. No KPI is"
            " watched."
        ),
        **links_of(names.ABSENT, names.PIPELINE, context.links),
    }


def no_events_annotations(context: Context, age: str) -> Mapping[str, str]:
    """Return the annotations of the alert on events that stay away; ``age`` is how old the newest is."""
    return {
        "summary": f"No new events: the newest is {age} old",
        "description": (
            f"For {spoken(context.times.no_events_hold_ms)} nothing has waited in Kafka, and the newest event has been more than"
            f" {spoken(context.times.no_events_after_ms)} old. The service is well; whoever sends events is not."
        ),
        **links_of(names.NO_EVENTS, names.PIPELINE, context.links),
    }


def behind_annotations(context: Context, time: str) -> Mapping[str, str]:
    """Return the annotations of the alert on workers that are behind; ``time`` is what it takes them to catch up."""
    return {
        "summary": f"The workers are behind: what waits takes {time} at the present pace",
        "description": (
            f"For {spoken(context.times.behind_hold_ms)} more has waited in Kafka than the workers read in {BEHIND_S // 60} minutes. Nothing"
            " is lost, but the figures are late."
        ),
        **links_of(names.BEHIND, names.PIPELINE, context.links),
    }


def dead_letters_annotations(context: Context, reason: str) -> Mapping[str, str]:
    """Return the annotations of the alert on refused records."""
    return {
        "summary": f"Records are refused: {reason}",
        "description": (
            f"Within {RECENTLY} workers have written records to the dead letters. They are missing in the KPIs until they"
            " are corrected and sent again."
        ),
        **links_of(names.DEAD_LETTERS, names.PIPELINE, context.links),
    }


def late_drops_annotations(context: Context, topic: str, part: str) -> Mapping[str, str]:
    """Return the annotations of the alert on events that came too late."""
    return {
        "summary": f"{part} of the events of {topic} came too late to count",
        "description": (
            f"Within an hour more than {LATE_PART * 100:g} % of the topic's events were older than the service still"
            " accepts. They are missing in the KPIs for good, unless they are replayed."
        ),
        **links_of(names.LATE_DROPS, names.PIPELINE, context.links),
    }


def overflow_annotations(context: Context, dimension: str) -> Mapping[str, str]:
    """Return the annotations of the alert on a dimension that has too many values."""
    return {
        "summary": f"More than is kept apart: {dimension}",
        "description": (
            f"Within {RECENTLY} new values counted as `other` or, where it says `facts of one record`, a customer's or account's"
            " oldest facts were given up. Overall figures are right; those by dimension lack the value."
        ),
        **links_of(names.OVERFLOW, names.PIPELINE, context.links),
    }


def restarts_annotations(context: Context, job: str, instance: str, times: str) -> Mapping[str, str]:
    """Return the annotations of the alert on a process that starts again and again."""
    return {
        "summary": f"{job} at {instance} started anew {times} times",
        "description": (
            f"Within {RESTARTS_WITHIN} the process has started more than {MANY_RESTARTS} times. Each start of a worker"
            " moves partitions, and meanwhile the figures stand still."
        ),
        **links_of(names.RESTARTS, names.PIPELINE, context.links),
    }


def _grown(counter: str, by: str, within: str) -> str:
    """Return how much a counter grew.

    One that begins to exist with its first event has grown, too, but `increase` does not see it.
    """
    return (
        f"sum by ({by}) (\n"
        f"  (increase({counter}[{within}]) > 0)\n"
        f"  or ({counter} unless last_over_time({counter}[{within}] offset {within}))\n"
        ")"
    )

"""The dashboard of the service itself: what comes in, what becomes of it, and how long that takes."""

from __future__ import annotations

from typing import Final

from app.generation.dashboards import freshness
from app.generation.dashboards.names import PIPELINE
from app.generation.dashboards.page import WIDTH, Page
from app.generation.dashboards.panels import (
    BYTES,
    PER_SECOND,
    SECONDS,
    SHORT,
    Curve,
    Head,
    curves,
    figures,
)
from app.generation.dashboards.shipped import Shipped
from app.generation.names import LAG
from streams.metrics import (
    CHECKPOINT_DURATION,
    CHECKPOINT_RECORDS,
    CUSTOMERS,
    DEAD_LETTERS,
    EVENTS,
    EXCLUDED,
    LAST_CHECKPOINT,
    LATE_COUNTS,
    LATE_EVENTS,
    MISPLACED,
    OVERFLOW,
    OWNED,
    PROCESSED,
    REBALANCES,
    RECOVERED_RECORDS,
    RECOVERY_DURATION,
    SelfMetric,
)
from streams.metrics import LAG as WAITING

_EVENT_TO_VALUE: Final = "selfserve_event_to_value_seconds"
_EXPORTER_LAG: Final = "selfserve_exporter_lag_seconds"
_ACCOUNTED: Final = "selfserve_accounted_records"
_REFUSED: Final = "selfserve_refused_records"
_STARTED: Final = "selfserve_process_start_time_seconds"
_MEMORY: Final = "selfserve_process_resident_memory_bytes"
_CPU: Final = "selfserve_process_cpu_seconds_total"

_HALF: Final = WIDTH // 2
_THIRD: Final = WIDTH // 3


def pipeline(shipped: Shipped) -> Page:
    """Return the dashboard."""
    page = Page(PIPELINE, "Pipeline", "The service itself: freshness, records, checkpoints, processes.")
    page.row("Are the figures fresh?")
    page.flow(freshness.all_of_it(shipped), width=4, height=4)
    page.flow(
        [
            curves(
                Head(
                    "Age of the figures over time",
                    "Evaluation lag, and what each exporter may have left unread.",
                    SECONDS,
                ),
                [
                    Curve(LAG, "figures"),
                    Curve(_EXPORTER_LAG, "exporter {{instance}}"),
                ],
                steps=freshness.age_steps(shipped),
                least=0,
            ),
            curves(
                Head(
                    "From event to value",
                    "Age of the newest event of each checkpoint at the moment from which on the KPIs hold it.",
                    SECONDS,
                ),
                [_quantile(_EVENT_TO_VALUE, 0.5), _quantile(_EVENT_TO_VALUE, 0.99)],
                least=0,
            ),
        ],
        width=_HALF,
        height=8,
    )
    _records(page)
    _left_out(page)
    _checkpoints(page)
    _processes(page)
    return page


def _records(page: Page) -> None:
    page.row("What comes in")
    page.flow(
        [
            curves(
                Head("Records by result", EVENTS.help, PER_SECOND),
                [Curve(_rate(EVENTS, "result"), "{{result}}")],
                stacked=True,
                least=0,
            ),
            curves(
                Head("Records by topic", EVENTS.help, PER_SECOND),
                [Curve(_rate(EVENTS, "topic"), "{{topic}}")],
                stacked=True,
                least=0,
            ),
            curves(
                Head("Records that wait", WAITING.help, SHORT),
                [Curve(f"sum by (topic) ({WAITING.name})", "{{topic}}")],
                stacked=True,
                least=0,
            ),
            curves(
                Head("Most waiting partitions", f"{WAITING.help} The five with the most.", SHORT),
                [Curve(f"topk(5, max by (topic, partition) ({WAITING.name}))", "{{topic}} {{partition}}")],
                least=0,
            ),
            curves(
                Head(
                    "Event time behind the clock",
                    f"{PROCESSED.help} Shown is how far it lies back in the partition that is furthest behind.",
                    SECONDS,
                ),
                [
                    Curve(
                        f"time() - min by (topic) (max by (topic, partition) ({PROCESSED.name}))", "{{topic}}"
                    )
                ],
                least=0,
            ),
            figures(
                Head(
                    "Accounted since the beginning",
                    "Records that committed checkpoints account for, by result: exact, whatever was restarted.",
                    SHORT,
                ),
                f"sum by (result) ({_exported(_ACCOUNTED)})",
                "{{result}}",
            ),
        ],
        width=_HALF,
        height=8,
    )


def _left_out(page: Page) -> None:
    page.row("What does not count, or not as it came")
    page.flow(
        [
            curves(
                Head("Dead letters by reason", DEAD_LETTERS.help, PER_SECOND),
                [Curve(_rate(DEAD_LETTERS, "reason"), "{{reason}}")],
                least=0,
            ),
            figures(
                Head(
                    "Dead letters since the beginning",
                    "Refused records that committed checkpoints account for, by reason.",
                    SHORT,
                ),
                f"sum by (reason) ({_exported(_REFUSED)})",
                "{{reason}}",
            ),
            curves(
                Head("Excluded by reason", EXCLUDED.help, PER_SECOND),
                [Curve(_rate(EXCLUDED, "reason"), "{{reason}}")],
                least=0,
            ),
            curves(
                Head(
                    "Late",
                    f"Late: {LATE_EVENTS.help} Too late for plain counts: {LATE_COUNTS.help}",
                    PER_SECOND,
                ),
                [
                    Curve(_rate(LATE_EVENTS), "late"),
                    Curve(_rate(LATE_COUNTS), "too late for plain counts"),
                ],
                least=0,
            ),
            curves(
                Head("Misplaced", MISPLACED.help, PER_SECOND),
                [Curve(_rate(MISPLACED), "misplaced")],
                least=0,
            ),
            curves(
                Head("Overflow by dimension", OVERFLOW.help, PER_SECOND),
                [Curve(_rate(OVERFLOW, "dimension"), "{{dimension}}")],
                least=0,
            ),
        ],
        width=_THIRD,
        height=8,
    )


def _checkpoints(page: Page) -> None:
    page.row("Checkpoints and partitions")
    duration = CHECKPOINT_DURATION.name
    page.flow(
        [
            curves(
                Head("Duration of a checkpoint", CHECKPOINT_DURATION.help, SECONDS),
                [_quantile(duration, 0.5), _quantile(duration, 0.99)],
                least=0,
            ),
            curves(
                Head("Records written by checkpoints", CHECKPOINT_RECORDS.help, PER_SECOND),
                [Curve(_rate(CHECKPOINT_RECORDS, "instance"), "{{instance}}")],
                least=0,
            ),
            curves(
                Head(
                    "Oldest checkpoint",
                    f"{LAST_CHECKPOINT.help} Shown is the age of the oldest: a single stuck partition shows.",
                    SECONDS,
                ),
                [
                    Curve(f"time() - min(max by (partition) ({LAST_CHECKPOINT.name}))", "oldest"),
                ],
                least=0,
            ),
            curves(
                Head("Owned partitions", f"{OWNED.help} Together they must be all there are.", SHORT),
                [Curve(f"sum by (instance) ({OWNED.name})", "{{instance}}")],
                stacked=True,
                least=0,
            ),
            curves(
                Head("Customers in memory", CUSTOMERS.help, SHORT),
                [Curve(f"sum by (instance) ({CUSTOMERS.name})", "{{instance}}")],
                stacked=True,
                least=0,
            ),
            curves(
                Head("Duration of take-overs", RECOVERY_DURATION.help, SECONDS),
                [Curve(f"max by (instance) ({RECOVERY_DURATION.name})", "{{instance}}")],
                least=0,
            ),
            curves(
                Head("Records read back", RECOVERED_RECORDS.help, PER_SECOND),
                [Curve(_rate(RECOVERED_RECORDS, "instance"), "{{instance}}")],
                least=0,
            ),
        ],
        width=_THIRD,
        height=8,
    )


def _processes(page: Page) -> None:
    page.row("Processes")
    page.flow(
        [
            curves(
                Head(
                    "Restarts and rebalances",
                    f"In the last hour. A restart is a new start time of the same instance. {REBALANCES.help}",
                    SHORT,
                ),
                [
                    Curve(
                        f"sum by (job, instance) (changes({_STARTED}[1h]))", "restarts {{job}} {{instance}}"
                    ),
                    Curve(f"max(increase({REBALANCES.name}[1h]))", "rebalances"),
                ],
                least=0,
            ),
            curves(
                Head("Memory", "Resident memory of each process.", BYTES),
                [Curve(f"sum by (job, instance) ({_MEMORY})", "{{job}} {{instance}}")],
                least=0,
            ),
            curves(
                Head("Processor", "Cores in use by each process.", SHORT),
                [Curve(f"sum by (job, instance) (rate({_CPU}[$__rate_interval]))", "{{job}} {{instance}}")],
                least=0,
            ),
        ],
        width=_THIRD,
        height=8,
    )


def _exported(metric: str) -> str:
    """Return a query for what every exporter publishes alike."""
    return f"max without (instance, pod) ({metric})"


def _rate(metric: SelfMetric, by: str = "") -> str:
    """Return a query for the increase per second of what each worker counts for itself."""
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric.name}[$__rate_interval]))"


def _quantile(histogram: str, quantile: float) -> Curve:
    return Curve(
        f"histogram_quantile({quantile:g}, sum by (le) (rate({histogram}_bucket[$__rate_interval])))",
        f"p{quantile * 100:g}",
    )

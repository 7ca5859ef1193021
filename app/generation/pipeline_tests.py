"""The tests of the rules about the service itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from app.generation import names, pipeline_rules
from app.generation.context import Context
from app.generation.pipeline_rules import BEHIND_S, CRITICAL, LATE_LEAST, WARNING
from app.generation.rule_tests import AFTERWARDS, EXPORTERS, MINUTES, Case, Document, clock
from app.generation.values import humane

SOON: Final = MINUTES.change
"""When something happens here: last week does not matter."""

LAST: Final = AFTERWARDS - 1

WORKERS: Final = ("worker-1:8001", "worker-2:8001")


def pipeline_cases(context: Context) -> list[Case]:
    """Return the tests of the alerts about the service itself."""
    return [*_evaluation(context), *_arrival(context), *_accounts(context), *_restarts(context)]


def _alert(
    labels: Mapping[str, str], annotations: Mapping[str, str], own: Mapping[str, str] | None = None
) -> list[Document]:
    return [{"exp_labels": {**(own or {}), **labels}, "exp_annotations": dict(annotations)}]


def _evaluation(context: Context) -> Iterator[Case]:
    times = context.times
    # The evaluation time stands still from the change on, so a minute after the limit its age is beyond it.
    fires = _beyond(times.stale_after_ms) + MINUTES.after_hold(times.stalled_hold_ms)
    stalled = _alert(CRITICAL, pipeline_rules.stalled_annotations(context, humane(fires * 60)))
    absent = _alert(CRITICAL, pipeline_rules.absent_annotations(context))
    moves, ends = clock(SOON + AFTERWARDS, 1), clock(SOON, 1)
    stands = f"{ends} {SOON * 60}x{AFTERWARDS}"
    # Prometheus takes a series for gone when it has had no sample for five minutes.
    absent_hold = MINUTES.after_hold(times.absent_hold_ms)
    gone = 5 + absent_hold + 1

    def series(*values: str) -> dict[str, str]:
        return {
            f'{names.EVALUATION}{{instance="{exporter}"}}': text
            for exporter, text in zip(EXPORTERS, values, strict=True)
        }

    yield Case(
        "fires when the evaluation time stands still",
        names.STALLED,
        series(stands, stands),
        {fires - 1: [], fires: stalled},
    )
    yield Case(
        "is silent while it moves at one of two exporters",
        names.STALLED,
        series(moves, stands),
        {fires: [], LAST: []},
    )
    yield Case("is silent without data: that is another alert", names.STALLED, {}, {fires: [], LAST: []})
    yield Case(
        "fires when no exporter is there any more",
        names.ABSENT,
        series(ends, ends),
        {absent_hold: [], gone: absent},
    )
    yield Case(
        "is silent while one of two exporters is there",
        names.ABSENT,
        series(moves, ends),
        {gone: [], LAST: []},
    )


def _arrival(context: Context) -> Iterator[Case]:
    wait = context.times
    behind_hold = MINUTES.after_hold(wait.behind_hold_ms)
    newest = "selfserve_last_event_timestamp_seconds"
    lags = [
        f'selfserve_lag_records{{topic="events",partition="{number}",instance="{worker}"}}'
        for number, worker in enumerate(WORKERS)
    ]
    none = dict.fromkeys(lags, f"0x{SOON + AFTERWARDS}")
    moves, ends = clock(SOON + AFTERWARDS, 1), f"{clock(SOON, 1)} {SOON * 60}x{AFTERWARDS}"
    times = [f'{newest}{{instance="{it}"}}' for it in (*WORKERS, EXPORTERS[0])]
    fires = _beyond(wait.no_events_after_ms) + MINUTES.after_hold(wait.no_events_hold_ms)
    no_events = _alert(WARNING, pipeline_rules.no_events_annotations(context, humane(fires * 60)))
    yield Case(
        "fires when nothing comes and nothing waits",
        names.NO_EVENTS,
        dict.fromkeys(times, ends) | none,
        {fires - 1: [], fires: no_events},
    )
    yield Case(
        "is silent while one partition has news",
        names.NO_EVENTS,
        dict.fromkeys(times, ends) | {times[0]: moves} | none,
        {fires: [], LAST: []},
    )
    yield Case(
        "is silent while something waits: then it is the workers",
        names.NO_EVENTS,
        dict.fromkeys(times, ends) | none | {lags[0]: f"3x{SOON + AFTERWARDS}"},
        {fires: [], LAST: []},
    )
    yield Case("is silent without data", names.NO_EVENTS, none, {fires: [], LAST: []})

    pace = 10
    read = f'selfserve_events_total{{topic="events",result="processed",instance="{WORKERS[0]}"}}'
    steady = {read: f"0+{pace * 60}x{SOON + AFTERWARDS}"}

    def waits(seconds: int) -> dict[str, str]:
        return {lags[0]: f"0x{SOON - 1} {seconds * pace}x{AFTERWARDS}", lags[1]: none[lags[1]]}

    behind = _alert(WARNING, pipeline_rules.behind_annotations(context, humane(BEHIND_S + 60)))
    stuck = _alert(WARNING, pipeline_rules.behind_annotations(context, "+Inf"))
    yield Case(
        "fires when what waits takes too long",
        names.BEHIND,
        steady | waits(BEHIND_S + 60),
        {behind_hold - 1: [], behind_hold: behind, LAST: behind},
    )
    yield Case(
        "fires when something waits and nothing is read",
        names.BEHIND,
        {read: f"7x{SOON + AFTERWARDS}"} | waits(1),
        {behind_hold - 1: [], behind_hold: stuck},
    )
    yield Case(
        "is silent when it is worked off in time",
        names.BEHIND,
        steady | waits(BEHIND_S - 10),
        {behind_hold: [], LAST: []},
    )
    yield Case(
        "is silent when nothing comes and nothing waits",
        names.BEHIND,
        {read: f"7x{SOON + AFTERWARDS}"} | waits(0),
        {behind_hold: [], LAST: []},
    )
    yield Case(
        "is silent when little comes and waits for a moment",
        names.BEHIND,
        {read: f"0+1x{SOON + AFTERWARDS}"} | {lags[0]: f"0x{SOON - 1} 9x{behind_hold - 1} 0x{AFTERWARDS}"},
        {behind_hold - 1: [], behind_hold: [], LAST: []},
    )
    yield Case("is silent without data", names.BEHIND, {}, {behind_hold: [], LAST: []})


def _accounts(context: Context) -> Iterator[Case]:
    for alert, counter, label, value, worded in (
        (
            names.DEAD_LETTERS,
            "selfserve_dead_letters_total",
            "reason",
            "not_json",
            pipeline_rules.dead_letters_annotations(context, "not_json"),
        ),
        (
            names.OVERFLOW,
            "selfserve_overflow_total",
            "dimension",
            "plan",
            pipeline_rules.overflow_annotations(context, "plan"),
        ),
    ):
        one, two = (f'{counter}{{{label}="{value}",instance="{worker}"}}' for worker in WORKERS)
        long_ago = f"7x{SOON + AFTERWARDS}"
        fired = _alert(WARNING, worded, {label: value})
        yield Case(
            "fires for the first one ever, and for a quarter of an hour",
            alert,
            {one: long_ago, two: f"_x{SOON} 1x{AFTERWARDS}"},
            {-1: [], 0: fired, 14: fired, 17: []},
        )
        yield Case(
            "fires for one more",
            alert,
            {one: long_ago, two: f"7x{SOON - 1} 8x{AFTERWARDS}"},
            {-1: [], 1: fired, 17: []},
        )
        yield Case("is silent on what is long ago", alert, {one: long_ago, two: long_ago}, {0: [], LAST: []})
        yield Case(
            "is silent where scrapes failed for a while",
            alert,
            {one: f"7x{SOON - 1} _x10 7x{AFTERWARDS - 10}"},
            {10: [], 16: [], 22: [], 30: [], LAST: []},
        )
        yield Case("is silent without data", alert, {}, {0: []})

    def events(result: str, values: str) -> dict[str, str]:
        return {f'selfserve_events_total{{topic="events",result="{result}",instance="{WORKERS[0]}"}}': values}

    read = events("processed", f"0+1000x{SOON + AFTERWARDS}")
    part = pipeline_rules.late_drops_annotations(context, "events", "0.1996%")
    yield Case(
        "fires when more than a few come too late",
        names.LATE_DROPS,
        read | events("late_dropped", f"0x{SOON - 1} 0+2x{AFTERWARDS}"),
        {-1: [], 60: _alert(WARNING, part, {"topic": "events"})},
    )
    yield Case(
        "is silent when a few do",
        names.LATE_DROPS,
        read | events("late_dropped", f"0x{SOON - 1} 0+0.5x{AFTERWARDS}"),
        {60: [], LAST: []},
    )
    few = f"0x{SOON - 1} 0+1x{LATE_LEAST - 1} {LATE_LEAST - 1}x{AFTERWARDS}"
    yield Case(
        "is silent when little comes and all of it too late",
        names.LATE_DROPS,
        events("processed", f"0+1x{SOON} {SOON}x{AFTERWARDS}") | events("late_dropped", few),
        {30: [], 60: [], LAST: []},
    )
    yield Case("is silent without data", names.LATE_DROPS, {}, {0: [], LAST: []})
    yield Case("is silent when none do", names.LATE_DROPS, read, {0: [], LAST: []})


def _restarts(context: Context) -> Iterator[Case]:
    one, two = (
        f'selfserve_process_start_time_seconds{{job="selfserve-worker",instance="{worker}"}}'
        for worker in WORKERS
    )
    stays = f"100x{SOON + AFTERWARDS}"
    annotations = pipeline_rules.restarts_annotations(context, "selfserve-worker", WORKERS[0], "3")
    fired = _alert(WARNING, annotations, {"job": "selfserve-worker", "instance": WORKERS[0]})
    yield Case(
        "fires when one process starts again and again",
        names.RESTARTS,
        {one: f"100x{SOON - 1} 200x4 300x4 400x{AFTERWARDS - 10}", two: stays},
        {9: [], 10: fired, 28: fired, 40: []},
    )
    yield Case(
        "is silent on two starts",
        names.RESTARTS,
        {one: f"100x{SOON - 1} 200x4 300x{AFTERWARDS}", two: stays},
        {6: [], 15: [], LAST: []},
    )
    yield Case(
        "is silent on one start of each",
        names.RESTARTS,
        {one: f"100x{SOON - 1} 200x{AFTERWARDS}", two: f"100x{SOON - 1} 200x{AFTERWARDS}"},
        {1: [], LAST: []},
    )
    yield Case("is silent without data", names.RESTARTS, {}, {0: [], LAST: []})


def _beyond(ms: int) -> int:
    """Return the first minute at which something is older than a limit."""
    return ms // 60_000 + 1

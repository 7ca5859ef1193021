"""KPIs over flows: onboarding, tours and journeys."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.oracle.conversation_kpis import Row, shares
from tests.oracle.figures import Figures, label
from tests.oracle.issues import deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings


def left_after(kind: str, settings: OracleSettings) -> int:
    """How long a flow of this kind may stand still."""
    times = {"onboarding": settings.onboarding_idle_ms, "tour": settings.tour_idle_ms}
    return times.get(kind, settings.journey_idle_ms)


def add_flow_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    onboardings: list[Row[bool]] = []
    tasks: list[Row[bool]] = []
    tours: list[Row[bool]] = []
    moves: list[Row[bool]] = []
    for life in lives:
        horizon = at - 1 if life.ended is None else life.ended
        mine: list[tuple[list[Row[bool]], Row[bool]]] = []
        for passage in gathered(life, "onboarding", "flow_id"):
            moment, completed = decided(passage, left_after("onboarding", settings))
            flow = {"flow": flow_of(passage)}
            platform = min((e.time, label(e.data("flow")), label(e.field("platform"))) for e in passage)[2]
            mine.append((onboardings, (moment, flow | {"platform": platform}, completed)))
            done = done_by(passage, moment if completed else None)
            starts = [e for e in passage if e.type == "flow.started"]
            mine += [
                (tasks, (moment, flow | {"step": label(task)}, is_done(task, starts, done)))
                for task in (listed(min(starts, key=listing)) if starts else [])
            ]
        for passage in gathered(life, "tour", "flow_id"):
            moment, completed = decided(passage, left_after("tour", settings))
            mine.append((tours, (moment, {"flow": flow_of(passage)}, completed)))
        for journey in gathered(life, "journey", "flow"):
            mine += [(moves, row) for row in steps_of(journey, left_after("journey", settings))]
        for rows, row in mine:
            if row[0] <= horizon:
                rows.append(row)
    shares("onboarding_completion", onboardings, ("flow", "platform"), at, figures)
    shares("onboarding_task_completion", tasks, ("flow", "step"), at, figures)
    shares("tour_completion", tours, ("flow",), at, figures)
    shares("milestone_progression", moves, ("flow", "step"), at, figures)
    stayed = [(moment, dimensions, not moved) for moment, dimensions, moved in moves]
    shares("drop_off", stayed, ("flow", "step"), at, figures)


def gathered(life: Life, kind: str, by: str) -> list[list[Event]]:
    """The flow events of one kind that have a field of theirs in common."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in life.events:
        if event.type.startswith("flow.") and event.data("kind") == kind:
            found[event.data(by)].append(event)
    return list(found.values())


def flow_of(passage: Sequence[Event]) -> str:
    return min((e.time, label(e.data("flow"))) for e in passage)[1]


def completion(passage: Sequence[Event]) -> int | None:
    return min((e.time for e in passage if e.type == "flow.completed"), default=None)


def decided(passage: Sequence[Event], idle: int) -> tuple[int, bool]:
    """When the passage is decided, and whether it was completed."""
    completed = completion(passage)
    if completed is not None:
        return completed, True
    return deadline(max(e.time for e in passage) + idle), False


def listing(start: Event) -> tuple[object, ...]:
    """Orders starts: by time, a number before a list."""
    steps = start.data("steps")
    return (
        (start.time, 0, steps, [])
        if isinstance(steps, int)
        else (start.time, 1, 0, list(dict.fromkeys(map(label, steps))))
    )


def listed(start: Event) -> list[str]:
    """The names of the steps that a start lists."""
    steps = start.data("steps")
    names = [str(n + 1) for n in range(steps)] if isinstance(steps, int) else list(dict.fromkeys(steps))
    return names[:100]


def done_by(passage: Sequence[Event], until: int | None) -> list[str | int]:
    return [
        e.data("step")
        for e in passage
        if e.type == "flow.step_completed" and (until is None or e.time <= until)
    ]


def is_done(task: str, starts: Sequence[Event], done: Sequence[str | int]) -> bool:
    position = listed(min(starts, key=listing)).index(task) + 1
    return task in done or position in done


def steps_of(journey: Sequence[Event], idle: int) -> list[Row[bool]]:
    """The customer at each step that has a next one: when it is decided, and whether it moved on."""
    starts = [e for e in journey if e.type == "flow.started"]
    completed = completion(journey)
    steps_done = [e for e in journey if e.type == "flow.step_completed"]
    if starts:
        names = listed(max(starts, key=listing))
    else:
        numbers = [n for e in steps_done if isinstance(n := e.data("step"), int) and 1 <= n <= 100]
        last = max(numbers, default=0)
        names = [str(n + 1) for n in range(last if completed is not None else last + 1)]

    def reached(position: int) -> int | None:
        times = [
            e.time
            for e in steps_done
            if any(e.data("step") in (names[p], p + 1) for p in range(position, len(names)))
        ]
        if completed is not None:
            times.append(completed)
        return min(times, default=None)

    rows: list[Row[bool]] = []
    for position in range(len(names) - 1):
        if reached(position) is None:
            continue
        dimensions = {"flow": flow_of(journey), "step": label(names[position])}
        moved = reached(position + 1)
        if moved is None:
            rows.append((deadline(max(e.time for e in journey) + idle), dimensions, False))
        else:
            rows.append((moved, dimensions, True))
    return rows

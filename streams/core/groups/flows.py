"""Passages through flows: how far customers get in onboarding, tours and journeys.

An onboarding flow or a tour is decided once for each passage (`flow_id`), a journey once for each customer and step:
`docs/definitions.md`, "Flows". Other kinds of flow do not come here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from streams.core.contribution import Delta, difference
from streams.core.customer import NEVER
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.flows import FlowFacts, Passage, Step
from streams.core.group import Group
from streams.core.measures import Contribution
from streams.core.time import MINUTE_MS, deadline_minute
from streams.core.triggers import DROP_OFF

if TYPE_CHECKING:
    from streams.core.customer import Customer
    from streams.core.definitions import Definitions
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_STEPS: Final = 100
"""Steps of a flow that count, and different steps done that a passage keeps: the earliest."""
MAX_PASSAGES: Final = 50
"""Onboarding flows, tours and journeys, of each, that a customer keeps: those last heard of."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_FLOW_STARTED: Final = e.FlowStarted
_FLOW_STEP_COMPLETED: Final = e.FlowStepCompleted
_FLOW_COMPLETED: Final = e.FlowCompleted


class Flows(Group[FlowFacts]):
    """Onboarding flows, tours and journeys."""

    name: ClassVar[str] = "flows"
    facts = FlowFacts
    types: ClassVar[tuple[type[e.Event], ...]] = (e.FlowStarted, e.FlowStepCompleted, e.FlowCompleted)
    measures: ClassVar[tuple[str, ...]] = ("onboardings", "onboarding_tasks", "tours", "journey_steps")
    selective: ClassVar[bool] = True
    assessed: ClassVar[bool] = True

    def __init__(self, definitions: Definitions) -> None:
        super().__init__(definitions)
        self._idle = {
            "onboarding": definitions.onboarding_idle_ms,
            "tour": definitions.tour_idle_ms,
            "journey": definitions.journey_idle_ms,
        }

    @classmethod
    def needed(cls, definitions: Definitions) -> bool:
        """Whether anybody reads of flows, or who has left one is watched."""
        return definitions.reads(*cls.measures) or DROP_OFF in definitions.interventions

    def touches(self, event: e.Event) -> bool:
        """Whether the flow is of a kind that is followed."""
        return event.data.kind in _KINDS  # type: ignore[attr-defined]

    def join(self, facts: FlowFacts, told: Told, dimensions: Dimensions) -> None:
        """Join an event with its passage."""
        kind, flow, key = _key(told, dimensions)
        passages = facts.of(kind)
        passage = passages.get(key)
        if passage is None:
            passage = passages[key] = Passage()
        _join(passage, kind, _told(told, flow, dimensions))
        _bound(passages)

    def merge(self, facts: FlowFacts, other: FlowFacts) -> None:
        """Join passage by passage."""
        for kind in _KINDS:
            passages = facts.of(kind)
            for key, passage in other.of(kind).items():
                mine = passages.get(key)
                if mine is None:
                    passages[key] = passage
                else:
                    _join(mine, kind, passage)
            _bound(passages)

    def contributions(self, facts: FlowFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what has been decided of every passage, or will be at its deadline."""
        del c, rules
        return [
            contribution
            for kind in _KINDS
            for passage in facts.of(kind).values()
            for contribution in _contributions(kind, passage, self._idle[kind])
        ]

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join an event and return what that changes: nothing but its own passage, unless another one has to go."""
        kind, flow, key = _key(told, dimensions)
        passages, idle = self.opened(c).of(kind), self._idle[kind]
        passage = passages.get(key)
        if passage is not None:
            before = _contributions(kind, passage, idle)
        elif len(passages) >= MAX_PASSAGES:
            return super().update(c, told, rules, dimensions)
        else:
            before = []
            passage = passages[key] = Passage()
        _join(passage, kind, _told(told, flow, dimensions))
        return difference(before, _contributions(kind, passage, idle))

    def values(self, facts: FlowFacts) -> Iterable[tuple[str, str]]:
        """Yield flows, platforms and the names of steps."""
        for kind in _KINDS:
            for passage in facts.of(kind).values():
                yield "flow", passage.first[1]
                yield "platform", passage.first[2]
                listed = passage.listed[1]
                named = [] if isinstance(listed, int) else listed
                for step in (*named, *passage.done):
                    if isinstance(step, str):
                        yield "step", step


_KINDS: Final = ("onboarding", "tour", "journey")


def _key(told: Told, dimensions: Dimensions) -> tuple[str, str, str]:
    """Kind and flow of an event, and the key of its passage."""
    data = told.event.data  # type: ignore[attr-defined]
    flow = dimensions.fold("flow", data.flow)
    return data.kind, flow, flow if data.kind == "journey" else data.flow_id


def _told(told: Told, flow: str, dimensions: Dimensions) -> Passage:
    """What one event says, as a passage of nothing else."""
    event, time = told.event, told.time
    platform = dimensions.fold("platform", event.platform) or UNKNOWN
    passage = Passage((time, flow, platform), time)
    if type(event) is _FLOW_COMPLETED:
        passage.completed = time
    elif type(event) is _FLOW_STARTED:
        steps = event.data.steps
        if isinstance(steps, int):
            passage.listed = (time, min(steps, MAX_STEPS))
        else:
            distinct = list(dict.fromkeys(steps))[:MAX_STEPS]
            names = dict.fromkeys(dimensions.fold("step", name) for name in distinct)
            passage.listed = (time, list(names))
    elif type(event) is _FLOW_STEP_COMPLETED:
        step = event.data.step
        passage.done = {dimensions.fold("step", step) if isinstance(step, str) else step: time}
    return passage


def _join(passage: Passage, kind: str, other: Passage) -> None:
    """Join what is known of a passage with what else is known of it, in place."""
    if passage.first[0] < 0 or other.first < passage.first:
        passage.first = other.first
    passage.last = max(passage.last, other.last)
    passage.completed = _earlier(passage.completed, other.completed)
    if kind == "tour":
        return
    if other.listed[0] >= 0 and _prevails(kind, other.listed, passage.listed):
        passage.listed = other.listed
    if other.done:
        done = dict(passage.done)
        for step, time in other.done.items():
            done[step] = min(time, done.get(step, time))
        if len(done) > MAX_STEPS:
            earliest = sorted(done.items(), key=lambda item: (item[1], _order(item[0])))
            done = dict(earliest[:MAX_STEPS])
        passage.done = done


def _earlier(one: int, other: int) -> int:
    return max(one, other) if one < 0 or other < 0 else min(one, other)


def _order(step: Step) -> tuple[bool, int, str]:
    return (True, 0, step) if isinstance(step, str) else (False, step, "")


def _prevails(kind: str, other: tuple[int, int | list[str]], present: tuple[int, int | list[str]]) -> bool:
    """Whether another list takes the place of the present one.

    An onboarding flow keeps the list that it began with. A journey outlives its passages, so there the newest list says what its steps are now.
    """
    if present[0] < 0:
        return True
    new, old = _list_order(other), _list_order(present)
    return new > old if kind == "journey" else new < old


def _list_order(listed: tuple[int, int | list[str]]) -> tuple[int, bool, int, list[str]]:
    time, steps = listed
    return (time, False, steps, []) if isinstance(steps, int) else (time, True, 0, steps)


def _bound(passages: dict[str, Passage]) -> None:
    """Forget passages beyond `MAX_PASSAGES`: those that were silent for the longest time."""
    while len(passages) > MAX_PASSAGES:
        del passages[min(passages, key=lambda key: (passages[key].last, key))]


# ---- what passages contribute --------------------------------------------------------------------------------------


def _contributions(kind: str, passage: Passage, idle: int) -> list[Contribution]:
    if kind == "journey":
        return _journey(passage, idle)
    _, flow, platform = passage.first
    if kind == "tour":
        return [("tours", (flow, "0" if passage.completed < 0 else "1"), _decided(passage, idle), 1)]
    decided = _decided(passage, idle)
    completed = "0" if passage.completed < 0 else "1"
    out: list[Contribution] = [("onboardings", (flow, platform, completed), decided, 1)]
    until = passage.last if passage.completed < 0 else passage.completed
    reached = passage.done
    steps = passage.steps
    for position in range(len(steps)):
        done = "1" if 0 <= _reached(reached, steps, position) <= until else "0"
        out.append(("onboarding_tasks", (flow, steps[position], done), decided, 1))
    return out


def _decided(passage: Passage, idle_ms: int) -> int:
    """The minute at which a passage is decided: of its completion, or of the deadline after its last event."""
    if passage.completed >= 0:
        return passage.completed // MINUTE_MS
    return deadline_minute(passage.last + idle_ms)


def _reached(done: dict[Step, int], steps: list[str], position: int) -> int:
    """The earliest time at which a step was done, named by its label or its number; `NEVER` if it was not."""
    return _earlier(done.get(steps[position], NEVER), done.get(position + 1, NEVER))


def _journey(passage: Passage, idle: int) -> list[Contribution]:
    """One customer at each step of a journey that has a next one."""
    out: list[Contribution] = []
    flow = passage.first[1]
    if passage.listed[0] < 0:
        # Numbers tell their order by themselves. Whether the last of them has a next one only a completion tells.
        numbers = [step for step in passage.done if isinstance(step, int) and 0 < step <= MAX_STEPS]
        ends = max(numbers, default=0)
        passage = Passage(
            passage.first,
            passage.last,
            passage.completed,
            (passage.last, ends + (passage.completed < 0)),
            passage.done,
        )
    steps, done = passage.steps, passage.done
    # From the end back: whoever did a later step has passed the earlier ones, and who completed it did the last.
    beyond = NEVER
    here = passage.completed
    for position in range(len(steps) - 1, -1, -1):
        here = _earlier(_reached(done, steps, position), here)
        if position + 1 < len(steps) and here >= 0:
            label = steps[position]
            if beyond >= 0:
                out.append(("journey_steps", (flow, label, "1"), beyond // MINUTE_MS, 1))
            else:
                out.append(("journey_steps", (flow, label, "0"), deadline_minute(passage.last + idle), 1))
        beyond = here
    return out

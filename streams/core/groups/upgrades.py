"""Free and paid spells of a customer, and its way up: what its plans contribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streams.core.dimensions import UNKNOWN
from streams.core.distributions import bucket_of
from streams.core.measures import Contribution
from streams.core.subscriptions import Subscriptions
from streams.core.time import MINUTE_MS

if TYPE_CHECKING:
    from streams.core.customer import Customer
    from streams.core.definitions import Definitions
    from streams.core.rules import Rules

NOTHING: Final = ""
"""The standing of one who was told no plan so far, or whose paid plan has ended."""

Step = tuple[int, str]
"""From a time (ms) on, the plan; `NOTHING` for none."""


def upgrades(facts: Subscriptions, c: Customer, rules: Rules) -> list[Contribution]:
    """Return the customer's spells on free and on paid plans, what ended the former, and its upgrades within the latter."""
    definitions = rules.definitions
    free = definitions.free_plans
    steps = _steps(facts, free) if facts.changes else _told(facts.plans)
    if not steps:
        return []
    return _free(steps, c, free) + _paid(steps, facts.signed_up, c, free, definitions)


def _told(plans: list[Step]) -> list[Step]:
    """`_steps` of a customer without subscriptions: the plans as they were told, of one millisecond the last."""
    steps: list[Step] = []
    for one in plans:
        if steps and steps[-1][0] == one[0]:
            steps[-1] = one
        else:
            steps.append(one)
    return steps


def _steps(facts: Subscriptions, free: tuple[str, ...]) -> list[Step]:
    """The customer's plan from each time on at which one was told or its last subscription ended or began."""
    plans, edges = facts.plans, facts.active()
    steps: list[Step] = []
    told, plan, i = 0, NOTHING, 0
    ended, active, j = -1, 0, 0
    for time in sorted({time for time, _ in plans} | {time for time, _ in edges}):
        while i < len(plans) and plans[i][0] <= time:
            told, plan = plans[i]
            i += 1
        was = active
        while j < len(edges) and edges[j][0] <= time:
            active += edges[j][1]
            j += 1
        if active:
            ended = -1
        elif was:
            ended = time
        over = told <= ended and plan not in free
        steps.append((time, NOTHING if over else plan))
    return steps


def _free(steps: list[Step], c: Customer, free: tuple[str, ...]) -> list[Contribution]:
    cell = (c.segment or UNKNOWN,)
    out: list[Contribution] = []
    was = False
    for time, plan in steps:
        now = plan in free
        if now == was:
            continue
        minute = time // MINUTE_MS
        if now:
            out += [("free_customers", cell, minute, 1), ("free_begun", cell, minute, 1)]
        else:
            out.append(("free_customers", cell, minute, -1))
            if plan != NOTHING:
                out.append(("free_to_paid", cell, minute, 1))
        was = now
    return out


def _paid(
    steps: list[Step], signup: int, c: Customer, free: tuple[str, ...], definitions: Definitions
) -> list[Contribution]:
    cell = (c.plan or UNKNOWN,)
    out: list[Contribution] = []
    first = risen = -1
    before, was = NOTHING, False
    for time, plan in steps:
        minute, paid = time // MINUTE_MS, plan != NOTHING and plan not in free
        if paid and not was:
            out += [("paid_customers", cell, minute, 1), ("paid_begun", cell, minute, 1)]
            first = time if first < 0 else first
        elif was and not paid:
            out.append(("paid_customers", cell, minute, -1))
            if risen >= 0:
                out.append(("upgraded", cell, risen, 1))
                risen = -1
        elif was and plan != before and _is_higher(plan, before, definitions):
            risen = minute
        before, was = plan, paid
    if risen >= 0:
        out.append(("upgraded", cell, risen, 1))
    if first >= 0 <= signup:
        minute, took = max(first, signup) // MINUTE_MS, max(0, first - signup)
        out.append(("first_paid", (*cell, bucket_of(took)), minute, 1))
        out.append(("first_paid_ms", cell, minute, took))
    return out


def _is_higher(plan: str, before: str, definitions: Definitions) -> bool:
    """Whether both plans are in the order of plans and the one is above the other."""
    order = definitions.plan_order
    return plan in order and before in order and order.index(plan) > order.index(before)

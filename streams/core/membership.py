"""Who is a customer and since when: an account, or who belongs to none, that holds a subscription, or, where nothing was ever told of one, is eligible.

The edges of a level, under the plan and segment that the customer had at each time: a level read at a window's start then tells
who was a customer there, and as what.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from typing import Final

from streams.core.contribution import difference
from streams.core.customer import Customer
from streams.core.dimensions import UNKNOWN
from streams.core.measures import Contribution
from streams.core.subscriptions import Subscriptions
from streams.core.time import MINUTE_MS
from streams.core.told import told_at

Edge = tuple[int, int]
"""A minute, and 1 where something begins in it, −1 where it ends."""

Standing = tuple[str, str]
"""Plan and segment, `unknown` where nothing is known."""


MAX_CHANGES: Final = 64
"""Changes of eligibility that are remembered, of a customer and of an account: see `join_eligibility`."""


def join_eligibility(changes: list[tuple[int, int]], change: tuple[int, int]) -> None:
    """Join a change (time, 1 if eligible) with those that are known, in place.

    Beyond `MAX_CHANGES` the first that only repeats the one before it is forgotten, else the oldest.
    """
    if change in changes:
        return
    insort(changes, change)
    if len(changes) > MAX_CHANGES:
        repeated = (i for i in range(1, len(changes)) if changes[i][1] == changes[i - 1][1])
        del changes[next(repeated, 0)]


def eligibility_edges(c: Customer) -> list[Edge]:
    """Return every change between eligible and not."""
    return edges_since(c.known, [] if c.status is None else c.status.eligibility)


def edges_since(known: int, changes: list[tuple[int, int]]) -> list[Edge]:
    """Return every change between eligible and not of who is known since a minute, by what was told in order of time."""
    if known < 0:
        return []
    if not changes:
        return [(known, 1)]
    edges: list[Edge] = []
    state, i = 1, 0
    while i < len(changes) and changes[i][0] // MINUTE_MS <= known:
        state = changes[i][1]
        i += 1
    if state:
        edges.append((known, 1))
    for time, eligible in changes[i:]:
        if eligible != state:
            edges.append((time // MINUTE_MS, eligible - state))
            state = eligible
    return edges


def by_eligibility(c: Customer) -> list[Contribution]:
    """Return the edges of a customer of whom nothing else is known: eligible, under its plan and segment of now.

    One that belongs to an account has none: there the account counts.
    """
    if c.account:
        return []
    cell = (c.plan or UNKNOWN, c.segment or UNKNOWN)
    edges = eligibility_edges(c)
    out: list[Contribution] = [("customers", cell, minute, edge) for minute, edge in edges]
    if c.eligible:
        out += [("customers_kept", cell, minute, edge) for minute, edge in edges]
    return out


def corrections(facts: Subscriptions, c: Customer) -> list[Contribution]:
    """Return what has to be added to `by_eligibility` for a customer of whom plans, or subscriptions of its own, were told."""
    if not facts.changes and (
        c.account or (_always(facts.plans, c.plan) and _always(facts.segments, c.segment))
    ):
        return []
    whole = _holder(facts, c.plan, c.segment, eligibility_edges(c), eligible=c.eligible)
    return difference(by_eligibility(c), whole)


def of_account(
    facts: Subscriptions, now: Standing, edges: list[Edge], *, eligible: bool
) -> list[Contribution]:
    """Return the edges of an account with its own subscriptions; ``edges`` are those of its eligibility."""
    return _holder(facts, *now, edges, eligible=eligible)


def _holder(
    facts: Subscriptions, plan: str, segment: str, edges: list[Edge], *, eligible: bool
) -> list[Contribution]:
    plans, segments = facts.plans, facts.segments

    def standing(minute: int) -> Standing:
        # What was told within a minute holds for all of it: a window begins with a full minute.
        last = minute * MINUTE_MS + MINUTE_MS - 1
        return told_at(plans, last, plan) or UNKNOWN, told_at(segments, last, segment) or UNKNOWN

    told = {time // MINUTE_MS for time, _ in (*plans, *segments)}
    if not facts.changes:
        return _contributions(edges, standing, told, now=eligible)
    edges = [(time // MINUTE_MS, edge) for time, edge in facts.active()]
    return _contributions(edges, standing, told, now=bool(edges) and edges[-1][1] == 1)


def _always(told: list[tuple[int, str]], now: str) -> bool:
    for _, value in told:  # noqa: SIM110  (compiled, a loop is faster than a generator)
        if value != now:
            return False
    return True


def _contributions(
    edges: list[Edge], standing: Callable[[int], Standing], told: Iterable[int], *, now: bool
) -> list[Contribution]:
    """Return both levels' edges. Who changes plan or segment (at the minutes ``told``) ends as one and begins as another."""
    steps = dict.fromkeys(told, 0)
    for minute, edge in edges:
        steps[minute] = steps.get(minute, 0) + edge
    out: list[Contribution] = []
    level, cell = 0, ("", "")
    for minute in sorted(steps):
        was, cell_was = level, cell
        level += steps[minute]
        if was == level == 0:
            continue
        cell = standing(minute)
        if was == level and cell_was == cell:
            continue
        if was:
            out.append(("customers", cell_was, minute, -1))
        if level:
            out.append(("customers", cell, minute, 1))
    if now:
        out += [("customers_kept", cell, minute, n) for _, cell, minute, n in out]
    return out

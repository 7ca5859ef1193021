"""Subscriptions that were cancelled, and paid periods that were due: what they contribute."""

from __future__ import annotations

from streams.core.dimensions import UNKNOWN
from streams.core.measures import Contribution
from streams.core.subscriptions import CANCELLED, Period, Subscriptions
from streams.core.time import MINUTE_MS, deadline_minute
from streams.core.told import Told, told_at


def cancellations(facts: Subscriptions, now: str) -> list[Contribution]:
    """Return each cancellation of a subscription, once for each time, and those with a reason by it.

    ``now`` is the present plan of the customer or account, "" if there is none.
    """
    reasons: dict[tuple[int, str], str] = {}
    for change in facts.changes:
        if change.kind == CANCELLED:
            named = (change.time, change.subscription)
            reasons[named] = max(reasons.get(named, ""), change.reason)
    held = facts.held() if reasons else {}
    out: list[Contribution] = []
    for (time, subscription), reason in reasons.items():
        minute = time // MINUTE_MS
        out.append(("cancellations", (_plan(facts, held, now, subscription, time),), minute, 1))
        if reason:
            out.append(("cancellations_by_reason", (reason,), minute, 1))
    return out


def renewals(facts: Subscriptions, now: str, grace: int) -> list[Contribution]:
    """Return each paid period that was due, at its decision: ``grace`` ms after its end at the latest; ``now`` as for `cancellations`."""
    held = facts.held() if facts.periods else {}
    out: list[Contribution] = []
    for period in facts.periods:
        if period.due >= 0:
            renewed, minute = _decision(facts, period, grace)
            plan = _plan(facts, held, now, period.subscription, period.due)
            out.append(("renewals", ("1" if renewed else "0", plan), minute, 1))
    return out


def _decision(facts: Subscriptions, period: Period, grace: int) -> tuple[bool, int]:
    """Whether a period was renewed, and the minute that decided it: the first of renewal, cancellation, deadline."""
    deadline = period.end + grace
    ended = min(
        (
            change.time
            for change in facts.changes
            if change.kind == CANCELLED
            and change.subscription == period.subscription
            and period.due <= change.time < deadline
        ),
        default=deadline,
    )
    if 0 <= period.renewed <= ended and period.renewed < deadline:
        return True, period.renewed // MINUTE_MS
    return False, deadline_minute(deadline) if ended == deadline else ended // MINUTE_MS


def _plan(facts: Subscriptions, held: dict[str, list[Told]], now: str, subscription: str, time: int) -> str:
    """The subscription's plan at a time, the holder's where none was told of it."""
    plan = told_at(facts.plans, time, now)
    return told_at(held.get(subscription, []), time, plan) or UNKNOWN

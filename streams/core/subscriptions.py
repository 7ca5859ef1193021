"""What is known of the subscriptions and plans of a customer or an account: facts that only join, and what can be asked of them.

Told by user.signed_up, user.identified and subscription.*. Which group stores a customer's, and what they contribute, is in
`streams.core.groups.subscriptions`; an account's are in `streams.core.account`. Times are milliseconds; texts are "" where an event had none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from schemas import events as e
from schemas.events import Event
from schemas.instants import instant_ms
from streams.core.dimensions import Dimensions
from streams.core.told import Told

STARTED: Final = 0
CHANGED: Final = 1
CANCELLED: Final = 2
"""Kinds of a change, in the order of changes of one millisecond."""

MAX_CHANGES: Final = 256
"""Changes that are remembered of a customer; the oldest are forgotten first."""
MAX_PERIODS: Final = 64
"""Paid periods that are remembered of a customer; those that end first are forgotten first."""
MAX_TOLD: Final = 64
"""Times at which a plan (or segment) was told that are remembered: see `_keep_told`."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_SIGNED_UP: Final = e.UserSignedUp
_STARTED: Final = e.SubscriptionStarted
_CHANGED: Final = e.SubscriptionChanged
_CANCELLED: Final = e.SubscriptionCancelled
_RENEWAL_DUE: Final = e.SubscriptionRenewalDue
_RENEWED: Final = e.SubscriptionRenewed
_ChangeEvent = e.SubscriptionStarted | e.SubscriptionChanged | e.SubscriptionCancelled

Item = TypeVar("Item", bound="tuple[Any, ...]")


class Change(NamedTuple):
    """A subscription that began, changed or ended. Changes sort by time, then kind."""

    time: int
    kind: int
    """`STARTED`, `CHANGED` or `CANCELLED`."""
    subscription: str
    before: str
    """The plan before (`from`)."""
    after: str
    """The plan after (`to`)."""
    plan: str
    """The plan that the event itself carried."""
    mrr: int
    """Monthly recurring revenue after the change, in minor units."""
    mrr_delta: int
    currency: str
    """In capitals."""
    initiator: str
    """customer, sales or system."""
    reason: str
    account: str = ""
    """The account that the event named, if customers have accounts."""

    @property
    def held(self) -> str:
        """The plan that the subscription has by this change, or had when it ended; "" where nothing says it."""
        if self.kind == CANCELLED:
            return self.before
        return self.after or self.plan


class Period(msgspec.Struct, array_like=True, gc=False):
    """A paid period of a subscription. Periods are named by their end and subscription."""

    end: int
    subscription: str
    due: int = -1
    """When it was first said to be due, −1 if never."""
    renewed: int = -1
    """When it was first renewed, −1 if never."""

    @property
    def key(self) -> tuple[int, str]:
        """What names the period."""
        return self.end, self.subscription


class Subscriptions(msgspec.Struct, array_like=True, gc=False):
    """The facts of one customer or account. All lists are sorted and hold nothing twice."""

    signed_up: int = -1
    """The earliest user.signed_up, −1 if there is none."""
    plans: list[Told] = []
    segments: list[Told] = []
    changes: list[Change] = []
    periods: list[Period] = []

    # ---- joining -------------------------------------------------------------------------------------------------

    def join(
        self,
        event: Event,
        time: int,
        plan: str,
        segment: str,
        dimensions: Dimensions,
        account: str = "",
        room: int = 1,
    ) -> None:
        """Join an event; ``plan``, ``segment`` and ``account`` are those that it carried, the first two folded.

        Where it names an account, its paid period is that account's. ``room`` times as much as usual is remembered.
        """
        kind = type(event)
        if kind is _STARTED or kind is _CHANGED or kind is _CANCELLED:
            change = change_of(cast("_ChangeEvent", event), time, plan, dimensions, account)
            self.join_change(change, room)
            if not plan and change.kind != CANCELLED:
                plan = change.after
        elif kind is _RENEWAL_DUE or kind is _RENEWED:
            if not account:
                data = cast("e.SubscriptionRenewalDue | e.SubscriptionRenewed", event).data
                period = Period(instant_ms(data.period_end), data.subscription_id)
                if kind is _RENEWED:
                    period.renewed = time
                else:
                    period.due = time
                self.join_period(period, room)
        elif kind is _SIGNED_UP:
            self.signed_up = _earliest(self.signed_up, time)
        if plan:
            _join_told(self.plans, (time, plan), MAX_TOLD * room)
        if segment:
            _join_told(self.segments, (time, segment), MAX_TOLD * room)

    def join_change(self, change: Change, room: int = 1) -> None:
        """Join a change of a subscription."""
        if _insert(self.changes, change) and len(self.changes) > MAX_CHANGES * room:
            del self.changes[0]

    def join_period(self, period: Period, room: int = 1) -> None:
        """Join what is known of a paid period."""
        periods = self.periods
        i = bisect_left(periods, period.key, key=_key)
        if i < len(periods) and periods[i].key == period.key:
            known = periods[i]
            known.due = _earliest(known.due, period.due)
            known.renewed = _earliest(known.renewed, period.renewed)
            return
        periods.insert(i, msgspec.structs.replace(period))
        if len(periods) > MAX_PERIODS * room:
            del periods[0]

    def merge(self, other: Subscriptions) -> None:
        """Join the facts of a visitor that turned out to be this customer."""
        self.signed_up = _earliest(self.signed_up, other.signed_up)
        for told in other.plans:
            _join_told(self.plans, told, MAX_TOLD)
        for told in other.segments:
            _join_told(self.segments, told, MAX_TOLD)
        for change in other.changes:
            self.join_change(change)
        for period in other.periods:
            self.join_period(period)

    # ---- asking --------------------------------------------------------------------------------------------------

    @property
    def holds(self) -> bool:
        """Whether the customer has, or had, a subscription that names no account."""
        return any(not change.account for change in self.changes)

    def own(self) -> Subscriptions:
        """Return the facts without the changes that name an account: these are the account's."""
        if not self.changes or not any(change.account for change in self.changes):
            return self
        own = [change for change in self.changes if not change.account]
        return Subscriptions(self.signed_up, self.plans, self.segments, own, self.periods)

    def by_subscription(self) -> dict[str, list[Change]]:
        """The changes of each subscription, in order."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.subscription, []).append(change)
        return found

    def held(self) -> dict[str, list[Told]]:
        """What was told of the plan of each subscription, in order."""
        told: dict[str, list[tuple[int, int, str]]] = {}
        for c in self.changes:
            if c.held:
                told.setdefault(c.subscription, []).append((c.time, c.kind, c.held))
        return {
            subscription: [(time, held) for time, _, held in sorted(changes)]
            for subscription, changes in told.items()
        }

    def active(self) -> list[tuple[int, int]]:
        """When the customer begins (1) and ceases (−1) to have an active subscription, as (time, edge), in order.

        A subscription is active from its first change on, unless that is its end, until it is cancelled; any later start
        or change makes it active again.
        """
        edges: list[tuple[int, int]] = []
        open_: set[str] = set()
        for change in self.changes:
            had = bool(open_)
            if change.kind == CANCELLED:
                open_.discard(change.subscription)
            else:
                open_.add(change.subscription)
            if bool(open_) != had:
                edges.append((change.time, 1 if open_ else -1))
        return edges

    def values(self) -> Iterator[tuple[str, str]]:
        """Yield the bounded values that the facts hold, as (dimension, value)."""
        for _, plan in self.plans:
            yield "plan", plan
        for _, segment in self.segments:
            yield "segment", segment
        for change in self.changes:
            for plan in (change.before, change.after, change.plan):
                yield "plan", plan
            yield "currency", change.currency
            yield "reason", change.reason


def change_of(
    event: _ChangeEvent,
    time: int,
    plan: str,
    dimensions: Dimensions,
    account: str,
) -> Change:
    """Return what an event says."""
    data, fold = event.data, dimensions.fold
    told = type(event)
    kind = STARTED if told is _STARTED else CHANGED if told is _CHANGED else CANCELLED
    return Change(
        time,
        kind,
        data.subscription_id,
        fold("plan", data.from_),
        fold("plan", data.to),
        plan,
        data.mrr,
        data.mrr_delta,
        fold("currency", data.currency.upper()),
        data.initiated_by,
        fold("reason", data.reason),
        account,
    )


def _earliest(a: int, b: int) -> int:
    return b if a < 0 else a if b < 0 else min(a, b)


def _key(period: Period) -> tuple[int, str]:
    return period.key


def _insert(items: list[Item], item: Item) -> bool:
    """Insert into a sorted list; False if it was there."""
    i = bisect_left(items, item)
    if i < len(items) and items[i] == item:
        return False
    items.insert(i, item)
    return True


def _join_told(items: list[Told], told: Told, limit: int) -> None:
    if _insert(items, told) and len(items) > limit:
        _forget_told(items)


def _forget_told(items: list[Told]) -> None:
    """Forget the first that only repeats the one before it, else the oldest: what is kept says the same as before."""
    for i in range(1, len(items)):
        if items[i][1] == items[i - 1][1]:
            del items[i]
            return
    del items[0]

"""Who pays, and who bought more of its own accord: by the changes of the subscriptions of one account."""

from __future__ import annotations

from collections.abc import Iterable

from streams.core.measures import Contribution
from streams.core.subscriptions import CANCELLED, CHANGED, Change
from streams.core.time import MINUTE_MS


def paying(changes: Iterable[Change], plan: str) -> list[Contribution]:
    """Return the edges of paying, and the last upsell of who pays now.

    An account pays while the last change of any of its subscriptions is no cancellation and leaves a revenue above 0.
    An upsell is a change of a subscription that the customer started and that raises its revenue.
    """
    edges: list[Contribution] = []
    pays: set[str] = set()
    upsold = -1
    for change in sorted(changes, key=_order):
        before = bool(pays)
        if change.kind != CANCELLED and change.mrr > 0:
            pays.add(change.subscription)
        else:
            pays.discard(change.subscription)
        if bool(pays) != before:
            edges.append(("accounts_paid", (plan,), change.time // MINUTE_MS, 1 if pays else -1))
        if change.kind == CHANGED and change.mrr_delta > 0 and change.initiator == "customer":
            upsold = max(upsold, change.time)
    if pays and upsold >= 0:
        edges.append(("accounts_upsold", (plan,), upsold // MINUTE_MS, 1))
    return edges


def _order(change: Change) -> tuple[int, int, int]:
    return change.time, change.kind, change.mrr

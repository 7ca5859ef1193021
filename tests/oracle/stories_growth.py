"""Stories of visits, orders, invitations and growing subscriptions, of real customers and of fake ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.settings import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from tests.oracle.scenarios import Json, Story

PAUSES = (MINUTE, 0, 0, 1, 20 * MINUTE, HOUR, DAY - 1, DAY, 8 * DAY)


def grow(story: Story) -> None:
    """Somebody comes, by itself or by invitation, and buys; now and then it turns out to be a fake."""
    who = story.choose.pick(story.cast.everyone)
    reason = {"reason": story.choose.pick(("fake", "bot", "all"))}
    added = {"subscription_id": "sub3", "mrr": 3000, "initiated_by": "customer"}
    kinds: list[tuple[str, Json]] = [
        ("visit.started", {}),
        ("visit.started", {}),
        ("order.completed", {"order_id": "o1"}),
        ("order.completed", {"order_id": "o2"}),
        ("user.signed_up", {}),
        ("user.signed_up", {"referred_by": "friend"}),
        ("user.signed_up", {"invite_id": "i1"}),
        ("invite.sent", {"invite_id": "i1"}),
        ("invite.accepted", {"invite_id": "i1"}),
        ("invite.accepted", {"invite_id": "i2"}),
        ("user.flagged", reason),
        ("user.flagged", {"reason": "test"}),
        ("user.unflagged", reason),
        ("user.unflagged", reason),
        ("subscription.changed", added | {"mrr_delta": 1000, "currency": "EUR", "to": "team"}),
        ("subscription.changed", added | {"mrr_delta": 700, "currency": "usd"}),
        ("subscription.changed", added | {"mrr_delta": -300, "currency": "EUR"}),
        ("subscription.changed", added | {"mrr_delta": 900, "currency": "EUR", "initiated_by": "sales"}),
        ("subscription.started", added | {"mrr_delta": 500, "currency": "EUR", "to": "pro"}),
    ]
    while True:
        type_, data = story.choose.pick(kinds)
        topic = "product.events" if type_.startswith("invite.") else "account.events"
        story.tell(topic, type_, who, data=data)
        if not story.choose.more():
            return
        story.wait(PAUSES)

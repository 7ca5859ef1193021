"""Stories of subscriptions, and of customers who come back days after they signed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.settings import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from tests.oracle.scenarios import Json, Story

#: The sets begin on 2025-03-27; fourteen days after these ends lies within them.
PERIOD_ENDS = tuple(1_743_033_600_000 + days * DAY for days in (-13, -12, -5, 0, 20))
WAITS = (5 * MINUTE, 0, 1, HOUR, DAY - 1, DAY, 3 * DAY, 13 * DAY, 14 * DAY, 14 * DAY + 1)
RETURNS = (DAY, 23 * HOUR, 25 * HOUR, 6 * DAY, 7 * DAY, 7 * DAY + HOUR, 23 * DAY, 30 * DAY, 31 * DAY)
CHANGES = (
    *("started", "started", "changed", "cancelled"),
    *("renewal_due", "renewal_due", "renewal_due", "renewed", "renewed"),
)
PLANS = (None, "free", "pro", "team", "all")


def subscribe(story: Story) -> None:
    """Parts of a subscription's life, in any order."""
    who = story.choose.pick(story.cast.everyone)
    end = story.choose.pick(PERIOD_ENDS)
    while True:
        named: Json = {"subscription_id": story.choose.pick(("sub1", "sub1", "sub1", "sub2"))}
        type_ = story.choose.pick(CHANGES)
        if type_ in {"renewal_due", "renewed"}:
            data = named | {"period_end": story.choose.pick((end, end, end, *PERIOD_ENDS))}
        else:
            told = {"from": PLANS, "to": PLANS, "reason": (None, "price", "missing_feature", "all")}
            data = named | {"mrr": 1000, "mrr_delta": 500, "currency": "eur", "initiated_by": "customer"}
            for name, options in told.items():
                value = story.choose.pick(options)
                if value is not None:
                    data[name] = value
        story.tell("account.events", f"subscription.{type_}", who, data=data)
        if not story.choose.more():
            return
        story.wait(WAITS)


def come_back(story: Story) -> None:
    """A signup, and days of use around those at which cohorts are looked at."""
    who = story.choose.pick(story.cast.everyone)
    story.tell("account.events", "user.signed_up", who)
    while story.choose.more():
        story.wait(RETURNS)
        type_ = story.choose.pick(("session.started", "page.viewed", "help.solved"))
        topic = "support.events" if type_ == "help.solved" else "product.events"
        story.tell(topic, type_, who)

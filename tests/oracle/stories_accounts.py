"""Stories of people in accounts: colleagues, changes of the account, what is said of an account itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.settings import DAY, HOUR, MINUTE
from tests.oracle.stories_retention import PERIOD_ENDS

if TYPE_CHECKING:
    from tests.oracle.scenarios import Json, Story

PRODUCT, FEEDBACK, ACCOUNT = "product.events", "feedback.events", "account.events"
PAUSES = (MINUTE, 0, 0, 1, 20 * MINUTE, HOUR, DAY - 1, DAY, 8 * DAY)


def belong(story: Story) -> None:
    """Colleagues of one account act, one after the other; now and then one names another account, or none."""
    cast = story.cast
    account = {"account_id": story.choose.pick((*cast.accounts, "org1"))}
    away: list[Json] = [account] * 6 + [{}, {"account_id": cast.accounts[0]}]
    kinds: list[tuple[str, str, Json, Json]] = [
        (PRODUCT, "page.viewed", {}, {}),
        (PRODUCT, "page.viewed", {}, {}),
        (PRODUCT, "feature.used", {"core": True}, {"feature": "export"}),
        (PRODUCT, "feature.used", {"core": True}, {"feature": "report"}),
        (PRODUCT, "feature.used", {"core": False}, {"feature": "report"}),
        (ACCOUNT, "user.signed_up", {}, {}),
        (ACCOUNT, "user.flagged", {"reason": "fake"}, {}),
        (ACCOUNT, "user.unflagged", {"reason": "fake"}, {}),
        (ACCOUNT, "account.eligibility_changed", {"eligible": False, "scope": "account"}, {}),
        (ACCOUNT, "account.eligibility_changed", {"eligible": True, "scope": "account"}, {}),
        (ACCOUNT, "account.eligibility_changed", {"eligible": False, "scope": "user"}, {}),
        *(
            (
                ACCOUNT,
                f"subscription.{kind}",
                {
                    "subscription_id": subscription,
                    "mrr": mrr,
                    "mrr_delta": delta,
                    "currency": "EUR",
                    "initiated_by": initiator,
                },
                {},
            )
            for kind, subscription, mrr, delta, initiator in (
                ("started", "s1", 1000, 1000, "customer"),
                ("started", "s2", 0, 0, "sales"),
                ("changed", "s1", 2000, 1000, "customer"),
                ("changed", "s1", 3000, 1000, "sales"),
                ("changed", "s2", 500, 500, "customer"),
                ("changed", "s1", 0, -1000, "customer"),
                ("cancelled", "s1", 1000, -1000, "customer"),
            )
        ),
        *(
            (
                ACCOUNT,
                f"subscription.{kind}",
                {"subscription_id": subscription, "period_end": PERIOD_ENDS[2]},
                {},
            )
            for kind in ("renewal_due", "renewed")
            for subscription in ("s1", "s2")
        ),
        *[("support.events", "help.searched", {"search_id": "s1", "results": 0}, {})] * 2,
        *[
            (FEEDBACK, "survey.responded", {"survey": "s", "complete": True} | answer, {})
            for answer in (
                {"kind": "csat", "score": 2, "scale": 5},
                {"kind": "csat", "score": "good", "scale": 3},
                {"kind": "nps", "score": 3, "scale": 10},
                {"kind": "ces", "score": 3, "scale": 7},
            )
        ],
        (FEEDBACK, "email.delivered", {"email_id": "m1", "campaign": "spring"}, {}),
    ]
    while True:
        topic, type_, data, envelope = story.choose.pick(kinds)
        who = story.choose.pick(cast.people) | story.choose.pick(away)
        story.tell(topic, type_, who, data=data, **envelope)
        if story.choose.pick((False, False, False, True)):
            # A colleague in the same millisecond.
            story.tell(PRODUCT, "page.viewed", story.choose.pick(cast.people) | account)
        if not story.choose.more():
            return
        story.wait(PAUSES)

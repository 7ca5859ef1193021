"""A producer that makes up names: for every dimension, in events of every type."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

BEGIN = 1_767_225_600_000
SPAN = 600_000
"""All events lie in these ten minutes."""
CUSTOMERS = 4
HOSTILE = "u0"
"""Sends half of everything."""


class Names:
    """Names of each kind: one that was never used before, or one of the first ``known``, to be combined anew."""

    def __init__(self, rng: random.Random, known: int) -> None:
        self.used = 0
        self._rng = rng
        self._known = known
        self._first: dict[str, list[str]] = {}

    def __call__(self, kind: str) -> str:
        first = self._first.setdefault(kind, [])
        if len(first) == self._known and self._rng.random() < 0.6:
            return self._rng.choice(first)
        self.used += 1
        name = f"{kind}-{self.used:07}"
        if len(first) < self._known:
            first.append(name)
        return name


def events(names: Names, rng: random.Random, every: int = 40) -> Iterator[dict[str, Any]]:
    """Events of every type that carries a name somebody chose, each with names of its own, without an end.

    Most are of the types with the most names; ``every`` so many turns come all the others, which cost more to work out.
    """
    n = 0
    while True:
        turn = n
        n += 1
        for number, (type_, data) in enumerate(told(names, turn, rng, every)):
            customer = HOSTILE if rng.random() < 0.5 else f"u{rng.randrange(CUSTOMERS)}"
            if type_.startswith("user.") and "flagged" in type_:
                customer = f"f{rng.randrange(3)}"
            event = {
                "id": f"e{turn}-{number}",
                "type": type_,
                "time": BEGIN + rng.randrange(SPAN),
                "user_id": customer,
                "account_id": f"a-{customer}",
                "channel": names("channel"),
                "platform": names("platform"),
                "feature": names("feature"),
                "data": data,
            }
            # Seldom: who changes its plan moves with all that it did.
            if rng.random() < 0.03:
                event |= {name: names(name) for name in ("plan", "segment", "role")}
            if type_.startswith("conversation."):
                event["conversation_id"] = f"{customer}-c{n % 3}"
            yield event


def told(names: Names, turn: int, rng: random.Random, every: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """One event of each type; more often those whose names are the most, and that cost the least."""
    yield "feature.used", {"core": True}
    yield "page.viewed", {}
    yield "help.article_viewed", {"article": names("article"), "in_app": True}
    yield "feedback.submitted", {"actionable": True, "milestone": names("milestone")}
    yield "social.mentioned", {"network": names("network"), "sentiment": names("sentiment")}
    yield "visit.started", {}
    if turn % every:
        return
    yield from every_type(names, turn, rng)


def every_type(names: Names, n: int, rng: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """One event of each type."""
    at = BEGIN + rng.randrange(SPAN)
    money = {
        "mrr": 900,
        "mrr_delta": 100,
        "currency": "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3)),
    }
    change = {"subscription_id": f"s{n % 3}", "initiated_by": "customer", "reason": names("reason"), **money}
    yield "session.started", {}
    yield "page.viewed", {}
    yield "visit.started", {}
    yield "user.signed_up", {}
    yield "user.identified", {}
    yield "account.eligibility_changed", {"eligible": bool(n % 2), "scope": "user"}
    yield "feature.used", {"core": True, "key_action": True}
    yield "milestone.reached", {"milestone": names("milestone")}
    yield "order.completed", {"order_id": names("order")}
    yield "invite.accepted", {"invite_id": names("invite")}
    for kind in ("onboarding", "tour", "journey", "self_service", "checkout"):
        flow = {"flow": names("flow"), "flow_id": f"{kind}-{n % 4}", "kind": kind}
        yield "flow.started", {**flow, "steps": [names("step") for _ in range(3)]}
        yield "flow.step_completed", {**flow, "step": names("step")}
        yield "flow.completed", flow
    yield "help.searched", {"search_id": names("search"), "results": n % 2}
    yield "help.result_clicked", {"search_id": names("search"), "article": names("article")}
    yield "help.article_viewed", {"article": names("article"), "in_app": True}
    yield "help.article_rated", {"article": names("article"), "helpful": True}
    yield "help.solved", {}
    yield "conversation.started", {"initiated_by": "customer", "with": "bot", "bot": names("bot")}
    yield "conversation.message", {"actor": "customer", "public": True}
    yield "conversation.message", {"actor": "bot", "public": True, "bot": names("bot")}
    yield "conversation.handed_off", {"bot": names("bot")}
    yield "conversation.resolved", {"by": "agent"}
    yield "conversation.reopened", {}
    yield "conversation.abandoned", {}
    for kind in ("nps", "csat", "ces"):
        survey = {"request_id": names("request"), "survey": names("survey"), "kind": kind}
        yield "survey.sent", survey
        yield "survey.responded", {**survey, "score": 5, "scale": 5, "complete": True}
    yield "feedback.submitted", {"actionable": True, "milestone": names("milestone")}
    yield "enhancement.shipped", {"enhancement_id": names("enhancement"), "requested_at": at}
    email = names("email")
    yield "email.delivered", {"email_id": email, "campaign": names("campaign")}
    yield "email.engaged", {"email_id": email, "action": "click"}
    yield "social.mentioned", {"network": names("network"), "sentiment": names("sentiment")}
    yield "subscription.started", {**change, "to": names("plan")}
    yield "subscription.changed", {**change, "from": names("plan"), "to": names("plan")}
    yield "subscription.cancelled", {**change, "from": names("plan")}
    yield "subscription.renewal_due", {"subscription_id": f"s{n % 3}", "period_end": at}
    yield "user.flagged", {"reason": names("reason")}
    yield "user.unflagged", {"reason": names("reason")}

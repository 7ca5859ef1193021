"""One customer of whom as much is told as can be, in the longest names that the contract allows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from schemas.fields import MAX_ID_LENGTH

BEGIN = 1_767_225_600_000
MINUTE = 60_000


def name(kind: str, n: int) -> str:
    """A name of the greatest length, of characters that take four bytes each."""
    return (chr(0x1F600 + n % 80) + chr(0x20000 + n)).ljust(MAX_ID_LENGTH - len(kind), "\U0001f4a5") + kind


class Longest:
    """Events of one customer; ``share`` is how much of what is remembered at most they tell of each kind."""

    def __init__(self, who: dict[str, str], share: float = 1.0) -> None:
        self._who = who
        self._share = share
        self._ids = itertools.count()
        self._time = BEGIN

    def _event(self, type_: str, data: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        self._time += 1
        n = next(self._ids)
        event = {"id": f"e{n}", "type": type_, "time": self._time, **self._who, "data": data}
        return event | {field: name(field[0], n % 250) for field in ("plan", "segment", "role")} | envelope

    def _times(self, most: int) -> range:
        return range(int(most * self._share) + 1)

    def everything(self) -> Iterator[dict[str, Any]]:
        """Events for every group of facts."""
        yield from self.flows()
        yield from self.sessions()
        yield from self.conversations()
        yield from self.help()
        yield from self.feedback()
        yield from self.product()
        yield from self.subscriptions()

    def flows(self) -> Iterator[dict[str, Any]]:
        """Passages through flows with many named steps."""
        for kind in ("onboarding", "tour", "journey"):
            for n in self._times(50):
                flow = {"flow": name("f", n), "flow_id": name("i", n), "kind": kind}
                steps = [name("s", step) for step in self._times(99)]
                yield self._event("flow.started", {**flow, "steps": steps}, platform=name("p", n))
                for step in steps[:2]:
                    yield self._event("flow.step_completed", {**flow, "step": step})

    def sessions(self) -> Iterator[dict[str, Any]]:
        """Help sessions, each with an answer and a confirmation."""
        for n in self._times(700):
            where = {"channel": name("c", n % 250)}
            view = {"article": name("a", n % 250), "in_app": True}
            self._time += 31 * MINUTE
            yield self._event("help.article_viewed", view, **where, platform=name("p", n % 250))
            yield self._event("help.solved", {}, **where)

    def conversations(self) -> Iterator[dict[str, Any]]:
        """A conversation with more events than are remembered, in changing channels."""
        yield self._event("conversation.started", {"initiated_by": "bot"}, conversation_id=name("v", 0))
        for n in self._times(520):
            envelope = {"conversation_id": name("v", n % 2), "channel": name("c", n % 250)}
            yield self._event("conversation.message", {"actor": "customer", "public": True}, **envelope)

    def help(self) -> Iterator[dict[str, Any]]:
        """Searches, clicks and ratings."""
        for n in self._times(512):
            yield self._event(
                "help.searched", {"search_id": name("q", n), "results": 1}, platform=name("p", n % 250)
            )
            yield self._event("help.result_clicked", {"search_id": name("q", n), "article": "a"})
            yield self._event("help.article_rated", {"article": name("a", n % 250), "helpful": True})

    def feedback(self) -> Iterator[dict[str, Any]]:
        """Surveys, e-mails and feedback."""
        for n in self._times(512):
            where = {"channel": name("c", n % 250), "feature": name("u", n % 250)}
            survey = {"request_id": name("r", n), "survey": name("y", n % 250)}
            answer = {"score": 4, "scale": 5, "complete": True}
            yield self._event("survey.sent", {**survey, "kind": "csat"}, **where)
            yield self._event("survey.responded", {**survey, "kind": "csat", **answer}, **where)
            yield self._event("survey.responded", {**survey, "kind": "nps", **answer}, **where)
            mail = {"email_id": name("m", n)}
            yield self._event("email.delivered", {**mail, "campaign": name("k", n % 250)}, **where)
            yield self._event("email.engaged", {**mail, "action": "click"})
            yield self._event("email.engaged", {**mail, "action": "open"})
            feedback = {"actionable": True, "milestone": name("o", n % 250)}
            yield self._event("feedback.submitted", feedback, **where)

    def product(self) -> Iterator[dict[str, Any]]:
        """Uses of features, milestones, orders, invitations, on many platforms."""
        for n in self._times(256):
            where = {"platform": name("p", n % 250), "feature": name("u", n % 250)}
            yield self._event("feature.used", {"core": True}, **where)
            yield self._event("milestone.reached", {"milestone": name("o", n % 250)}, **where)
            yield self._event("order.completed", {"order_id": name("d", n)}, **where)
            yield self._event("invite.accepted", {"invite_id": name("n", n)}, **where)
        for n in self._times(1_100):
            shipped = {"enhancement_id": name("h", n), "requested_at": BEGIN}
            yield self._event("enhancement.shipped", shipped)

    def subscriptions(self) -> Iterator[dict[str, Any]]:
        """Changes of subscriptions and paid periods, of an account too."""
        for n in self._times(1_100):
            change = {
                "subscription_id": name("b", n),
                "from": name("p", n % 250),
                "to": name("p", (n + 1) % 250),
                "mrr": 2**50,
                "mrr_delta": 2**50,
                "currency": "EUR",
                "initiated_by": "customer",
                "reason": name("w", n % 250),
            }
            account = {"account_id": name("t", 0)} if n % 4 else {}
            yield self._event("subscription.changed", change, **account)
            if n % 4 == 0:
                due = {"subscription_id": name("b", n), "period_end": self._time}
                yield self._event("subscription.renewal_due", due)

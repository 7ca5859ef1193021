"""The benchmark's fixed mix: every event type in set proportions, from many customers, with repeats and late events.

The simulation makes lifecycles, whose proportions follow from behaviour and change while it warms up. A benchmark
wants the same proportions from the first event to the last, so here each event's type is drawn from a table, and its
ids from what was emitted shortly before: a message belongs to a conversation that was started, a click to a search.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from math import log
from random import Random
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec

from app.simulator.events import SimulatedEvent
from app.simulator.vocabulary import (
    ACTIVATION,
    AGENT_CHANNELS,
    ARTICLES,
    BOT_CHANNELS,
    CAMPAIGNS,
    CANCELLATION_REASONS,
    FEATURES,
    FIRST_VALUE,
    FLAG_REASONS,
    HELP_CHANNELS,
    NETWORKS,
    ONBOARDING_FLOW,
    ONBOARDING_TASKS,
    PLATFORMS,
    SENTIMENTS,
    USER_AGENTS,
    Weighted,
)
from schemas.types import EVENT_TYPES

BENCHMARK_START_MS: Final = 1_767_600_000_000
"""5 January 2026, 08:00 UTC: any fixed instant in the past would do."""
BENCHMARK_SPAN_MS: Final = 2 * 3_600_000
BENCHMARK_CUSTOMERS: Final = 200_000
DUPLICATES: Final = 0.01
"""Share of records that repeat one of the last few thousand."""
LATE: Final = 0.01
"""Share of events that arrive 5 to 60 minutes after others of their time."""
SKEW: Final = 3.0
"""As in `app.simulator.scenarios.Scenario`: a fifth of the traffic comes from the busiest hundredth."""

BENCHMARK_WEIGHTS: Final = MappingProxyType(
    {
        # product use, 70 %
        "page.viewed": 380,
        "feature.used": 200,
        "session.started": 72,
        "flow.step_completed": 20,
        "flow.started": 9,
        "flow.completed": 6,
        "milestone.reached": 7,
        "invite.sent": 4,
        "invite.accepted": 2,
        # support, 18 %
        "conversation.message": 68,
        "help.article_viewed": 32,
        "help.searched": 20,
        "conversation.started": 16,
        "help.result_clicked": 14,
        "conversation.resolved": 12,
        "help.article_rated": 8,
        "help.solved": 5,
        "conversation.handed_off": 2,
        "conversation.reopened": 1.5,
        "conversation.abandoned": 1.5,
        # accounts, 7 %
        "visit.started": 42,
        "user.identified": 11,
        "user.signed_up": 8,
        "order.completed": 4,
        "subscription.renewal_due": 1,
        "subscription.renewed": 0.9,
        "subscription.started": 0.8,
        "subscription.changed": 0.6,
        "subscription.cancelled": 0.5,
        "user.flagged": 0.6,
        "user.unflagged": 0.1,
        "user.deleted": 0.3,
        "account.eligibility_changed": 0.2,
        # feedback, 5 %
        "email.delivered": 22,
        "email.engaged": 10,
        "survey.sent": 8,
        "survey.responded": 4,
        "feedback.submitted": 3,
        "social.mentioned": 2,
        "enhancement.requested": 0.7,
        "enhancement.shipped": 0.3,
    }
)
"""How many of a thousand events are of each type."""

_RECENT: Final = 4_096
_DISORDER_MS: Final = 2_000
_LATE_MS: Final = (5 * 60_000, 60 * 60_000)
_TYPES: Final = Weighted(BENCHMARK_WEIGHTS)
_SEGMENTS: Final = ("smb", "smb", "smb", "mid", "mid", "enterprise")
_PLANS: Final = ("free", "free", "pro", "pro", "enterprise")
_TOPICS: Final = {name: EVENT_TYPES[name].topic for name in BENCHMARK_WEIGHTS}
_encode: Final = msgspec.json.Encoder().encode

_MADE_BY: Final = {
    "conversation": "conversation.started",
    "search": "help.searched",
    "flow": "flow.started",
    "visitor": "visit.started",
    "newcomer": "user.signed_up",
    "invite": "invite.sent",
    "email": "email.delivered",
    "survey": "survey.sent",
    "enhancement": "enhancement.requested",
}
"""What other events refer to, and the type that makes it."""

Fields: TypeAlias = dict[str, Any]


def benchmark_mix(
    n: int, customers: int = BENCHMARK_CUSTOMERS, seed: int = 1, *, start_ms: int = BENCHMARK_START_MS
) -> Iterator[SimulatedEvent]:
    """Return exactly ``n`` records in the order of sending, repeats included, over two hours of event time.

    The same arguments give the same bytes.
    """
    rng = Random(seed)  # noqa: S311  # nothing here is secret
    random = rng.random
    maker = _Maker(rng, customers, f"b{seed}")
    sent: deque[SimulatedEvent] = deque(maxlen=_RECENT)
    for i in range(n):
        now = start_ms + i * BENCHMARK_SPAN_MS // n
        if sent and random() < DUPLICATES:
            yield sent[int(random() * len(sent))]._replace(send_ms=now)
            continue
        if random() < LATE:
            least, greatest = _LATE_MS
            time = now - least - int(random() * (greatest - least))
        else:
            time = now - int(-log(1.0 - random()) * _DISORDER_MS)
        event = maker.make(_TYPES.draw(random()), time, now)
        sent.append(event)
        yield event


class _Maker:
    """Makes one event after the other and remembers what the next ones may refer to."""

    def __init__(self, rng: Random, customers: int, run: str) -> None:
        self._rng = rng
        self._random = rng.random
        self._customers = customers
        self._run = run
        self._made = 0
        # Of each kind the latest: (who it belongs to, the fields that carry its ids).
        self._recent: dict[str, deque[tuple[Fields, Fields]]] = {}
        self._second = -1
        self._second_text = ""

    def make(self, type_: str, time_ms: int, send_ms: int) -> SimulatedEvent:
        self._made += 1
        second, millisecond = divmod(time_ms, 1_000)
        if second != self._second:
            self._second = second
            self._second_text = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        who, fields = self._fields(type_, time_ms)
        event: Fields = {
            "id": f"{self._run}-{self._made:x}",
            "type": type_,
            "time": f"{self._second_text}.{millisecond:03d}Z",
            **who,
            **fields,
        }
        if type_.startswith("enhancement."):
            key = event["data"]["enhancement_id"]
        else:
            key = who.get("user_id") or who["anonymous_id"]
        return SimulatedEvent(_TOPICS[type_], key.encode(), _encode(event), time_ms, send_ms)

    def _fields(self, type_: str, time_ms: int) -> tuple[Fields, Fields]:
        """Return who the event belongs to, and the fields beyond that."""
        topic, _, _ = type_.partition(".")
        if topic == "conversation":
            return self._conversation(type_)
        if topic == "help":
            return self._help(type_)
        if topic == "flow":
            return self._flow(type_)
        if topic == "subscription":
            return self._subscription(type_, time_ms)
        if topic in ("email", "survey", "enhancement", "feedback", "social"):
            return self._feedback(type_, time_ms)
        if topic in ("user", "account", "visit", "order", "invite"):
            return self._account(type_)
        who = self._customer()
        if type_ == "session.started":
            return who, {"data": {"user_agent": USER_AGENTS[who["platform"]].draw(self._random())}}
        if type_ == "feature.used":
            return who, {"feature": FEATURES.draw(self._random()), "data": {"core": self._chance(0.4)}}
        if type_ == "milestone.reached":
            return who, {"data": {"milestone": ACTIVATION if self._chance(0.5) else FIRST_VALUE}}
        return who, {}

    def _conversation(self, type_: str) -> tuple[Fields, Fields]:
        if type_ == "conversation.started":
            bot = self._chance(0.5)
            channel = (BOT_CHANNELS if bot else AGENT_CHANNELS).draw(self._random())
            who = self._customer()
            fields = {"conversation_id": self._id("c"), "channel": channel}
            self._remember("conversation", who, fields)
            return who, {**fields, "data": {"initiated_by": "customer", "with": "bot" if bot else "agent"}}
        who, fields = self._recall("conversation")
        if type_ == "conversation.message":
            actor = ("customer", "bot", "agent")[int(self._random() * 3)]
            return who, {**fields, "data": {"actor": actor, "public": self._chance(0.9)}}
        if type_ == "conversation.resolved":
            by = ("customer", "bot", "agent")[int(self._random() * 3)]
            return who, {**fields, "data": {"by": by, "confirmed": self._chance(0.3)}}
        return who, fields

    def _help(self, type_: str) -> tuple[Fields, Fields]:
        if type_ == "help.searched":
            who = self._customer()
            channel = HELP_CHANNELS.draw(self._random())
            search = self._id("q")
            self._remember("search", who, {"channel": channel, "search_id": search})
            results = 0 if self._chance(0.12) else 1 + int(self._random() * 20)
            return who, {"channel": channel, "data": {"search_id": search, "results": results}}
        who, found = self._recall("search")
        envelope = {"channel": found["channel"]}
        article = ARTICLES.draw(self._random())
        if type_ == "help.result_clicked":
            return who, {**envelope, "data": {"search_id": found["search_id"], "article": article}}
        if type_ == "help.article_viewed":
            return who, {**envelope, "data": {"article": article, "in_app": found["channel"] == "in_app"}}
        if type_ == "help.article_rated":
            return who, {**envelope, "data": {"article": article, "helpful": self._chance(0.8)}}
        return who, envelope

    def _flow(self, type_: str) -> tuple[Fields, Fields]:
        if type_ == "flow.started":
            who = self._customer()
            kind = "self_service" if self._chance(0.2) else "onboarding"
            flow = {"flow": ONBOARDING_FLOW, "flow_id": self._id("f"), "kind": kind}
            self._remember("flow", who, flow)
            return who, {"data": {**flow, "steps": list(ONBOARDING_TASKS)}}
        who, flow = self._recall("flow")
        if type_ == "flow.step_completed":
            step = ONBOARDING_TASKS[int(self._random() * len(ONBOARDING_TASKS))]
            return who, {"data": {**flow, "step": step}}
        return who, {"data": flow}

    def _account(self, type_: str) -> tuple[Fields, Fields]:
        if type_ == "visit.started":
            visitor = {"anonymous_id": self._id("v"), "platform": PLATFORMS.draw(self._random())}
            self._remember("visitor", visitor, {})
            return visitor, {}
        if type_ == "user.signed_up":
            who = self._customer(self._id("n"))
            self._remember("newcomer", who, {})
            return who, {}
        if type_ == "order.completed":
            return self._customer(), {"data": {"order_id": self._id("o")}}
        if type_ == "invite.sent":
            who, data = self._customer(), {"invite_id": self._id("i")}
            self._remember("invite", who, data)
            return who, {"data": data}
        who, _ = self._recall("newcomer")
        if type_ == "invite.accepted":
            return who, {"data": self._recall("invite")[1]}
        if type_ == "user.identified":
            return who, {"anonymous_id": self._recall("visitor")[0]["anonymous_id"]}
        if type_ in ("user.flagged", "user.unflagged"):
            return who, {"data": {"reason": FLAG_REASONS.draw(self._random())}}
        if type_ == "account.eligibility_changed":
            return who, {"data": {"eligible": self._chance(0.5), "scope": "user"}}
        return who, {}

    def _subscription(self, type_: str, time_ms: int) -> tuple[Fields, Fields]:
        who = self._customer()
        subscription = {"subscription_id": f"{who['account_id']}-1"}
        if type_ in ("subscription.renewal_due", "subscription.renewed"):
            return who, {"data": {**subscription, "period_end": time_ms // 86_400_000 * 86_400_000}}
        change = {"mrr": 4_500, "mrr_delta": 1_500, "currency": "EUR", "initiated_by": "customer"}
        if type_ == "subscription.cancelled":
            reason = CANCELLATION_REASONS.draw(self._random())
            change |= {"mrr": 0, "mrr_delta": -4_500, "reason": reason}
        return who, {"data": {**subscription, **change}}

    def _feedback(self, type_: str, time_ms: int) -> tuple[Fields, Fields]:
        if type_ == "email.delivered":
            who, data = (
                self._customer(),
                {"email_id": self._id("m"), "campaign": CAMPAIGNS.draw(self._random())},
            )
            self._remember("email", who, {"email_id": data["email_id"]})
            return who, {"channel": "email", "data": data}
        if type_ == "email.engaged":
            who, data = self._recall("email")
            return who, {
                "channel": "email",
                "data": {**data, "action": "click" if self._chance(0.4) else "open"},
            }
        if type_ == "survey.sent":
            who, data = self._customer(), {"request_id": self._id("r"), "survey": "support", "kind": "csat"}
            self._remember("survey", who, data)
            return who, {"channel": "email", "data": data}
        if type_ == "survey.responded":
            who, data = self._recall("survey")
            score = 1 + int(self._random() * 5)
            return who, {"channel": "email", "data": {**data, "score": score, "scale": 5, "complete": True}}
        if type_ == "feedback.submitted":
            return self._customer(), {
                "feature": FEATURES.draw(self._random()),
                "data": {"actionable": self._chance(0.5)},
            }
        if type_ == "social.mentioned":
            mention = {"network": NETWORKS.draw(self._random()), "sentiment": SENTIMENTS.draw(self._random())}
            return self._customer(), {"channel": "social", "data": mention}
        if type_ == "enhancement.requested":
            who, data = self._customer(), {"enhancement_id": self._id("e")}
            self._remember("enhancement", {}, data)
            return who, {"data": data}
        _, data = self._recall("enhancement")
        return {}, {"data": {**data, "requested_at": time_ms - 30 * 86_400_000}}

    def _customer(self, id_: str | None = None) -> Fields:
        slot = int(self._customers * self._random() ** SKEW)
        account = slot // 4
        return {
            "user_id": id_ or f"u{slot:06d}",
            "account_id": f"a{account:05d}",
            "plan": _PLANS[account % len(_PLANS)],
            "segment": _SEGMENTS[account % len(_SEGMENTS)],
            "role": "end-user" if slot % 4 else "admin",
            "platform": PLATFORMS.draw(slot * 0.61803398875 % 1.0),
        }

    def _chance(self, probability: float) -> bool:
        return self._random() < probability

    def _id(self, prefix: str) -> str:
        return f"{prefix}-{self._run}-{self._made:x}"

    def _remember(self, kind: str, who: Fields, fields: Fields) -> None:
        recent = self._recent.get(kind)
        if recent is None:
            recent = self._recent[kind] = deque(maxlen=_RECENT)
        recent.append((who, fields))

    def _recall(self, kind: str) -> tuple[Fields, Fields]:
        recent = self._recent.get(kind)
        if recent is None:
            # The first of its kind refers to one from before the first event.
            self._fields(_MADE_BY[kind], 0)
            recent = self._recent[kind]
        return recent[int(self._random() * len(recent))]

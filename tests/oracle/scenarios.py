"""Small stories in a customer's life, told by whoever chooses: a seeded generator, or Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tests.oracle.settings import DAY, HOUR, MINUTE, SECOND
from tests.oracle.stories_accounts import belong
from tests.oracle.stories_flows import arrive, go_through
from tests.oracle.stories_growth import grow
from tests.oracle.stories_help import look_up
from tests.oracle.stories_retention import come_back, subscribe
from tests.oracle.stories_satisfaction import ask_opinion, write_mail
from tests.oracle.stories_support import relapse, talk_to_bots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Choice = TypeVar("Choice")
Json = dict[str, Any]


class Chooser(Protocol):
    """Makes the choices of a story. The first of the options is the plainest."""

    def pick(self, options: Sequence[Choice]) -> Choice: ...

    def more(self) -> bool:
        """Whether to go on; no for sure after a while."""


@dataclass(frozen=True)
class Cast:
    """Who there is. Visitors become users, only mortals are deleted: how the two meet is not defined."""

    users: Sequence[str]
    visitors: Sequence[str]
    accounts: Sequence[str]
    mortals: Sequence[str]
    conversations: Sequence[str]
    identities: bool

    @cached_property
    def people(self) -> Sequence[Json]:
        """The ways in which an event can name one person."""
        return [
            *({"user_id": name} for name in (*self.users, *self.mortals)),
            *({"anonymous_id": name} for name in self.visitors),
        ]

    @cached_property
    def everyone(self) -> Sequence[Json]:
        """The ways in which an event can say who it is about."""
        return [
            *self.people,
            *({"account_id": name} for name in self.accounts),
            {"user_id": self.users[0], "anonymous_id": self.visitors[0], "account_id": "org1"},
        ]


@dataclass
class Story:
    """Events told so far; `clock` is milliseconds since the story's beginning."""

    choose: Chooser
    cast: Cast
    clock: int = 0
    events: list[Json] = field(default_factory=list)

    def tell(self, topic: str, type_: str, who: Json, *, data: Json | None = None, **envelope: Any) -> None:
        """Add an event now; envelope fields that are None are left out."""
        told = {name: value for name, value in envelope.items() if value is not None}
        for name, options in TRAITS.items():
            value = self.choose.pick(options)
            if value is not None and name not in told:
                told[name] = value
        for mark in ("is_bot", "is_test"):
            if self.choose.pick(RARELY):
                told[mark] = True
        event = {"topic": topic, "type": type_, "time": self.clock, **who, **told, "data": data or {}}
        self.events.append(event)

    def wait(self, options: Sequence[int]) -> None:
        self.clock += self.choose.pick(options)


RARELY = (False,) * 24 + (True,)
SOMETIMES = (False, False, False, True)
OFTEN = (True, True, True, False)

TRAITS: dict[str, tuple[str | None, ...]] = {
    "plan": (None, None, None, None, "free", "pro", "team", "all"),
    "segment": (None, None, None, None, "small", "large"),
    "role": (None, None, None, "admin", "member"),
    "platform": (None, "web", "web", "ios", "android", "all"),
}
CONVERSATION_CHANNELS = (
    *("chat", "chat", "bot", "bot", "email", "web", "phone", "in_app", "in_app"),
    *("social", "ivr", "help_center", "all", None),
)
HELP_CHANNELS = (None, None, None, "in_app", "in_app", "web", "chat", "phone", "social")

#: Within a dialogue, and around the gap that ends a help session.
SHORT = (MINUTE, 0, SECOND, 20 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE)
EDGES = (
    *(30 * MINUTE, 30 * MINUTE - 1, 30 * MINUTE + 1, 31 * MINUTE, 2 * HOUR),
    *(DAY - 1, DAY, DAY + 1, 25 * HOUR, 3 * DAY, 3 * DAY + MINUTE),
)
DIALOGUE = SHORT * 3 + EDGES

OPPOSITES: dict[str, tuple[tuple[str, Json], ...]] = {
    "user.flagged": (("user.unflagged", {}),),
    "user.unflagged": (("user.flagged", {}),),
    "account.eligibility_changed": (
        ("account.eligibility_changed", {"eligible": True}),
        ("account.eligibility_changed", {"eligible": False}),
    ),
}

PRODUCT, SUPPORT, FEEDBACK, ACCOUNT = "product.events", "support.events", "feedback.events", "account.events"


def use_product(story: Story) -> None:
    """Product use of several kinds, a flow of any kind among it."""
    who = story.choose.pick(story.cast.everyone)
    flow = {"flow": "setup", "flow_id": story.choose.pick(("f1", "f2", "f3"))}
    flow["kind"] = story.choose.pick(("onboarding", "self_service", "tour", "checkout", "journey"))
    kinds: list[tuple[str, Json, Json]] = [
        ("session.started", {}, {}),
        ("page.viewed", {}, {}),
        ("feature.used", {"core": True, "key_action": False}, {"feature": "export"}),
        ("milestone.reached", {"milestone": "first_report"}, {}),
        ("flow.started", {**flow, "steps": 2}, {}),
        ("flow.step_completed", {**flow, "step": "one"}, {}),
        ("flow.completed", flow, {}),
    ]
    while True:
        type_, data, envelope = story.choose.pick(kinds)
        channel = story.choose.pick(HELP_CHANNELS) if type_.startswith("flow.") else None
        story.tell(PRODUCT, type_, who, data=data, channel=channel, **envelope)
        if not story.choose.more():
            return
        story.wait(DIALOGUE)


def seek_help(story: Story) -> None:
    """Help events around the session gap, then perhaps a contact around the end of the assumption time."""
    who = story.choose.pick(story.cast.everyone)
    kinds: list[tuple[str, Json]] = [
        ("help.searched", {"search_id": "s1", "results": 3}),
        ("help.result_clicked", {"search_id": "s1", "article": "a1"}),
        ("help.article_viewed", {"article": "a1", "in_app": False}),
        ("help.article_rated", {"article": "a1", "helpful": True}),
        ("help.article_rated", {"article": "a1", "helpful": False}),
        ("help.solved", {}),
    ]
    # Searches and views weigh more, so that sessions without a confirmation are common.
    weighted = (kinds[0], kinds[0], kinds[0], kinds[2], kinds[2], *kinds)
    while True:
        type_, data = story.choose.pick(weighted)
        story.tell(SUPPORT, type_, who, data=data, channel=story.choose.pick(HELP_CHANNELS))
        if story.choose.pick(SOMETIMES) or not story.choose.more():
            break
        story.wait(SHORT + EDGES[:4])
    follow_up(story, who)


def follow_up(story: Story, who: Json) -> None:
    """What the same customer may do next, often a contact right at the edge of the assumption time."""
    then = story.choose.pick((None, None, contact, contact, converse))
    if then is not None:
        story.wait((5 * MINUTE, DAY, DAY - 1, DAY, DAY + 1, *EDGES))
        then(story, who)


def contact(story: Story, who: Json) -> None:
    """The customer reaches for an agent, in one way or the other, and perhaps gets a reply."""
    identity = story.choose.pick(story.cast.conversations)
    common: Json = {"conversation_id": identity, "channel": story.choose.pick(("phone", "chat", "email"))}
    if story.choose.pick(OFTEN):
        opening = {"initiated_by": "customer", "with": "agent"}
        story.tell(SUPPORT, "conversation.started", who, data=opening, **common)
    else:
        said = {"actor": "customer", "public": True}
        story.tell(SUPPORT, "conversation.message", who, data=said, **common)
        story.tell(SUPPORT, "conversation.handed_off", who, **common)
    ending = story.choose.pick((None, "conversation.message", "conversation.resolved"))
    if ending is not None:
        story.wait(SHORT)
        said = {"actor": "agent", "public": True} if ending == "conversation.message" else {"by": "agent"}
        story.tell(SUPPORT, ending, who, data=said, **common)


def converse(story: Story, who: Json | None = None) -> None:
    """Part of a conversation: any beginning or none, then any steps in any order."""
    who = who or story.choose.pick(story.cast.everyone)
    identity = story.choose.pick(story.cast.conversations)
    usual = story.choose.pick(CONVERSATION_CHANNELS)

    def tell(type_: str, **data: Any) -> None:
        channel = story.choose.pick((usual,) * 8 + (None, "sms"))
        kept = {name: value for name, value in data.items() if value is not None}
        story.tell(SUPPORT, type_, who, data=kept, channel=channel, conversation_id=identity)

    def say(actor: str, public: bool = True) -> None:
        tell("conversation.message", actor=actor, public=public, bot="helper" if actor == "bot" else None)

    def start(initiator: str) -> None:
        partner = story.choose.pick((None, None, "bot", "agent"))
        tell("conversation.started", initiated_by=initiator, **{"with": partner})

    def resolve(by: str) -> None:
        tell("conversation.resolved", by=by, confirmed=story.choose.pick((None, None, False, True)))

    initiator = story.choose.pick(("customer", "customer", "customer", "bot", "agent", None))
    if initiator is not None:
        start(initiator)
        story.wait(SHORT)
    steps: list[Callable[[], None]] = [
        *[lambda: say("customer")] * 4,
        *[lambda: say("bot")] * 3,
        *[lambda: say("agent")] * 2,
        lambda: say("bot", public=False),
        lambda: say("agent", public=False),
        lambda: tell("conversation.handed_off"),
        lambda: resolve("customer"),
        *[lambda: resolve("bot")] * 2,
        *[lambda: resolve("agent")] * 2,
        *[lambda: tell("conversation.reopened")] * 2,
        lambda: tell("conversation.abandoned"),
        lambda: start("customer"),
    ]
    while story.choose.more():
        story.choose.pick(steps)()
        story.wait(DIALOGUE)


def ask_bot(story: Story) -> None:
    """A bot answers, then silence, a resolution, or a contact around the end of the assumption time."""
    who = story.choose.pick(story.cast.everyone)
    identity = story.choose.pick(story.cast.conversations)
    common: Json = {"conversation_id": identity, "channel": story.choose.pick(("bot", "chat"))}
    opening = {"initiated_by": story.choose.pick(("customer", "customer", "bot")), "with": "bot"}
    story.tell(SUPPORT, "conversation.started", who, data=opening, **common)
    if story.choose.pick(OFTEN):
        story.wait(SHORT)
        story.tell(SUPPORT, "conversation.message", who, data={"actor": "customer", "public": True}, **common)
    if story.choose.pick(OFTEN):
        story.wait(SHORT)
        said = {"actor": "bot", "public": story.choose.pick(OFTEN)}
        story.tell(SUPPORT, "conversation.message", who, data=said, **common)
    endings: list[tuple[str, Json] | None] = [
        None,
        None,
        ("conversation.resolved", {"by": "bot"}),
        ("conversation.resolved", {"by": "customer", "confirmed": True}),
        ("conversation.handed_off", {}),
        ("conversation.abandoned", {}),
    ]
    ending = story.choose.pick(endings)
    if ending is not None:
        story.wait(SHORT)
        story.tell(SUPPORT, ending[0], who, data=ending[1], **common)
    follow_up(story, who)


def administer(story: Story) -> None:
    """Flags, eligibility, identities, and events that make nobody a customer."""
    who = story.choose.pick(story.cast.everyone)
    user = {"user_id": story.choose.pick(story.cast.users)}
    # An account speaks for its one customer here, so that both scopes mean the same.
    scope = "account" if set(who) == {"account_id"} else "user"
    kinds: list[tuple[str, str, Json, Json]] = [
        (ACCOUNT, "user.signed_up", who, {}),
        (ACCOUNT, "user.flagged", who, {"reason": "fake"}),
        (ACCOUNT, "user.unflagged", who, {"reason": "fake"}),
        (ACCOUNT, "user.unflagged", who, {"reason": "fake"}),
        (ACCOUNT, "account.eligibility_changed", who, {"eligible": False, "scope": scope}),
        (ACCOUNT, "account.eligibility_changed", who, {"eligible": True, "scope": scope}),
        (ACCOUNT, "visit.started", who, {}),
        (ACCOUNT, "order.completed", who, {"order_id": "o1"}),
        (FEEDBACK, "email.delivered", who, {"email_id": "m1", "campaign": "spring"}),
        (FEEDBACK, "email.engaged", who, {"email_id": "m1", "action": "click"}),
        (FEEDBACK, "social.mentioned", who, {"network": "forum", "sentiment": "positive"}),
        (FEEDBACK, "survey.sent", who, {"request_id": "r1", "survey": "s", "kind": "csat"}),
        (FEEDBACK, "enhancement.requested", {}, {"enhancement_id": "x1"}),
    ]
    if story.cast.identities:
        named = [user | {"anonymous_id": visitor} for visitor in story.cast.visitors]
        kinds += [(ACCOUNT, "user.identified", subject, {}) for subject in named]
    else:
        kinds.append((ACCOUNT, "user.identified", user, {}))
    while True:
        topic, type_, subject, data = story.choose.pick(kinds)
        story.tell(topic, type_, subject, data=data)
        if story.choose.pick(SOMETIMES):
            # The opposite in the same millisecond.
            for opposite, other in OPPOSITES.get(type_, ()):
                story.tell(topic, opposite, subject, data=data | other)
        if not story.choose.more():
            return
        story.wait(DIALOGUE)


def delete(story: Story) -> None:
    """The end of a customer, and perhaps a new one of the same name."""
    who = {"user_id": story.choose.pick(story.cast.mortals)}
    # Bare, since nothing says whether what a deletion itself carries still counts.
    bare = {"topic": ACCOUNT, "type": "user.deleted", "time": story.clock, **who, "data": {}}
    story.events.append(bare)
    if story.choose.pick(SOMETIMES):
        story.wait((MINUTE, *EDGES))
        converse(story, who)


SCENARIOS = (
    use_product,
    seek_help,
    seek_help,
    ask_bot,
    ask_bot,
    converse,
    converse,
    administer,
    talk_to_bots,
    relapse,
    subscribe,
    come_back,
    go_through,
    arrive,
    belong,
    ask_opinion,
    write_mail,
    grow,
    look_up,
    look_up,
)

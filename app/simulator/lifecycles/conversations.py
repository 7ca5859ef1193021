"""Conversations with bots and agents."""

from __future__ import annotations

from typing import Any, Final

from app.simulator.lifecycles.feedback import satisfaction_survey
from app.simulator.lifecycles.product import HOUR, MINUTE, SECOND
from app.simulator.population import SURVEY, Customer
from app.simulator.vocabulary import AGENT_CHANNELS, BOT_CHANNELS, BOTS
from app.simulator.world import Lifecycle, World

# Mean time until an agent answers, and until the customer writes again, by channel.
_AGENT_REPLY: Final = {
    "chat": 3 * MINUTE,
    "phone": MINUTE,
    "in_app": 20 * MINUTE,
    "social": 2 * HOUR,
    "email": 4 * HOUR,
    "web": 5 * HOUR,
    "bot": 5 * MINUTE,
}
_CUSTOMER_REPLY: Final = {"chat": MINUTE, "phone": MINUTE // 2, "in_app": 5 * MINUTE, "bot": MINUTE}
_CUSTOMER_REPLY_ELSE: Final = 2 * HOUR

_REOPENED_AFTER: Final = 16 * HOUR
_SURVEYED: Final = 0.5
_INTERNAL_NOTE: Final = 0.25
_RESOLVED_BY_BOT: Final = 0.5


class Conversation:
    """One conversation: what can happen in it, as events."""

    __slots__ = ("_bot", "_customer", "_envelope", "_world", "channel")

    def __init__(self, world: World, customer: Customer, channel: str, *, bot: str | None = None) -> None:
        self._world = world
        self._customer = customer
        self._bot = bot
        self.channel = channel
        self._envelope = {"conversation_id": world.new_id("c"), "channel": channel}

    def start(self, initiated_by: str = "customer") -> None:
        """Begin it, with the bot if there is one, and with the first words of whoever begins."""
        data: dict[str, Any] = {"initiated_by": initiated_by}
        if self._bot is not None:
            data |= {"with": "bot", "bot": self._bot}
        self._emit("conversation.started", data)
        self.say(initiated_by)

    def say(self, actor: str, *, public: bool = True) -> None:
        """Write or speak."""
        data: dict[str, Any] = {"actor": actor, "public": public}
        if actor == "bot":
            data["bot"] = self._bot
        self._emit("conversation.message", data)

    def hand_off(self) -> None:
        """Pass it from the bot to an agent."""
        self._emit("conversation.handed_off", {"bot": self._bot})

    def resolve(self, by: str, *, confirmed: bool = False) -> None:
        """Close it as solved."""
        data: dict[str, Any] = {"by": by}
        if confirmed:
            data["confirmed"] = True
        self._emit("conversation.resolved", data)

    def reopen(self) -> None:
        """Go on after a resolution."""
        self._emit("conversation.reopened", None)

    def abandon(self) -> None:
        """Leave it, visibly."""
        self._emit("conversation.abandoned", None)

    def _emit(self, type_: str, data: dict[str, Any] | None) -> None:
        self._world.emit(type_, self._customer, data, **self._envelope)


def bot_conversation(world: World, customer: Customer) -> Conversation:
    """Return a conversation with one of the bots that has not begun."""
    return Conversation(world, customer, world.draw(BOT_CHANNELS), bot=world.draw(BOTS))


def confirmed_by_bot(world: World, customer: Customer) -> Lifecycle:
    """A bot solves it, and the customer says so."""
    talk = bot_conversation(world, customer)
    proactive = world.chance(0.06)
    talk.start("bot" if proactive else "customer")
    if proactive:
        yield world.wait(40 * SECOND, 2 * SECOND)
        talk.say("customer")
    yield from _exchange(world, talk, world.between(1, 3))
    yield world.wait(50 * SECOND, 5 * SECOND)
    talk.resolve("customer") if world.chance(0.6) else talk.resolve("bot", confirmed=True)
    ask_for_satisfaction(world, customer, talk.channel)
    if world.chance(world.behaviour.reopened):
        yield world.wait(_REOPENED_AFTER, 10 * MINUTE)
        talk.reopen()
        talk.say("customer")
        yield from _exchange(world, talk, 1)
        yield world.wait(MINUTE, 5 * SECOND)
        talk.resolve("customer")


def assumed_by_bot(world: World, customer: Customer) -> Lifecycle:
    """A bot answers, and the customer is heard of no more."""
    talk = bot_conversation(world, customer)
    talk.start()
    yield from _exchange(world, talk, world.between(1, 2))
    if world.chance(_RESOLVED_BY_BOT):
        yield world.wait(8 * MINUTE, MINUTE)
        talk.resolve("bot")


def abandoned_bot(world: World, customer: Customer) -> Lifecycle:
    """The customer leaves before the bot has answered anything."""
    talk = bot_conversation(world, customer)
    talk.start()
    if world.chance(0.5):
        yield world.wait(MINUTE, 5 * SECOND)
        talk.abandon()


def handed_off_by_bot(world: World, customer: Customer) -> Lifecycle:
    """A bot tries, then an agent takes over."""
    talk = bot_conversation(world, customer)
    talk.start()
    yield from _exchange(world, talk, world.between(1, 2))
    yield world.wait(30 * SECOND, 5 * SECOND)
    talk.hand_off()
    yield from _served_by_agent(world, customer, talk)


def agent_conversation(world: World, customer: Customer) -> Lifecycle:
    """A ticket: the customer turns to an agent, who solves it, sometimes twice."""
    talk = Conversation(world, customer, world.draw(AGENT_CHANNELS))
    talk.start()
    yield from _served_by_agent(world, customer, talk)


def outreach(world: World, customer: Customer) -> Lifecycle:
    """An agent writes first; the customer answers or does not."""
    talk = Conversation(world, customer, "email")
    talk.start("agent")
    if world.chance(0.3):
        yield world.wait(5 * HOUR, MINUTE)
        talk.say("customer")
        yield from _served_by_agent(world, customer, talk)


def abandoned_agent(world: World, customer: Customer) -> Lifecycle:
    """The customer does not wait for an agent: hangs up, closes the chat, or withdraws the ticket."""
    talk = Conversation(world, customer, "phone" if world.chance(0.6) else world.draw(AGENT_CHANNELS))
    talk.start()
    yield world.wait(_AGENT_REPLY[talk.channel], 10 * SECOND)
    talk.abandon()


def ask_for_satisfaction(world: World, customer: Customer, channel: str) -> None:
    """Send the survey that follows some resolutions."""
    if not customer.busy & SURVEY and world.chance(_SURVEYED):
        customer.busy |= SURVEY
        world.spawn(satisfaction_survey(world, customer, channel), world.between(1, 20) * MINUTE)


def _exchange(world: World, talk: Conversation, rounds: int) -> Lifecycle:
    """The bot answers, the customer asks on."""
    for n in range(rounds):
        if n:
            yield world.wait(_CUSTOMER_REPLY.get(talk.channel, MINUTE), 3 * SECOND)
            talk.say("customer")
        yield world.wait(3 * SECOND, SECOND)
        talk.say("bot")


def _served_by_agent(world: World, customer: Customer, talk: Conversation) -> Lifecycle:
    yield from _replies(world, talk, world.between(1, 3))
    if world.chance(world.behaviour.left_open):
        return
    yield world.wait(_AGENT_REPLY[talk.channel], 20 * SECOND)
    talk.resolve("agent", confirmed=world.chance(0.3))
    ask_for_satisfaction(world, customer, talk.channel)
    if world.chance(world.behaviour.reopened):
        yield world.wait(_REOPENED_AFTER, 10 * MINUTE)
        talk.reopen()
        yield from _replies(world, talk, 1)
        yield world.wait(_AGENT_REPLY[talk.channel], 20 * SECOND)
        talk.resolve("agent")


def _replies(world: World, talk: Conversation, rounds: int) -> Lifecycle:
    agent = _AGENT_REPLY[talk.channel]
    customer = _CUSTOMER_REPLY.get(talk.channel, _CUSTOMER_REPLY_ELSE)
    for n in range(rounds):
        if n:
            yield world.wait(customer, 5 * SECOND)
            talk.say("customer")
        if world.chance(_INTERNAL_NOTE):
            yield world.wait(agent // 2, 5 * SECOND)
            talk.say("agent", public=False)
        yield world.wait(agent, 5 * SECOND)
        talk.say("agent")

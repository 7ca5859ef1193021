"""Stories about bots with names, and about whether what was solved stayed solved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle.settings import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.scenarios import Json, Story

TOPIC = "support.events"
BOTS = (None, None, "helper", "guide", "all")
PAUSES = (MINUTE, 0, SECOND, 10 * MINUTE, HOUR, DAY - 1, DAY, DAY + 1, 3 * DAY)
#: Around the end of the seven days, counted from a confirmation and from the end of the assumption time.
WEEKS = (2 * DAY, 6 * DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 8 * DAY - 1, 8 * DAY, 8 * DAY + 1)


def talk_to_bots(story: Story) -> None:
    """A dialogue with bots that name themselves now and then, and with whom else comes in."""
    who = story.choose.pick(story.cast.everyone)
    common: Json = {
        "conversation_id": story.choose.pick(story.cast.conversations),
        "channel": story.choose.pick(("bot", "chat", "email")),
    }

    def tell(type_: str, data: Json) -> None:
        bot = story.choose.pick(BOTS)
        story.tell(TOPIC, type_, who, data=data if bot is None else data | {"bot": bot}, **common)

    opening: Json = {"initiated_by": story.choose.pick(("customer", "customer", "bot", "agent"))}
    partner = story.choose.pick((None, "bot", "agent"))
    tell("conversation.started", opening if partner is None else opening | {"with": partner})
    steps: list[tuple[str, Json]] = [
        ("conversation.message", {"actor": "customer", "public": True}),
        ("conversation.message", {"actor": "bot", "public": True}),
        ("conversation.message", {"actor": "agent", "public": True}),
        ("conversation.message", {"actor": "bot", "public": False}),
        ("conversation.handed_off", {}),
    ]
    while story.choose.more():
        story.wait(PAUSES)
        type_, data = story.choose.pick((*steps[:2], *steps[:2], *steps))
        tell(type_, data)


def relapse(story: Story) -> None:
    """Something is solved without an agent, or not even tried; then the customer comes back around the end of a week, or does not."""
    who = story.choose.pick(story.cast.everyone)
    common: Json = {
        "conversation_id": story.choose.pick(story.cast.conversations),
        "channel": story.choose.pick(("bot", "chat")),
    }

    def tell(type_: str, data: Json | None = None, **envelope: Any) -> None:
        story.tell(TOPIC, type_, who, data=data, **envelope)

    def dialogue() -> None:
        tell("conversation.started", {"initiated_by": "customer", "with": "bot", "bot": "helper"}, **common)
        tell("conversation.message", {"actor": "customer", "public": True}, **common)
        tell("conversation.message", {"actor": "bot", "public": True}, **common)

    def reading() -> None:
        tell("help.article_viewed", {"article": "a1", "in_app": False})

    def searching() -> None:
        tell("help.searched", {"search_id": "s1", "results": 0})

    story.choose.pick((dialogue, reading, searching))()
    if story.choose.pick((False, False, True)):
        story.wait(PAUSES)
        solved: list[Callable[[], None]] = [
            lambda: tell("conversation.resolved", {"by": "customer"}, **common),
            lambda: tell("conversation.resolved", {"by": "bot"}, **common),
            lambda: tell("help.solved"),
        ]
        story.choose.pick(solved)()
    again: list[Callable[[], None]] = [
        lambda: tell("conversation.reopened", **common),
        lambda: tell("conversation.handed_off", **common),
        lambda: tell("conversation.message", {"actor": "agent", "public": True}, **common),
        lambda: tell("conversation.message", {"actor": "bot", "public": True}, **common),
        lambda: tell("conversation.resolved", {"by": "customer"}, **common),
        lambda: tell(
            "conversation.started",
            {"initiated_by": "customer", "with": "agent"},
            conversation_id=story.choose.pick(story.cast.conversations),
            channel="email",
        ),
        reading,
        searching,
    ]
    while story.choose.more():
        story.wait((*PAUSES, *WEEKS))
        story.choose.pick(again)()

"""Stories of the help: searches, articles read in and outside the product, and contacts around the end of the assumption time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.settings import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from tests.oracle.scenarios import Json, Story

SUPPORT, PRODUCT = "support.events", "product.events"
SEARCHES = ("s1", "s2", "s3", "s4")
ARTICLES = ("a1", "a2", "a3", "all")
PAUSES = (MINUTE, 0, SECOND, 10 * MINUTE, HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY, 8 * DAY)


def look_up(story: Story) -> None:
    """Searches and their results, articles and their ratings, work in between on any platform, and now and then an agent."""
    who = story.choose.pick(story.cast.everyone)

    def tell(type_: str, data: Json | None = None, topic: str = SUPPORT) -> None:
        channel = story.choose.pick((None, "in_app", "help_center")) if type_.startswith("help.") else None
        story.tell(topic, type_, who, data=data, channel=channel)

    def contact() -> None:
        common: Json = {"conversation_id": story.choose.pick(story.cast.conversations), "channel": "chat"}
        kinds: list[tuple[str, Json]] = [
            ("conversation.started", {"initiated_by": "customer", "with": "agent"}),
            ("conversation.started", {"initiated_by": "bot"}),
            ("conversation.message", {"actor": "customer", "public": True}),
            ("conversation.handed_off", {}),
            ("conversation.reopened", {}),
        ]
        type_, data = story.choose.pick(kinds)
        story.tell(SUPPORT, type_, who, data=data, **common)

    def step() -> None:
        search, article = story.choose.pick(SEARCHES), story.choose.pick(ARTICLES)
        match story.choose.pick(("search", "click", "view", "view", "search", "click", "rate", "use", "ask")):
            case "search":
                tell("help.searched", {"search_id": search, "results": story.choose.pick((3, 0, 1))})
            case "click":
                tell("help.result_clicked", {"search_id": search, "article": article})
            case "view":
                tell("help.article_viewed", {"article": article, "in_app": story.choose.pick((False, True))})
            case "rate":
                tell("help.article_rated", {"article": article, "helpful": story.choose.pick((True, False))})
            case "use":
                tell(story.choose.pick(("page.viewed", "session.started")), topic=PRODUCT)
            case _:
                contact()

    step()
    while story.choose.more():
        story.wait(PAUSES)
        step()

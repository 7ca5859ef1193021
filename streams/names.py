"""The names under which the worker meets Kafka: topics with their prefix, transactional ids."""

from __future__ import annotations

from typing import Final

from schemas.topics import SOURCE_TOPICS

EVENTS: Final = "selfserve.events"
STATE: Final = "selfserve.state"
PANES: Final = "selfserve.panes"
DEAD_LETTERS: Final = "selfserve.dead-letters"
INTERVENTIONS: Final = "selfserve.interventions"

SOURCES: Final[tuple[str, ...]] = (*(spec.name for spec in SOURCE_TOPICS), EVENTS)
"""The topics that are consumed, by logical name: what producers fill, and what was brought home."""

CHANGELOGS: Final[tuple[str, ...]] = (STATE, PANES)
"""The topics that hold a number's checkpoints."""


class Names:
    """Translates between the logical names of the event contract and those in Kafka."""

    __slots__ = ("_logical", "_topics", "group", "sources")

    def __init__(self, *, prefix: str, group: str) -> None:
        self.group = group
        self._topics = {name: prefix + name for name in (*SOURCES, *CHANGELOGS, DEAD_LETTERS, INTERVENTIONS)}
        self._logical = {topic: name for name, topic in self._topics.items()}
        self.sources: tuple[str, ...] = tuple(self._topics[name] for name in SOURCES)
        """The consumed topics as Kafka knows them."""

    def topic(self, logical: str) -> str:
        """Kafka's name of a topic. Raises KeyError for a topic that the worker has nothing to do with."""
        return self._topics[logical]

    def logical(self, topic: str) -> str:
        """The logical name of one of Kafka's topics. Raises KeyError as `topic` does."""
        return self._logical[topic]

    def transactional_id(self, number: int) -> str:
        """The transactional id of a partition number.

        It depends on nothing but group and number: whoever takes a number over thereby fences its last owner.
        """
        return f"{self.group}-{number}"

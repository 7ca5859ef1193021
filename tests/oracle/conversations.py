"""A conversation as its events in order, and what can be read off them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oracle.people import Event, Life

ORDER = {
    "conversation.started": 0,
    "customer": 1,
    "bot": 2,
    "agent": 3,
    "conversation.handed_off": 4,
    "conversation.resolved": 5,
    "conversation.reopened": 6,
    "conversation.abandoned": 7,
}


def place(event: Event) -> tuple[int, int]:
    """Where an event stands in its conversation: (time, its kind's place in that millisecond)."""
    kind = event.data("actor") if event.type == "conversation.message" else event.type
    return event.time, ORDER[kind]


def wrote(event: Event, actor: str) -> bool:
    return event.type == "conversation.message" and event.data("actor") == actor


def resolved(event: Event, by: str | None = None) -> bool:
    return event.type == "conversation.resolved" and by in {None, event.data("by")}


def is_public(event: Event) -> bool:
    return event.data("public") is not False


def agent_acts(event: Event) -> bool:
    """An agent's message, public or not, a hand-off to an agent, or an agent's resolution."""
    return wrote(event, "agent") or event.type == "conversation.handed_off" or resolved(event, "agent")


@dataclass(frozen=True)
class Conversation:
    """The events of one conversation_id of one customer, in order. Positions are indices into `events`."""

    id: str
    events: list[Event]

    @cached_property
    def start(self) -> Event | None:
        return next((e for e in self.events if e.type == "conversation.started"), None)

    @cached_property
    def channel(self) -> str:
        if self.start is not None and (channel := self.start.field("channel")):
            return channel
        return next((channel for e in self.events if (channel := e.field("channel"))), "unknown")

    @cached_property
    def with_bot(self) -> bool:
        chosen = self.start.data("with") if self.start is not None else None
        return bool(chosen == "bot" if chosen else self.channel == "bot")

    @cached_property
    def customer_initiated(self) -> bool:
        return self.start is not None and self.start.data("initiated_by") == "customer"

    @cached_property
    def begin(self) -> int | None:
        """Position of the begin; None: it has not begun."""
        for position, event in enumerate(self.events):
            if event is self.start if self.customer_initiated else wrote(event, "customer"):
                return position
        return None

    @cached_property
    def contacts(self) -> list[int]:
        """Times at which the customer reached for an agent here."""
        if self.begin is None:
            return []
        handed_off = [e.time for e in self.events[self.begin :] if e.type == "conversation.handed_off"]
        own = [self.events[self.begin].time] if self.customer_initiated and not self.with_bot else []
        return own + handed_off

    @cached_property
    def served(self) -> int | None:
        """Position of the first public reply after the begin; None: nobody replied."""
        if self.begin is None:
            return None
        return next((n for n in range(self.begin + 1, len(self.events)) if self._is_reply(n)), None)

    @cached_property
    def bot_since_begin(self) -> bool:
        return self.begin is not None and any(
            wrote(e, "bot") or resolved(e, "bot") for e in self.events[self.begin :]
        )

    @cached_property
    def reopening(self) -> int | None:
        """Position of the last reopening since the begin."""
        reopened = [
            n
            for n, e in enumerate(self.events)
            if e.type == "conversation.reopened" and self.begin is not None and n > self.begin
        ]
        return reopened[-1] if reopened else None

    @cached_property
    def phase(self) -> list[int]:
        """Positions after the last reopening, from the begin on where there was none."""
        if self.begin is None:
            return []
        first = self.begin if self.reopening is None else self.reopening + 1
        return list(range(first, len(self.events)))

    @cached_property
    def agent_in(self) -> int | None:
        """Position at which an agent came into the last phase; None: no agent takes part."""
        if self.reopening is None and not self.with_bot:
            return self.begin
        return next((n for n in self.phase if agent_acts(self.events[n])), None)

    @cached_property
    def answers(self) -> list[int]:
        """Positions of the answers used in the last phase."""
        if self.begin is None:
            return []
        asked = next(
            (n for n in range(self.begin, len(self.events)) if wrote(self.events[n], "customer")), None
        )
        return [
            n
            for n in self.phase
            if resolved(self.events[n], "bot")
            or (
                asked is not None and asked < n and wrote(self.events[n], "bot") and is_public(self.events[n])
            )
        ]

    @cached_property
    def served_in_phase(self) -> bool:
        return any(n != self.begin and self._is_reply(n) for n in self.phase)

    def in_phase(self, type_: str) -> list[int]:
        """Positions of the events of a type in the last phase."""
        return [n for n in self.phase if self.events[n].type == type_]

    def _is_reply(self, position: int) -> bool:
        event = self.events[position]
        return (wrote(event, "bot") or wrote(event, "agent")) and is_public(event)


def conversations_of(life: Life) -> list[Conversation]:
    """The customer's conversations, by id."""
    by_id: dict[str, list[Event]] = defaultdict(list)
    for event in life.events:
        identity = event.field("conversation_id")
        if identity is not None and event.type.startswith("conversation."):
            by_id[identity].append(event)
    return [
        Conversation(identity, sorted(events, key=lambda e: (place(e), e.id)))
        for identity, events in sorted(by_id.items())
    ]

"""A conversation read in order: the one pass over its events from which all that it counts in follows."""

from __future__ import annotations

from typing import Any, Final, cast

from streams.core.dimensions import UNKNOWN
from streams.core.facts.support import Conversation, Entry
from streams.core.support import (
    ABANDONED,
    HANDED_OFF,
    MESSAGE_AGENT_PRIVATE,
    MESSAGE_AGENT_PUBLIC,
    MESSAGE_BOT_PRIVATE,
    MESSAGE_BOT_PUBLIC,
    MESSAGE_CUSTOMER,
    MOMENTS_APART,
    REOPENED,
    RESOLVED,
    RESOLVED_AGENT,
    RESOLVED_BOT,
    RESOLVED_LAST,
    STARTED_LAST,
)
from streams.core.time import MINUTE_MS

CONFIRMED_CLAIM: Final = -1
"""Stands in a claim for a confirmation, which needs no silence."""
FOREVER: Final = 1 << 62

Claim = tuple[int, int]
"""What may have solved it without an agent: the instant (ms), and up to when nothing of the conversation itself broke the silence after it."""


def _is_agent(code: int) -> bool:
    return (
        code == HANDED_OFF
        or MESSAGE_AGENT_PUBLIC <= code <= MESSAGE_AGENT_PRIVATE
        or RESOLVED_AGENT <= code <= RESOLVED_LAST
    )


def _is_bot(code: int) -> bool:
    return MESSAGE_BOT_PUBLIC <= code <= MESSAGE_BOT_PRIVATE or RESOLVED_BOT <= code < RESOLVED_AGENT


def _confirms(code: int) -> bool:
    """Resolved by the customer, or by somebody else with the customer's confirmation."""
    return RESOLVED <= code <= RESOLVED_LAST and (code < RESOLVED_BOT or code & 1 == 1)


def _first_channel(entries: list[Any]) -> str:
    for e in entries:
        channel: str = e[2]
        if channel:
            return channel
    return UNKNOWN


def _first_of(entries: list[Any], code: int) -> int:
    """The place of the first entry with a code, −1 if there is none."""
    for i in range(len(entries)):
        found: int = entries[i][1]
        if found == code:
            return i
    return -1


class Course:
    """One conversation read in order: where it began, its last phase, and what happened in it.

    Entries are None where nothing of the kind happened. `begun` is False where the conversation is no issue.
    """

    __slots__ = (
        "abandoned",
        "agent",
        "answer",
        "begin",
        "begun",
        "bot_before_agent",
        "bot_handled",
        "bot_involved",
        "channel",
        "claims",
        "confirmed",
        "contacts",
        "dimensions_fixed",
        "entries",
        "first_abandoned",
        "first_human",
        "first_resolved",
        "first_served",
        "handed_off",
        "phase",
        "reopened_after_resolution",
        "resolved",
        "served",
        "start",
        "to_bot",
        "with_bot",
    )

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.dimensions_fixed = True
        """Whether later events cannot change the outcome's plan and segment (set once it is decided)."""
        # As objects: compiled, a tuple whose items have types is taken apart wherever it is looked at.
        items = cast("list[Any]", entries)
        start: Any = None
        channel: str = ""
        by = who = begin = -1
        for i in range(len(items)):
            code: int = items[i][1]
            if code <= STARTED_LAST:
                start = items[i]
                by, who = code // 3, code % 3
                channel = start[2]
                begin = i
                break
        if not channel:
            channel = _first_channel(items)
        if by != 0:
            begin = _first_of(items, MESSAGE_CUSTOMER)
        self.start: Entry | None = start
        self.channel = channel
        self.with_bot = who == 1 or (who <= 0 and channel == "bot")
        self.begin = begin
        self.begun = begin >= 0
        self._read(items, customer_began=by == 0)

    def _read(self, items: list[Any], *, customer_began: bool) -> None:
        """Read it all: what counts in any case, and from the beginning on what counts of an issue."""
        begin, channel, with_bot = self.begin, self.channel, self.with_bot
        begun = begin >= 0
        self.to_bot: list[tuple[str, int]] = []
        self.contacts: list[int] = []
        self.reopened_after_resolution = False
        first_resolved: Any = None
        # Of the last phase.
        agent: Any = None
        confirmed: Any = None
        answer: Any = None
        resolved: Any = None
        abandoned: Any = None
        served = handed_off = False
        # Of the whole issue.
        first_abandoned: Any = None
        first_served: Any = None
        first_human: Any = None
        bot_involved = bot_before_agent = with_bot
        bot_handled = asked = False
        phase = begin
        alone = with_bot
        if begun and not with_bot:
            agent = items[begin]
            if customer_began:
                self.contacts.append(items[begin][0])
        for i in range(len(items)):
            e = items[i]
            code: int = e[1]
            within = begun and i >= begin
            if code == MESSAGE_CUSTOMER:
                if alone:
                    self.to_bot.append((e[2] or channel, e[0] // MINUTE_MS))
                asked = asked or within
                continue
            by_agent = _is_agent(code)
            if by_agent:
                alone = False
            if RESOLVED <= code <= RESOLVED_LAST:
                if first_resolved is None:
                    first_resolved = e
            elif code == REOPENED and first_resolved is not None:
                self.reopened_after_resolution = True
            if not within:
                continue
            if code == REOPENED and i > begin:
                # Another phase, of which nothing is known yet; there was no agent in it.
                phase = i
                agent = confirmed = answer = resolved = abandoned = None
                served = handed_off = False
                bot_before_agent = bot_involved
                continue
            if by_agent and agent is None:
                agent = e
            if _is_bot(code):
                bot_involved = True
                if agent is None:
                    bot_before_agent = True
            if code in (MESSAGE_BOT_PUBLIC, MESSAGE_AGENT_PUBLIC):
                if i > begin:
                    if first_served is None:
                        first_served = e
                    served = True
                    if code == MESSAGE_BOT_PUBLIC:
                        bot_handled = True
                        if asked:
                            answer = e
                    elif first_human is None:
                        first_human = e
            elif RESOLVED <= code <= RESOLVED_LAST:
                if resolved is None:
                    resolved = e
                if confirmed is None and _confirms(code):
                    confirmed = e
                if RESOLVED_BOT <= code < RESOLVED_AGENT:
                    answer = e
            elif code == HANDED_OFF:
                self.contacts.append(e[0])
                bot_handled = handed_off = True
            elif code == ABANDONED:
                if first_abandoned is None:
                    first_abandoned = e
                if abandoned is None:
                    abandoned = e
        self.first_resolved: Entry | None = first_resolved
        self.phase = phase
        self.agent: Entry | None = agent
        self.bot_involved = bot_involved
        self.bot_before_agent = bot_before_agent
        self.confirmed: Entry | None = confirmed
        self.answer: Entry | None = answer
        self.resolved: Entry | None = resolved
        self.abandoned: Entry | None = abandoned
        self.first_abandoned: Entry | None = first_abandoned
        self.first_served: Entry | None = first_served
        self.first_human: Entry | None = first_human
        self.served = served
        self.bot_handled = bot_handled
        self.handed_off = handed_off or (agent is not None and bot_before_agent)
        self.claims = self._claims() if begun and (with_bot or phase > begin) else []

    @property
    def waiting(self) -> int:
        """The last answer (ms), if the outcome depends on the silence after it; else −1."""
        if self.answer is None or self.agent is not None or self.confirmed is not None:
            return -1
        return self.answer[0]

    def last_to_bot(self) -> list[tuple[str, int]]:
        """The last message to a bot by channel, as (channel, minute)."""
        # In order of time, so the last one of each channel stays.
        return sorted(dict(self.to_bot).items()) if self.to_bot else []

    def moments(self) -> list[int]:
        """The instants of claims, without those that follow another closely."""
        moments: list[int] = []
        for time, _ in self.claims:
            if not moments or time - moments[-1] > MOMENTS_APART:
                moments.append(time)
        return moments

    def _claims(self) -> list[Claim]:
        """The answers and the confirmation that no agent had a part in, phase by phase, as the customer lived through them."""
        claims: list[Claim] = []
        alone, asked = self.with_bot, False
        items = cast("list[Any]", self.entries)
        for i in range(self.begin, len(items)):
            code: int = items[i][1]
            if code == MESSAGE_CUSTOMER:
                asked = True
                continue
            agent = _is_agent(code)
            confirmed = alone and not agent and _confirms(code)
            answer = alone and (
                RESOLVED_BOT <= code < RESOLVED_AGENT or (asked and code == MESSAGE_BOT_PUBLIC)
            )
            if not (agent or confirmed or answer or code == REOPENED):
                continue
            time: int = items[i][0]
            if claims and claims[-1][1] == FOREVER:
                claims[-1] = (claims[-1][0], time)
            if confirmed:
                claims.append((time, CONFIRMED_CLAIM))
                break
            if answer:
                claims.append((time, FOREVER))
            alone = (alone and not agent) or code == REOPENED
        return claims


def derive(conversation: Conversation) -> Course:
    """Read a conversation and set what it derives (`contacts`, `answer`, `to_bot`, `moments`)."""
    course = Course(conversation.entries)
    conversation.contacts = course.contacts
    conversation.answer = course.waiting
    conversation.moments = course.moments()
    conversation.to_bot = course.last_to_bot()
    return course

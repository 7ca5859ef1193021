"""A conversation read in order: the one pass over its events from which all that it counts in follows."""

from __future__ import annotations

from typing import Final

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
        start = next((e for e in entries if e[1] <= STARTED_LAST), None)
        self.start = start
        self.channel = (start[2] if start else "") or next((e[2] for e in entries if e[2]), UNKNOWN)
        who = start[1] % 3 if start else 0
        self.with_bot = who == 1 or (who == 0 and self.channel == "bot")
        self.begin = self._begin(start)
        self.begun = self.begin >= 0
        self._read_whole()
        if self.begun:
            self._read_issue(customer_began=start is not None and start[1] < 3)

    def _begin(self, start: Entry | None) -> int:
        if start is not None and start[1] < 3:
            return self.entries.index(start)
        return next((i for i, e in enumerate(self.entries) if e[1] == MESSAGE_CUSTOMER), -1)

    def _read_whole(self) -> None:
        """What counts whether the conversation is an issue or not."""
        self.first_resolved: Entry | None = None
        self.reopened_after_resolution = False
        self.to_bot: list[tuple[str, int]] = []
        alone = self.with_bot
        for e in self.entries:
            code = e[1]
            if code == MESSAGE_CUSTOMER:
                if alone:
                    self.to_bot.append((e[2] or self.channel, e[0] // MINUTE_MS))
            elif _is_agent(code):
                alone = False
            if RESOLVED <= code <= RESOLVED_LAST:
                if self.first_resolved is None:
                    self.first_resolved = e
            elif code == REOPENED and self.first_resolved is not None:
                self.reopened_after_resolution = True

    def _read_issue(self, *, customer_began: bool) -> None:
        entries, begin = self.entries, self.begin
        self.contacts = [e[0] for e in entries[begin:] if e[1] == HANDED_OFF]
        began_with_agent = not self.with_bot
        if customer_began and began_with_agent:
            self.contacts.insert(0, entries[begin][0])
        phase = begin
        handed_off = False
        for i in range(len(entries) - 1, begin, -1):
            if entries[i][1] == REOPENED:
                phase = i
                break
        self.phase = phase
        self.agent: Entry | None = entries[begin] if began_with_agent and phase == begin else None
        self.bot_involved = self.with_bot
        self.bot_before_agent = self.with_bot
        self.confirmed: Entry | None = None
        self.answer: Entry | None = None
        self.resolved: Entry | None = None
        self.abandoned: Entry | None = None
        self.first_abandoned: Entry | None = None
        self.first_served: Entry | None = None
        self.first_human: Entry | None = None
        self.served = False
        self.bot_handled = False
        asked = False
        for i in range(begin, len(entries)):
            e = entries[i]
            code = e[1]
            in_phase = i >= phase
            if in_phase and self.agent is None and _is_agent(code):
                self.agent = e
            if _is_bot(code):
                self.bot_involved = True
                if self.agent is None:
                    self.bot_before_agent = True
            if code == MESSAGE_CUSTOMER:
                asked = True
            elif code in (MESSAGE_BOT_PUBLIC, MESSAGE_AGENT_PUBLIC):
                if i > begin:
                    if self.first_served is None:
                        self.first_served = e
                    if code == MESSAGE_BOT_PUBLIC:
                        self.bot_handled = True
                    elif self.first_human is None:
                        self.first_human = e
                if in_phase and i > begin:
                    self.served = True
                    if code == MESSAGE_BOT_PUBLIC and asked:
                        self.answer = e
            elif RESOLVED <= code <= RESOLVED_LAST:
                if in_phase:
                    if self.resolved is None:
                        self.resolved = e
                    if self.confirmed is None and _confirms(code):
                        self.confirmed = e
                    if RESOLVED_BOT <= code < RESOLVED_AGENT:
                        self.answer = e
            elif code == HANDED_OFF:
                self.bot_handled = True
                handed_off = handed_off or in_phase
            elif code == ABANDONED:
                if self.first_abandoned is None:
                    self.first_abandoned = e
                if in_phase and self.abandoned is None:
                    self.abandoned = e
        self.handed_off = handed_off or (self.agent is not None and self.bot_before_agent)
        self.claims = self._claims() if self.with_bot or phase > begin else []

    def _claims(self) -> list[Claim]:
        """The answers and the confirmation that no agent had a part in, phase by phase, as the customer lived through them."""
        claims: list[Claim] = []
        alone, asked = self.with_bot, False
        for e in self.entries[self.begin :]:
            time, code = e[0], e[1]
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
            if claims and claims[-1][1] == FOREVER:
                claims[-1] = (claims[-1][0], time)
            if confirmed:
                claims.append((time, CONFIRMED_CLAIM))
                break
            if answer:
                claims.append((time, FOREVER))
            alone = (alone and not agent) or code == REOPENED
        return claims


def _moments(claims: list[Claim]) -> list[int]:
    """The instants of claims, without those that follow another closely."""
    moments: list[int] = []
    for time, _ in claims:
        if not moments or time - moments[-1] > MOMENTS_APART:
            moments.append(time)
    return moments


def derive(conversation: Conversation) -> Course:
    """Read a conversation and set what it derives (`contacts`, `answer`, `to_bot`, `moments`)."""
    course = Course(conversation.entries)
    if course.begun:
        conversation.contacts = course.contacts
        waits = course.agent is None and course.confirmed is None and course.answer is not None
        conversation.answer = course.answer[0] if waits and course.answer else -1
        conversation.moments = _moments(course.claims)
    else:
        conversation.contacts = []
        conversation.answer = -1
        conversation.moments = []
    # In order of time, so the last one of each channel stays.
    conversation.to_bot = sorted(dict(course.to_bot).items())
    return course

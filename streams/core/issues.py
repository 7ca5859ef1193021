"""Issues: what conversations and help sessions come to (`docs/definitions.md`, "Issues and outcomes").

Pure functions from facts to contributions. Every update is local: it looks at the issue that the event belongs to and
at those that its contacts touch, never at all of a customer's history.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from streams.core.contribution import Delta, difference
from streams.core.definitions import Definitions
from streams.core.dimensions import UNKNOWN
from streams.core.distributions import bucket_of
from streams.core.measures import Contribution
from streams.core.support import (
    ABANDONED,
    ACTOR_NAMES,
    HANDED_OFF,
    MAX_ENTRIES,
    MESSAGE_AGENT_PRIVATE,
    MESSAGE_AGENT_PUBLIC,
    MESSAGE_BOT_PRIVATE,
    MESSAGE_BOT_PUBLIC,
    MESSAGE_CUSTOMER,
    REOPENED,
    RESOLVED,
    RESOLVED_AGENT,
    RESOLVED_BOT,
    RESOLVED_LAST,
    STARTED_LAST,
    Conversation,
    Entry,
    HelpEvent,
    HelpSession,
    Support,
)
from streams.core.time import MINUTE_MS, deadline_minute

CONFIRMED: Final = "confirmed"
ASSUMED: Final = "assumed"
ESCALATED: Final = "escalated"
AGENT_RESOLVED: Final = "agent_resolved"
ABANDONED_OUTCOME: Final = "abandoned"
OUTCOMES: Final = (CONFIRMED, ASSUMED, ESCALATED, AGENT_RESOLVED, ABANDONED_OUTCOME)


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
        "bot_involved",
        "channel",
        "confirmed",
        "contacts",
        "dimensions_fixed",
        "entries",
        "first_abandoned",
        "first_resolved",
        "first_served",
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
        for i in range(len(entries) - 1, begin, -1):
            if entries[i][1] == REOPENED:
                phase = i
                break
        self.agent: Entry | None = entries[begin] if began_with_agent and phase == begin else None
        self.bot_involved = self.with_bot
        self.bot_before_agent = self.with_bot
        self.confirmed: Entry | None = None
        self.answer: Entry | None = None
        self.resolved: Entry | None = None
        self.abandoned: Entry | None = None
        self.first_abandoned: Entry | None = None
        self.first_served: Entry | None = None
        self.served = False
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
                if i > begin and self.first_served is None:
                    self.first_served = e
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
            elif code == ABANDONED:
                if self.first_abandoned is None:
                    self.first_abandoned = e
                if in_phase and self.abandoned is None:
                    self.abandoned = e


def derive(conversation: Conversation) -> Course:
    """Read a conversation and set what it derives (`contacts`, `answer`, `to_bot`)."""
    course = Course(conversation.entries)
    if course.begun:
        conversation.contacts = course.contacts
        waits = course.agent is None and course.confirmed is None and course.answer is not None
        conversation.answer = course.answer[0] if waits and course.answer else -1
    else:
        conversation.contacts = []
        conversation.answer = -1
    # In order of time, so the last one of each channel stays.
    conversation.to_bot = sorted(dict(course.to_bot).items())
    return course


class Decision(NamedTuple):
    """An issue's outcome: what, at which minute, and the plan and segment of the deciding event."""

    outcome: str
    minute: int
    plan: str
    segment: str


def _at(outcome: str, entry: Entry) -> Decision:
    return Decision(outcome, entry[0] // MINUTE_MS, entry[3], entry[4])


def decide(course: Course, support: Support, merged: bool, definitions: Definitions) -> Decision | None:
    """The outcome of a conversation that has begun; None while it has none. `merged`: a help session went into it."""
    entries = course.entries
    last = entries[-1]
    inactivity = definitions.inactivity(course.channel)
    if course.agent is not None:
        if merged or course.bot_before_agent:
            return _at(ESCALATED, course.agent)
        if course.resolved is not None:
            return _at(AGENT_RESOLVED, course.resolved)
        silent = not course.served
    else:
        if course.confirmed is not None:
            return _at(CONFIRMED, course.confirmed)
        if course.answer is not None:
            t, _, _, plan, segment = course.answer
            deadline = t + definitions.assumption_ms
            contact = support.first_contact(t, deadline)
            if contact is not None:
                return Decision(ESCALATED, contact[0] // MINUTE_MS, plan, segment)
            return Decision(ASSUMED, deadline_minute(deadline), plan, segment)
        silent = course.resolved is None
    if course.abandoned is not None:
        return _at(ABANDONED_OUTCOME, course.abandoned)
    if silent and inactivity is not None:
        return Decision(ABANDONED_OUTCOME, deadline_minute(last[0] + inactivity), last[3], last[4])
    return None


def conversation_contributions(
    conversation: Conversation, support: Support, definitions: Definitions, course: Course | None = None
) -> list[Contribution]:
    """All that a conversation counts in: outcome, served or abandoned, resolution, reopening."""
    course = course or Course(conversation.entries)
    channel = course.channel
    out: list[Contribution] = []
    resolved = course.first_resolved
    if resolved is not None:
        minute = resolved[0] // MINUTE_MS
        out.append(("resolved_first", (channel, "1" if course.reopened_after_resolution else "0"), minute, 1))
        if course.start is not None:
            resolver = ACTOR_NAMES[(resolved[1] - RESOLVED) // 2]
            duration = max(0, resolved[0] - course.start[0])
            out.append(("time_to_resolution", (channel, resolver, bucket_of(duration)), minute, 1))
            if duration:
                out.append(("time_to_resolution_ms", (channel, resolver), minute, duration))
    if not course.begun:
        return out
    served = _served(course, definitions)
    if served is not None:
        out.append(("conversations_served", (served[0], channel), served[1], 1))
    sessions = sessions_of(conversation, support, definitions)
    decision = decide(course, support, bool(sessions), definitions)
    if decision is not None:
        course.dimensions_fixed = decision.plan != "" and decision.segment != ""
        plan = decision.plan or _latest(
            [*((e[0], e[3]) for e in course.entries), *(s.plan for s in sessions)]
        )
        segment = decision.segment or _latest(
            [*((e[0], e[4]) for e in course.entries), *(s.segment for s in sessions)]
        )
        flag = "1" if sessions or course.bot_involved else "0"
        out.append(("issues", (decision.outcome, flag, channel, plan, segment), decision.minute, 1))
    return out


def _latest(carried: Iterable[tuple[int, str]]) -> str:
    """The value of the latest event that carried one."""
    return max(((t, v) for t, v in carried if v), default=(0, UNKNOWN))[1]


def _served(course: Course, definitions: Definitions) -> tuple[str, int] | None:
    begin = course.entries[course.begin][0]
    abandoned, served = course.first_abandoned, course.first_served
    if abandoned is not None and (served is None or abandoned < served):
        if abandoned[0] - begin < definitions.short_abandon_ms:
            return None
        return ABANDONED_OUTCOME, abandoned[0] // MINUTE_MS
    if served is not None:
        return "served", served[0] // MINUTE_MS
    inactivity = definitions.inactivity(course.channel)
    left = course.entries[-1][0]
    if course.resolved is not None or inactivity is None or left - begin < definitions.short_abandon_ms:
        return None
    return ABANDONED_OUTCOME, deadline_minute(left + inactivity)


def sessions_of(conversation: Conversation, support: Support, definitions: Definitions) -> list[HelpSession]:
    """The help sessions that went into a conversation."""
    assumption = definitions.assumption_ms
    found: list[HelpSession] = []
    for at in conversation.contacts:
        low, high = support.before_contact(at, assumption)
        here = (at, conversation.id)
        found += [
            s
            for s in support.sessions[low:high]
            if support.first_contact(s.start, s.end + assumption) == here
        ]
    return found


def session_contributions(
    session: HelpSession, support: Support, definitions: Definitions
) -> list[Contribution]:
    """What a help session counts in by itself; nothing if it went into a conversation."""
    if support.target(session, definitions.assumption_ms) is not None:
        return []
    if session.confirmed is not None:
        t, plan, segment = session.confirmed
        outcome, minute = CONFIRMED, t // MINUTE_MS
    elif session.answered is not None:
        t, plan, segment = session.answered
        outcome, minute = ASSUMED, deadline_minute(t + definitions.assumption_ms)
    else:
        inactivity = definitions.inactivity(session.channel)
        if inactivity is None:
            return []
        plan = segment = ""
        outcome, minute = ABANDONED_OUTCOME, deadline_minute(session.end + inactivity)
    plan = plan or session.plan[1] or UNKNOWN
    segment = segment or session.segment[1] or UNKNOWN
    return [("issues", (outcome, "1", session.channel, plan, segment), minute, 1)]


def support_contributions(support: Support, definitions: Definitions) -> list[Contribution]:
    """All that a customer's conversations and help sessions count in."""
    out: list[Contribution] = []
    for conversation in support.conversations.values():
        out += conversation_contributions(conversation, support, definitions)
    for session in support.sessions:
        out += session_contributions(session, support, definitions)
    return out


# ---- joining events ------------------------------------------------------------------------------------------------


def join_conversation(support: Support, conversation_id: str, entry: Entry) -> None:
    """Join an event with its conversation, without asking what that changes."""
    conversation = support.conversations.get(conversation_id)
    if conversation is None:
        conversation = support.conversations[conversation_id] = Conversation(conversation_id, [])
    contacts, answer, to_bot = conversation.contacts, conversation.answer, conversation.to_bot
    if not conversation.add(entry):
        return
    derive(conversation)
    if to_bot != conversation.to_bot:
        support.messages_changed(to_bot, conversation.to_bot)
    support.forget_derived()
    if contacts != conversation.contacts or answer != conversation.answer:
        support.unindex(contacts, answer, conversation_id)
        support.index(conversation)
    support.dirty.add(conversation_id)


def join_session(support: Support, session: HelpSession, gap: int) -> None:
    """Join a help session (or a single event as one) with those it touches, without asking what that changes."""
    low, high = support.touching(session.start, session.end, gap)
    for other in support.sessions[low:high]:
        session = session.join(other)
    support.sessions[low:high] = [session]
    support.sessions_dirty = True
    support.forget_derived()


def update_conversation(
    support: Support, conversation_id: str, entry: Entry, definitions: Definitions
) -> Delta:
    """Join an event with its conversation and say what that changes, looking only at the issues that it can touch."""
    conversation = support.conversations.get(conversation_id)
    if conversation is None:
        conversation = support.conversations[conversation_id] = Conversation(conversation_id, [])
        before: list[Contribution] = []
    else:
        if conversation_id in support.settled and _adds_nothing(conversation, entry):
            conversation.entries.append(entry)
            support.dirty.add(conversation_id)
            return {}
        counted = support.counted.get(conversation_id)
        before = (
            conversation_contributions(conversation, support, definitions) if counted is None else counted
        )
    contacts, answer, to_bot = conversation.contacts, conversation.answer, conversation.to_bot
    if not conversation.add(entry):
        return {}
    support.dirty.add(conversation_id)
    course = derive(conversation)
    if to_bot != conversation.to_bot:
        support.messages_changed(to_bot, conversation.to_bot)
    if contacts != conversation.contacts:
        # Only now is it known that contacts changed; the indices still tell how things stood.
        return _update_contacts(support, conversation, contacts, answer, before, definitions)
    if answer != conversation.answer:
        support.unindex([], answer, conversation_id)
        support.index_answer(conversation)
    after = conversation_contributions(conversation, support, definitions, course)
    support.counted[conversation_id] = after
    if _is_settled(course):
        support.settled.add(conversation_id)
    else:
        support.settled.discard(conversation_id)
    return difference(before, after)


def _is_settled(course: Course) -> bool:
    """Whether a further message at the end can change nothing: an agent is there, the customer was served, all dimensions are fixed."""
    return (
        course.begun
        and course.agent is not None
        and course.served
        and course.channel != UNKNOWN
        and course.dimensions_fixed
    )


def _adds_nothing(conversation: Conversation, entry: Entry) -> bool:
    """Whether an event only makes a settled conversation longer; a bot's message would make it a self-service issue."""
    entries = conversation.entries
    message = entry[1] in (MESSAGE_CUSTOMER, MESSAGE_AGENT_PUBLIC, MESSAGE_AGENT_PRIVATE)
    return message and entry > entries[-1] and len(entries) < MAX_ENTRIES


def _update_contacts(
    support: Support,
    conversation: Conversation,
    contacts: list[int],
    answer: int,
    before: list[Contribution],
    definitions: Definitions,
) -> Delta:
    """The rare case: a contact came or went, so other issues of the customer may have another outcome now."""
    assumption = definitions.assumption_ms
    changed = set(contacts) ^ set(conversation.contacts)
    support.forget_derived()
    sessions: dict[int, HelpSession] = {}
    for at in changed:
        low, high = support.before_contact(at, assumption)
        sessions.update((s.start, s) for s in support.sessions[low:high])
    others: set[str] = set()
    for at in changed:
        others.update(support.answered_before(at, assumption))
    targets_before = {t for s in sessions.values() if (t := support.target(s, assumption))}
    support.unindex(contacts, answer, conversation.id)
    support.index(conversation)
    others |= targets_before | {t for s in sessions.values() if (t := support.target(s, assumption))}
    others.discard(conversation.id)

    def contributions() -> list[Contribution]:
        out: list[Contribution] = []
        for other in others:
            out += conversation_contributions(support.conversations[other], support, definitions)
        for session in sessions.values():
            out += session_contributions(session, support, definitions)
        return out

    after = conversation_contributions(conversation, support, definitions) + contributions()
    derived = conversation.contacts, conversation.answer
    support.unindex(*derived, conversation.id)
    conversation.contacts, conversation.answer = contacts, answer
    support.index(conversation)
    before = before + contributions()
    support.unindex(contacts, answer, conversation.id)
    conversation.contacts, conversation.answer = derived
    support.index(conversation)
    return difference(before, after)


def update_help(support: Support, event: HelpEvent, definitions: Definitions) -> Delta:
    """Join a help event with its session and say what that changes."""
    gap, assumption = definitions.session_gap_ms, definitions.assumption_ms
    session = event.session()
    low, high = support.touching(session.start, session.end, gap)
    touched = support.sessions[low:high]
    for other in touched:
        session = session.join(other)
    if touched == [session]:
        return {}
    support.sessions_dirty = True
    support.forget_derived()
    targets = {t for s in (*touched, session) if (t := support.target(s, assumption))}

    def contributions(sessions: list[HelpSession]) -> list[Contribution]:
        out: list[Contribution] = []
        for target in targets:
            out += conversation_contributions(support.conversations[target], support, definitions)
        for s in sessions:
            out += session_contributions(s, support, definitions)
        return out

    before = contributions(touched)
    support.sessions[low:high] = [session]
    return difference(before, contributions([session]))

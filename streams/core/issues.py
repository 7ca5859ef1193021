"""Issues: what conversations and help sessions come to (`docs/definitions.md`, "Issues and outcomes").

Pure functions from facts to contributions. Every update is local: it looks at the issue that the event belongs to and
at those that its contacts touch, never at all of a customer's history.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from streams.core.backlog import open_edges, pending_edges
from streams.core.contribution import Delta, difference
from streams.core.course import Course, derive
from streams.core.dimensions import UNKNOWN
from streams.core.distributions import bucket_of
from streams.core.durability import conversation_durability, session_durability
from streams.core.facts.support import Conversation, Entry, HelpSession, Named
from streams.core.measures import Contribution
from streams.core.reactions import decide as decide_reaction
from streams.core.support import (
    ACTOR_NAMES,
    MAX_ENTRIES,
    MESSAGE_AGENT_PRIVATE,
    MESSAGE_AGENT_PUBLIC,
    MESSAGE_BOT_PRIVATE,
    MESSAGE_BOT_PUBLIC,
    MESSAGE_CUSTOMER,
    RESOLVED,
    RESOLVED_LAST,
    HelpEvent,
    Support,
    add_entry,
    names,
    united,
)
from streams.core.terms import IssueTerms
from streams.core.time import MINUTE_MS, deadline_minute

CONFIRMED: Final = "confirmed"
ASSUMED: Final = "assumed"
ESCALATED: Final = "escalated"
AGENT_RESOLVED: Final = "agent_resolved"
ABANDONED_OUTCOME: Final = "abandoned"
OUTCOMES: Final = (CONFIRMED, ASSUMED, ESCALATED, AGENT_RESOLVED, ABANDONED_OUTCOME)

_BEGUN_FOR_CUSTOMER: Final = 3
"""From this code on a start is that of a bot or an agent."""


class Decision:
    """An issue's outcome: what, at which minute, and the plan and segment of the deciding event."""

    __slots__ = ("minute", "outcome", "plan", "segment")

    def __init__(self, outcome: str, minute: int, plan: str, segment: str) -> None:
        self.outcome = outcome
        self.minute = minute
        self.plan = plan
        self.segment = segment


def _at(outcome: str, entry: Entry) -> Decision:
    return Decision(outcome, entry[0] // MINUTE_MS, entry[3], entry[4])


def decide(course: Course, support: Support, merged: bool, terms: IssueTerms) -> Decision | None:
    """The outcome of a conversation that has begun; None while it has none. `merged`: a help session went into it."""
    entries = course.entries
    last = entries[-1]
    inactivity = terms.inactivity(course.channel)
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
            deadline = t + terms.assumption
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
    conversation: Conversation, support: Support, terms: IssueTerms, course: Course | None = None
) -> list[Contribution]:
    """All that a conversation counts in: outcome, served or abandoned, resolution, reopening."""
    course = course or Course(conversation.entries)
    channel = course.channel
    out: list[Contribution] = []
    resolved = course.first_resolved
    if resolved is not None:
        minute = resolved[0] // MINUTE_MS
        if terms.reopened:
            reopened = "1" if course.reopened_after_resolution else "0"
            out.append(("resolved_first", (channel, reopened), minute, 1))
        if terms.last_resolution:
            resolved = next(e for e in reversed(course.entries) if RESOLVED <= e[1] <= RESOLVED_LAST)
            minute = resolved[0] // MINUTE_MS
        if course.start is not None and terms.resolution_times:
            resolver = ACTOR_NAMES[(resolved[1] - RESOLVED) // 2]
            duration = max(0, resolved[0] - course.start[0])
            out.append(("time_to_resolution", (channel, resolver, bucket_of(duration)), minute, 1))
            if duration:
                out.append(("time_to_resolution_ms", (channel, resolver), minute, duration))
    if course.start is not None and course.start[1] >= _BEGUN_FOR_CUSTOMER and terms.reaches:
        reply = course.entries[course.begin][0] if course.begun else None
        engaged, minute = decide_reaction(course.start[0], reply, terms.reaction)
        out.append(("reaches", (engaged, channel), minute, 1))
    if not course.begun:
        return out
    if terms.served:
        served = _served(course, terms)
        if served is not None:
            out.append(("conversations_served", (served[0], channel), served[1], 1))
    if terms.first_responses:
        _first_response(course, terms, out)
    sessions = sessions_of(conversation, support, terms) if conversation.contacts else []
    if terms.durability:
        conversation_durability(course, sessions, support, terms, out)
    decision = decide(course, support, bool(sessions), terms)
    if terms.open:
        ends = decision is not None and decision.outcome in (ASSUMED, ABANDONED_OUTCOME)
        open_edges(course, decision.minute if decision is not None and ends else -1, out)
    if decision is not None:
        if decision.outcome == ASSUMED and course.answer is not None and terms.pending:
            pending_edges(channel, course.answer[0], decision.minute, out)
        if course.bot_handled and terms.bots:
            bot = UNKNOWN if conversation.bot is None else conversation.bot[1]
            out.append(
                ("bot_conversations", (_bot_result(course, decision), channel, bot), decision.minute, 1)
            )
        course.dimensions_fixed = decision.plan != "" and decision.segment != ""
        plan, segment = decision.plan, decision.segment
        if not plan:
            plan = _latest([(e[0], e[3]) for e in course.entries] + [s.plan for s in sessions])
        if not segment:
            segment = _latest([(e[0], e[4]) for e in course.entries] + [s.segment for s in sessions])
        flag = "1" if sessions or course.bot_involved else "0"
        out.append(("issues", (decision.outcome, flag, channel, plan, segment), decision.minute, 1))
    return out


def _bot_result(course: Course, decision: Decision) -> str:
    if decision.outcome in (CONFIRMED, ASSUMED):
        return "resolved"
    return "handed_off" if course.handed_off else "other"


def _first_response(course: Course, terms: IssueTerms, out: list[Contribution]) -> None:
    """Add how long the customer waited for the first public reply; nothing where no start was seen, which hides when the wait began."""
    reply = course.first_served if terms.anyone_responds else course.first_human
    if reply is None or course.start is None:
        return
    minute, waited = reply[0] // MINUTE_MS, reply[0] - course.entries[course.begin][0]
    out.append(("first_response", (course.channel, bucket_of(waited)), minute, 1))
    if waited:
        out.append(("first_response_ms", (course.channel,), minute, waited))


def _latest(carried: Iterable[tuple[int, str]]) -> str:
    """The value of the latest event that carried one."""
    return max(((t, v) for t, v in carried if v), default=(0, UNKNOWN))[1]


def _served(course: Course, terms: IssueTerms) -> tuple[str, int] | None:
    begin = course.entries[course.begin][0]
    abandoned, served = course.first_abandoned, course.first_served
    if abandoned is not None and (served is None or abandoned < served):
        if abandoned[0] - begin < terms.short_abandon:
            return None
        return ABANDONED_OUTCOME, abandoned[0] // MINUTE_MS
    if served is not None:
        return "served", served[0] // MINUTE_MS
    inactivity = terms.inactivity(course.channel)
    left = course.entries[-1][0]
    if course.resolved is not None or inactivity is None or left - begin < terms.short_abandon:
        return None
    return ABANDONED_OUTCOME, deadline_minute(left + inactivity)


def sessions_of(conversation: Conversation, support: Support, terms: IssueTerms) -> list[HelpSession]:
    """The help sessions that went into a conversation."""
    assumption = terms.assumption
    found: list[HelpSession] = []
    for at in conversation.contacts:
        low, high = support.before_contact(at, assumption)
        if low == high:
            continue
        here = (at, conversation.id)
        found += [
            s
            for s in support.sessions[low:high]
            if support.first_contact(s.start, s.end + assumption) == here
        ]
    return found


def session_contributions(session: HelpSession, support: Support, terms: IssueTerms) -> list[Contribution]:
    """What a help session counts in by itself: but for having taken place nothing, if it went into a conversation."""
    assumption = terms.assumption
    start, end, channel = session.start, session.end, session.channel
    out: list[Contribution] = []
    if terms.help_sessions:
        out.append(("help_sessions", (channel,), start // MINUTE_MS, 1))
    if support.first_contact(start, end + assumption) is not None:
        return out
    confirmed, answered = session.confirmed, session.answered
    if confirmed is not None:
        resolved, plan, segment = confirmed
        if terms.durability:
            session_durability(channel, resolved, support, terms, out)
        outcome, minute = CONFIRMED, resolved // MINUTE_MS
    elif answered is not None:
        at, plan, segment = answered
        if terms.durability:
            session_durability(channel, at + assumption, support, terms, out)
        outcome, minute = ASSUMED, deadline_minute(at + assumption)
        if terms.pending:
            pending_edges(channel, at, minute, out)
    else:
        inactivity = terms.inactivity(channel)
        if inactivity is None:
            return out
        plan = segment = ""
        outcome, minute = ABANDONED_OUTCOME, deadline_minute(end + inactivity)
    if not plan:
        plan = session.plan[1] or UNKNOWN
    if not segment:
        segment = session.segment[1] or UNKNOWN
    out.append(("issues", (outcome, "1", channel, plan, segment), minute, 1))
    return out


def _tickets(support: Support, terms: IssueTerms) -> list[Contribution]:
    """The customer at its last contact, if there was one."""
    if not support.contacts or not terms.tickets:
        return []
    return [("ticket_customers", (), support.contacts[-1][0] // MINUTE_MS, 1)]


def support_contributions(support: Support, terms: IssueTerms) -> list[Contribution]:
    """All that a customer's conversations and help sessions count in."""
    out = _tickets(support, terms)
    for conversation in support.conversations.values():
        out += conversation_contributions(conversation, support, terms)
    for session in support.sessions:
        out += session_contributions(session, support, terms)
    return out


# ---- joining events ------------------------------------------------------------------------------------------------


def join_conversation(support: Support, conversation_id: str, entry: Entry, bot: Named | None) -> None:
    """Join an event, and the bot that it names, with its conversation, without asking what that changes."""
    conversation = support.conversations.get(conversation_id)
    if conversation is None:
        conversation = support.conversations[conversation_id] = Conversation(conversation_id, [])
    contacts, answer, to_bot = conversation.contacts, conversation.answer, conversation.to_bot
    moments = conversation.moments
    named = names(conversation, bot)
    if named:
        conversation.bot = bot
    if not add_entry(conversation, entry) and not named:
        return
    derive(conversation)
    if to_bot != conversation.to_bot:
        support.messages_changed(to_bot, conversation.to_bot)
    support.forget_derived()
    if contacts != conversation.contacts or answer != conversation.answer:
        support.unindex(contacts, answer, conversation_id)
        support.index(conversation)
    if moments != conversation.moments:
        support.move_moments(moments, conversation.moments, conversation_id)
    support.dirty.add(conversation_id)


def join_session(support: Support, session: HelpSession, gap: int) -> None:
    """Join a help session (or a single event as one) with those it touches, without asking what that changes."""
    low, high = support.touching(session.start, session.end, gap)
    for other in support.sessions[low:high]:
        session = united(session, other)
    support.sessions[low:high] = [session]
    support.sessions_dirty = True
    support.forget_derived()


def update_conversation(
    support: Support, conversation_id: str, entry: Entry, bot: Named | None, terms: IssueTerms
) -> Delta:
    """Join an event with its conversation and say what that changes, looking only at the issues that it can touch."""
    conversation = support.conversations.get(conversation_id)
    if conversation is None:
        conversation = support.conversations[conversation_id] = Conversation(conversation_id, [])
        before: list[Contribution] = []
        named = bot is not None
    else:
        named = names(conversation, bot)
        if not named:
            settled = support.settled.get(conversation_id)
            if settled is not None and _adds_nothing(conversation, entry, bots=settled):
                conversation.entries.append(entry)
                support.dirty.add(conversation_id)
                return []
        counted = support.counted.get(conversation_id)
        before = conversation_contributions(conversation, support, terms) if counted is None else counted
    contacts, answer, to_bot = conversation.contacts, conversation.answer, conversation.to_bot
    moments = conversation.moments
    if named:
        conversation.bot = bot
    if not add_entry(conversation, entry) and not named:
        return []
    support.dirty.add(conversation_id)
    # As `derive`, but only what changes is written.
    course = Course(conversation.entries)
    if course.to_bot or to_bot:
        latest = course.last_to_bot()
        if latest != to_bot:
            conversation.to_bot = latest
            support.messages_changed(to_bot, latest)
    if course.claims or moments:
        helped = course.moments()
        if helped != moments:
            conversation.moments = helped
            support.move_moments(moments, helped, conversation_id)
    waiting = course.waiting
    if contacts != course.contacts:
        conversation.contacts, conversation.answer = course.contacts, waiting
        # Only now is it known that contacts changed; the indices still tell how things stood.
        return _update_contacts(support, conversation, course, contacts, answer, before, terms)
    if answer != waiting:
        support.unindex([], answer, conversation_id)
        conversation.answer = waiting
        support.index_answer(conversation)
    after = conversation_contributions(conversation, support, terms, course)
    _keep(support, conversation_id, course, after)
    return difference(before, after)


def _keep(support: Support, conversation_id: str, course: Course, counted: list[Contribution]) -> None:
    """Remember what a conversation contributes until something changes on which that depends."""
    support.counted[conversation_id] = counted
    if _is_settled(course):
        support.settled[conversation_id] = course.bot_handled and course.bot_involved
    else:
        support.settled.pop(conversation_id, None)


def _is_settled(course: Course) -> bool:
    """Whether a further message at the end can change nothing: an agent is there and has replied, all dimensions are fixed.

    A bot's message can, if it is the first one: it makes the conversation a self-service issue.
    """
    return (
        course.begun
        and course.agent is not None
        and course.served
        and course.first_human is not None
        and course.channel != UNKNOWN
        and course.dimensions_fixed
    )


def _adds_nothing(conversation: Conversation, entry: Entry, *, bots: bool) -> bool:
    """Whether an event only makes a settled conversation longer; ``bots``: a bot's message does too."""
    code = entry[1]
    if not (code == MESSAGE_CUSTOMER or MESSAGE_AGENT_PUBLIC <= code <= MESSAGE_AGENT_PRIVATE) and not (
        bots and MESSAGE_BOT_PUBLIC <= code <= MESSAGE_BOT_PRIVATE
    ):
        return False
    entries = conversation.entries
    return entry > entries[-1] and len(entries) < MAX_ENTRIES


def _update_contacts(
    support: Support,
    conversation: Conversation,
    course: Course,
    contacts: list[int],
    answer: int,
    before: list[Contribution],
    terms: IssueTerms,
) -> Delta:
    """The rare case: a contact came or went, so other issues of the customer may have another outcome now, or not hold."""
    assumption = terms.assumption
    span = assumption + (terms.durable if terms.durability else 0)
    changed = set(contacts) ^ set(conversation.contacts)
    sessions: dict[int, HelpSession] = {}
    others: set[str] = set()
    for at in changed:
        low, high = support.before_contact(at, span)
        sessions.update((s.start, s) for s in support.sessions[low:high])
        others.update(support.answered_before(at, assumption))
        others.update(support.helped_before(at, span))
    others.discard(conversation.id)
    tickets = _tickets(support, terms)
    targets_before = {t for s in sessions.values() if (t := support.target(s, assumption))}
    support.unindex(contacts, answer, conversation.id)
    support.index(conversation)
    own = conversation_contributions(conversation, support, terms, course)
    _keep(support, conversation.id, course, own)
    if not sessions and not others:
        return difference(before + tickets, own + _tickets(support, terms))
    others |= targets_before | {t for s in sessions.values() if (t := support.target(s, assumption))}
    others.discard(conversation.id)
    support.forget_counted(others)

    def contributions() -> list[Contribution]:
        out = _tickets(support, terms)
        for other in others:
            out += conversation_contributions(support.conversations[other], support, terms)
        for session in sessions.values():
            out += session_contributions(session, support, terms)
        return out

    after = own + contributions()
    derived = conversation.contacts, conversation.answer
    support.unindex(*derived, conversation.id)
    conversation.contacts, conversation.answer = contacts, answer
    support.index(conversation)
    before = before + contributions()
    support.unindex(contacts, answer, conversation.id)
    conversation.contacts, conversation.answer = derived
    support.index(conversation)
    return difference(before, after)


def update_help(support: Support, event: HelpEvent, terms: IssueTerms) -> Delta:
    """Join a help event with its session and say what that changes."""
    gap, assumption = terms.session_gap, terms.assumption
    low, high = support.touching(event.time, event.time, gap)
    touched = support.sessions[low:high]
    if len(touched) == 1:
        session = event.joined(touched[0])
        if session == touched[0]:
            return []
    else:
        session = event.session()
        for other in touched:
            session = united(session, other)
    support.sessions_dirty = True
    if not support.contacts and len(touched) < 2:
        # The usual case: it went into no conversation, neither before nor now.
        before = session_contributions(touched[0], support, terms) if touched else []
        support.sessions[low:high] = [session]
        return difference(before, session_contributions(session, support, terms))
    targets = {t for s in (*touched, session) if (t := support.target(s, assumption))}
    before = _of_sessions(touched, targets, support, terms)
    support.sessions[low:high] = [session]
    support.forget_counted(targets)
    return difference(before, _of_sessions([session], targets, support, terms))


def _of_sessions(
    sessions: list[HelpSession], targets: set[str], support: Support, terms: IssueTerms
) -> list[Contribution]:
    """What help sessions count in, with the conversations that they may have gone into."""
    out: list[Contribution] = []
    for target in targets:
        counted = support.counted.get(target)
        if counted is None:
            conversation = support.conversations[target]
            course = Course(conversation.entries)
            counted = conversation_contributions(conversation, support, terms, course)
            _keep(support, target, course, counted)
        out += counted
    for session in sessions:
        out += session_contributions(session, support, terms)
    return out

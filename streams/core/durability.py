"""Whether an issue's first resolution without an agent held (`docs/definitions.md`, "Durable resolution").

It is history: a later reopening or contact does not take it back but decides whether it held.
"""

from __future__ import annotations

from streams.core.course import CONFIRMED_CLAIM, Course
from streams.core.facts.support import HelpSession
from streams.core.measures import Contribution
from streams.core.support import REOPENED, Support
from streams.core.terms import IssueTerms
from streams.core.time import deadline_minute


def conversation_durability(
    course: Course,
    sessions: list[HelpSession],
    support: Support,
    terms: IssueTerms,
    out: list[Contribution],
) -> None:
    """Add the first resolution of an issue that is a conversation (with the sessions that went into it), and whether it held."""
    assumption = terms.assumption
    resolved = _of_course(course, support, assumption) if course.claims else None
    for session in sessions:
        at = _of_session(session, support, assumption)
        if at is not None and (resolved is None or at < resolved):
            resolved = at
    if resolved is None:
        return
    end = resolved + terms.durable
    reopened = False
    if course.phase > course.begin or course.begin:
        for e in course.entries:
            if e[1] == REOPENED and resolved <= e[0] < end:
                reopened = True
                break
    out.append(_counted(resolved, end, course.channel, support, reopened=reopened))


def session_durability(
    channel: str, resolved: int, support: Support, terms: IssueTerms, out: list[Contribution]
) -> None:
    """The same for an issue that is a help session by itself, resolved at a time (ms)."""
    out.append(_counted(resolved, resolved + terms.durable, channel, support, reopened=False))


def _counted(resolved: int, end: int, channel: str, support: Support, *, reopened: bool) -> Contribution:
    held = not reopened and support.first_contact(resolved, end) is None
    return "self_resolved_first", ("1" if held else "0", channel), deadline_minute(end), 1


def _of_course(course: Course, support: Support, assumption: int) -> int | None:
    """When (ms) the conversation was first confirmed, or assumed after a silence that nothing broke."""
    for at, until in course.claims:
        if until == CONFIRMED_CLAIM:
            return at
        if at + assumption <= until and support.first_contact(at, at + assumption) is None:
            return at + assumption
    return None


def _of_session(session: HelpSession, support: Support, assumption: int) -> int | None:
    """When (ms) a help session was resolved by itself: not after the contact that it went into."""
    contact = support.first_contact(session.start, session.end + assumption)
    if session.confirmed is not None and (contact is None or session.confirmed[0] <= contact[0]):
        return session.confirmed[0]
    if session.answered is not None:
        assumed = session.answered[0] + assumption
        if contact is None or assumed <= contact[0]:
            return assumed
    return None

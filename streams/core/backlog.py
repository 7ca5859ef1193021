"""Levels of work that is not done: open conversations by age, and answers whose silence is still being waited for."""

from __future__ import annotations

from typing import Final

from streams.core.course import Course
from streams.core.measures import Contribution
from streams.core.time import DAY_MS, HOUR_MS, MINUTE_MS, deadline_minute

AGES: Final[tuple[str, ...]] = ("lt_1h", "lt_1d", "lt_7d", "lt_30d", "older")
"""Names of the ages of an open conversation, youngest first."""
AGE_ENDS: Final[tuple[int, ...]] = (HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS)
"""How old (ms) a conversation becomes in each age but the last."""


def open_edges(course: Course, ended: int, out: list[Contribution]) -> None:
    """Add when a conversation that has begun opened in its last phase, grew from one age to the next, and ceased to be open.

    ``ended`` is the minute at which its outcome ends it: assumed resolved or abandoned, in the future too; −1: nothing does.
    """
    entries = course.entries
    begin = entries[course.begin][0]
    opened = entries[course.phase][0] // MINUTE_MS
    closed = ended
    if course.resolved is not None:
        closed = _earlier(closed, course.resolved[0] // MINUTE_MS)
    if course.abandoned is not None:
        closed = _earlier(closed, course.abandoned[0] // MINUTE_MS)
    if 0 <= closed <= opened:
        return
    channel = course.channel
    said = False
    age = 0
    for length in AGE_ENDS:
        end = deadline_minute(begin + length)
        if 0 <= closed <= end:
            break
        if end > opened:
            if not said:
                said = True
                out.append(("open_conversations", (channel, AGES[age]), opened, 1))
            out.append(("open_conversations", (channel, AGES[age]), end, -1))
            out.append(("open_conversations", (channel, AGES[age + 1]), end, 1))
        age += 1
    if not said:
        out.append(("open_conversations", (channel, AGES[age]), opened, 1))
    if closed >= 0:
        out.append(("open_conversations", (channel, AGES[age]), closed, -1))


def _earlier(closed: int, minute: int) -> int:
    return minute if closed < 0 or minute < closed else closed


def pending_edges(channel: str, answered: int, deadline: int, out: list[Contribution]) -> None:
    """Add the time from the answer (ms) to the minute at which silence will have made it a resolution."""
    out.append(("pending_issues", (channel,), answered // MINUTE_MS, 1))
    out.append(("pending_issues", (channel,), deadline, -1))

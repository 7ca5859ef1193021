"""Whether somebody reacted to a message in time."""

from __future__ import annotations

from streams.core.time import MINUTE_MS, deadline_minute


def decide(reached: int, reacted: int | None, within: int) -> tuple[str, int]:
    """Return whether a message of time ``reached`` (ms) was reacted to ``within`` a time (ms), "1" or "0", and the minute at which that is known.

    A reaction that seems to come before the message (two systems, two clocks) counts at the message.
    """
    deadline = reached + within
    if reacted is not None and reacted < deadline:
        return "1", max(reached, reacted) // MINUTE_MS
    return "0", deadline_minute(deadline)

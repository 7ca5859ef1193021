"""Whether somebody reacted to a message in time."""

from __future__ import annotations

from typing import Final

from streams.core.time import DAY_MS, MINUTE_MS, deadline_minute

REACTION_MS: Final = 7 * DAY_MS
"""How long a customer has to react."""


def decide(reached: int, reacted: int | None) -> tuple[str, int]:
    """Return whether a message of time ``reached`` (ms) was reacted to in time, "1" or "0", and the minute at which that is known.

    A reaction that seems to come before the message (two systems, two clocks) counts at the message.
    """
    deadline = reached + REACTION_MS
    if reacted is not None and reacted < deadline:
        return "1", max(reached, reacted) // MINUTE_MS
    return "0", deadline_minute(deadline)

"""The health of an account: a pure function of its facts and a time.

It is a weighted mean of fractions of integers, so that a half is a half on every machine. `docs/definitions.md`, "Health and interventions".
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from streams.core.definitions import Definitions
from streams.core.time import DAY_MS

if TYPE_CHECKING:
    from streams.core.facts.wellbeing import Answer

USE_DAYS: Final = 30
"""The local days in which use counts; recency falls to 0 over as many."""
CONTACT_MS: Final = 30 * DAY_MS
"""How long a contact weighs on the support load."""
ANSWER_MS: Final = 90 * DAY_MS
"""How long an answer counts."""
FOREVER: Final = 1 << 60
"""A time (ms) that never comes."""

GOOD: Final = "good"
FAIR: Final = "fair"
POOR: Final = "poor"


class Health:
    """Healths by the weights and thresholds of the definitions."""

    __slots__ = (
        "_contacts",
        "_depth",
        "_depth_days",
        "_fair",
        "_good",
        "_recency",
        "_satisfaction",
        "_support",
    )

    def __init__(self, definitions: Definitions) -> None:
        self._recency: int = definitions.health_recency
        self._depth: int = definitions.health_depth
        self._support: int = definitions.health_support
        self._satisfaction: int = definitions.health_satisfaction
        self._depth_days: int = definitions.health_depth_days
        self._contacts: int = definitions.health_contacts
        self._good: int = definitions.health_good
        self._fair: int = definitions.health_fair

    def score(
        self,
        day0: int,
        days: int,
        contacts: list[int],
        answers: list[Answer],
        at: int,
        today: int,
        tomorrow: int,
    ) -> tuple[int, int]:
        """Return the health from 0 to 100 as of a time (ms), a half rounded up, and the first later time at which it may be another.

        ``days`` are the active local days as bits counted from ``day0``; ``today`` is the day of that time, which is another one from
        the time ``tomorrow`` (ms) on. Contacts and answers are in order.
        """
        until = FOREVER
        recency = depth = 0
        if days:
            shown = today - day0
            used = days & (2 << shown) - 1 if shown >= 0 else 0
            if used:
                recency = max(0, USE_DAYS - (shown - used.bit_length() + 1))
                shift = shown - USE_DAYS + 1
                depth = min((used >> shift if shift > 0 else used).bit_count(), self._depth_days)
            if day0 + days.bit_length() > today - USE_DAYS + 1:
                # The last day still counts, or is yet to come.
                until = tomorrow
        load = 0
        if contacts:
            first, end = bisect_left(contacts, at - CONTACT_MS), bisect_left(contacts, at)
            load = end - first
            if first < len(contacts):
                until = min(until, contacts[first] + CONTACT_MS + 1)
            if end < len(contacts):
                until = min(until, contacts[end] + 1)
        pleased = n = 0
        if answers:
            first, end = bisect_left(answers, (at - ANSWER_MS, 0)), bisect_left(answers, (at, 0))
            n = end - first
            for i in range(first, end):
                pleased += answers[i][1]
            if first < len(answers):
                until = min(until, answers[first][0] + ANSWER_MS + 1)
            if end < len(answers):
                until = min(until, answers[end][0] + 1)
        # Each part is a fraction of its own: over their common denominator they are whole numbers.
        full, calm = self._depth_days, self._contacts
        above = self._recency * recency * full * calm + self._depth * depth * USE_DAYS * calm
        above = 100 * (above + self._support * max(0, calm - load) * USE_DAYS * full)
        below, weights = USE_DAYS * full * calm, self._recency + self._depth + self._support
        if n:
            above = above * n + self._satisfaction * pleased * below
            below *= n
            weights += self._satisfaction
        below *= weights
        return (2 * above + below) // (2 * below), until

    def band(self, score: int) -> str:
        """Return the band of a health."""
        if score >= self._good:
            return GOOD
        return FAIR if score >= self._fair else POOR

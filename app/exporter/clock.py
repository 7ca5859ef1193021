"""The evaluation time: up to which moment the figures are complete."""

from __future__ import annotations

from typing import Final

from streams.core.records import Meta

HOLD_AFTER_MS: Final = 15_000
"""A partition number that has written no META for this long holds the evaluation time where it was."""


class EvaluationClock:
    """Derives the evaluation time T (ms) from what each partition number reports. T never goes back."""

    def __init__(self, numbers: int, hold_after_ms: int = HOLD_AFTER_MS) -> None:
        self.time: int | None = None
        """T as it was found last; None while nothing can be said."""
        self._numbers = numbers
        self._hold_after_ms = hold_after_ms
        self._metas: dict[int, Meta] = {}

    def report(self, meta: Meta) -> None:
        """Take the META of a partition number."""
        self._metas[meta.number] = meta

    def advance(self, now: int) -> int | None:
        """Return T at the wall time ``now`` (ms).

        `wall`: the least of all partition numbers; each must have reported. Where one has not done so lately, T stays,
        unless there is none yet. `event`: the greatest of all + 1. If workers differ, the last META decides.
        """
        latest = max(self._metas.values(), key=lambda meta: meta.written, default=None)
        if latest is None:
            return None
        reported = [
            meta.evaluated
            for meta in self._metas.values()
            if meta.clock == latest.clock and meta.evaluated is not None
        ]
        if latest.clock == "event":
            return self._forward(max(reported) + 1) if reported else self.time
        if len(reported) < self._numbers or (self.time is not None and self.silent(now)):
            return self.time
        return self._forward(min(reported))

    def silent(self, now: int) -> list[int]:
        """Return the partition numbers that have not reported for too long, or never."""
        return [
            number
            for number in range(self._numbers)
            if (meta := self._metas.get(number)) is None or now - meta.written > self._hold_after_ms
        ]

    def _forward(self, time: int) -> int:
        self.time = time if self.time is None else max(self.time, time)
        return self.time

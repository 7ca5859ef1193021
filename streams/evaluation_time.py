"""What a partition number contributes to the evaluation time: the moment up to which its figures are complete."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from streams.core.records import Clock

FETCH_FRESH_MS: Final = 5_000
"""A partition whose last answered fetch is older than this does not count as standing at the end."""
META_INTERVAL_MS: Final = 5_000
"""A number that stands at the end writes META this often even when nothing changed, or readers take it for stalled."""


def evaluated(
    *,
    clock: Clock,
    now_ms: int,
    sources: Sequence[str],
    newest: Mapping[str, int],
    at_end: Collection[str],
    previous: int | None,
) -> int | None:
    """The evaluation time of one partition number (ms), or None as long as nothing can be said.

    `sources` are all consumed topics, `newest` the greatest event time processed in each, `at_end` the topics whose
    partition stands at the end, `previous` what was said last: it never goes back.

    By the wall clock, a topic at its end is complete up to now, any other one up to the newest event processed; the
    number is complete as far as the least of them. By the event clock it is the greatest event time of any topic.
    """
    if clock == "event":
        said = max(newest.values(), default=None)
    else:
        said = now_ms
        for topic in sources:
            if topic in at_end:
                continue
            if topic not in newest:
                return previous
            # An event may be ahead of the clock; completeness cannot.
            said = min(said, newest[topic])
    if said is None or (previous is not None and previous > said):
        return previous
    return said

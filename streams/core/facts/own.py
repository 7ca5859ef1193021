"""What own measures know of a customer."""

from __future__ import annotations

import msgspec

from streams.core.facts.counts import Tally


class OwnFacts(msgspec.Struct, array_like=True, gc=False):
    """Numbers by minute, and when a customer last did what a measure over customers asks for."""

    tallies: list[Tally] = []
    last: dict[str, dict[str, int]] = {}
    """By measure: the last minute for each value of its dimension; for the measure over all of them, under "" alone."""

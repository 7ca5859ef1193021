"""Packed facts, as they lie in memory."""

from __future__ import annotations


def trimmed(packed: bytes) -> bytes:
    """Return the same bytes in memory of just their length.

    What an encoder returns lies in the room that it grew to while encoding, up to a third more, and would keep that for as long as the facts.
    """
    return (packed + b"\0")[:-1]

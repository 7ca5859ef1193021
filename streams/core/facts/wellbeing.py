"""What says how a customer fares, beside its use of the product."""

from __future__ import annotations

import msgspec

Answer = tuple[int, int]
"""Time (ms) and points, 0 to 100."""


class WellbeingFacts(msgspec.Struct, array_like=True, gc=False):
    """Ordered sets; times are ms."""

    contacts: list[int] = []
    """When the customer turned to an agent."""
    answers: list[Answer] = []
    """Complete answers about satisfaction."""
    failed: list[int] = []
    """When a search of the help found nothing."""

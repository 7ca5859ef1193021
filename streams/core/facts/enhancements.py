"""Shipped enhancements."""

from __future__ import annotations

import msgspec


class EnhancementFacts(msgspec.Struct, array_like=True, gc=False):
    """The earliest shipping of each enhancement, with the time of its request (ms)."""

    shipped: dict[str, tuple[int, int]] = {}

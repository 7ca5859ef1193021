"""Signup, orders and accepted invitations."""

from __future__ import annotations

import msgspec

from streams.core.customer import NEVER

Once = dict[str, tuple[int, str]]
"""By id, the earliest time (ms) at which it was told, and the platform then (of one time the smaller name)."""


class GrowthFacts(msgspec.Struct, array_like=True, gc=False):
    """The facts of one customer."""

    signup: int = NEVER
    """The earliest signup (ms), −1 for none."""
    referred: bool = False
    """Whether any signup named a referrer or an invitation."""
    orders: Once = {}
    invitations: Once = {}

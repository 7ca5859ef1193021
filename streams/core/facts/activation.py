"""When a new customer did what first."""

from __future__ import annotations

import msgspec

from streams.core.customer import NEVER


class ActivationFacts(msgspec.Struct, array_like=True, gc=False):
    """When it first did what. Times are ms, −1 for never."""

    signup: tuple[int, str] = (NEVER, "")
    """Time and platform of the earliest signup; at the same time the smaller name."""
    milestones: dict[str, int] = {}
    """The earliest time of each milestone, whatever it is configured to mean."""
    key_action: int = NEVER
    """The earliest use of a feature that said it was the key action."""

"""E-mails and surveys that came to a customer, and its reactions."""

from __future__ import annotations

import msgspec


class ReachFacts(msgspec.Struct, array_like=True, gc=False):
    """Reaches and reactions, each by kind and id; times are ms."""

    reached: dict[str, tuple[int, str, str]] = {}
    """The earliest delivery or sending: time, channel, campaign (surveys have none)."""
    engaged: dict[str, int] = {}
    """The earliest click or answer."""
    opened: dict[str, int] = {}
    """The earliest opening."""

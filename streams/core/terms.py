"""The definitions as the arithmetic of issues reads them: native fields, made once, and which of its measures anybody reads."""

from __future__ import annotations

from typing import Final

from streams.core.definitions import Definitions

WORKED_OUT: Final = (
    *("bot_conversations", "conversations_served", "first_response", "first_response_ms"),
    *("help_sessions", "open_conversations", "pending_issues", "resolved_first", "self_resolved_first"),
    *("ticket_customers", "time_to_resolution", "time_to_resolution_ms"),
)
"""Measures that follow from facts which are kept in any case, and are worked out only where somebody reads them."""


class IssueTerms:
    """What decides how conversations and help sessions count. Durations are milliseconds."""

    __slots__ = (
        "_definitions",
        "_inactivity",
        "anyone_responds",
        "assumption",
        "bots",
        "durability",
        "durable",
        "first_responses",
        "help_sessions",
        "last_resolution",
        "open",
        "pending",
        "reaches",
        "reaction",
        "reopened",
        "resolution_times",
        "served",
        "session_gap",
        "short_abandon",
        "tickets",
    )

    def __init__(self, definitions: Definitions) -> None:
        self.assumption = definitions.assumption_ms
        self.session_gap = definitions.session_gap_ms
        self.durable = definitions.durable_ms
        self.reaction = definitions.reaction_ms
        self.short_abandon = definitions.short_abandon_ms
        self.last_resolution = definitions.resolution == "last"
        self.anyone_responds = definitions.first_response == "anyone"
        self._definitions = definitions
        self._inactivity: dict[str, int | None] = {}
        # What nobody reads is not worked out.
        read = definitions.reads
        self.reopened = read("resolved_first")
        self.resolution_times = read("time_to_resolution", "time_to_resolution_ms")
        self.reaches = read("reaches")
        self.served = read("conversations_served")
        self.first_responses = read("first_response", "first_response_ms")
        self.durability = read("self_resolved_first")
        self.open = read("open_conversations")
        self.pending = read("pending_issues")
        self.bots = read("bot_conversations")
        self.help_sessions = read("help_sessions")
        self.tickets = read("ticket_customers")

    def inactivity(self, channel: str) -> int | None:
        """How long a customer on this channel may be silent, None where silence says nothing."""
        known = self._inactivity
        if channel not in known:
            known[channel] = self._definitions.inactivity(channel)
        return known[channel]

"""What a definition leaves to configuration, with the defaults of docs/definitions.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

#: Milliseconds of silence after which a customer has left; None: never. Channels not named here: 72 h.
INACTIVITY_MS: Mapping[str, int | None] = MappingProxyType(
    {
        "chat": 30 * MINUTE,
        "bot": 30 * MINUTE,
        "in_app": 30 * MINUTE,
        "help_center": 30 * MINUTE,
        "social": 24 * HOUR,
        "phone": None,
        "ivr": None,
    }
)

ACTIVE_EVENTS = frozenset(
    {
        "session.started",
        "page.viewed",
        "feature.used",
        "milestone.reached",
        "flow.started",
        "flow.step_completed",
        "flow.completed",
        "order.completed",
    }
)

#: Of the flow types only those of kind self_service, of the messages only the customer's to a bot.
SELF_SERVICE_ACTIONS = frozenset(
    {
        "help.searched",
        "help.result_clicked",
        "help.article_viewed",
        "help.article_rated",
        "help.solved",
        "flow.started",
        "flow.step_completed",
        "flow.completed",
        "conversation.message",
    }
)


@dataclass(frozen=True)
class OracleSettings:
    """Settings of the oracle. All durations are integer milliseconds."""

    customer: str = "user"
    timezone: str = "UTC"
    assumption_ms: int = 24 * HOUR
    session_gap_ms: int = 30 * MINUTE
    inactivity_ms: Mapping[str, int | None] = field(default_factory=lambda: INACTIVITY_MS)
    other_inactivity_ms: int | None = 72 * HOUR
    short_abandon_ms: int = 0
    first_response: str = "agent"
    resolution: str = "first"
    durable_ms: int = 7 * DAY
    activation_ms: int = 7 * DAY
    onboarding_idle_ms: int = 7 * DAY
    tour_idle_ms: int = 30 * MINUTE
    journey_idle_ms: int = 7 * DAY
    reaction_ms: int = 7 * DAY
    renewal_grace_ms: int = 14 * DAY
    voice_channels: frozenset[str] = frozenset({"phone", "ivr"})
    active_events: frozenset[str] = ACTIVE_EVENTS
    self_service_actions: frozenset[str] = SELF_SERVICE_ACTIONS
    self_service_adoption_among: str = "eligible"
    activation_milestones: frozenset[str] = frozenset({"activated"})
    first_value_milestones: frozenset[str] = frozenset({"first_value"})
    key_action_milestones: frozenset[str] = frozenset({"key_action"})

    email_engaged_by: str = "click"

    free_plans: frozenset[str] = frozenset({"free"})
    plan_order: tuple[str, ...] = ("free", "starter", "basic", "pro", "team", "business", "enterprise")

    def inactivity(self, channel: str) -> int | None:
        """Milliseconds of silence after which the customer has left; None where silence says nothing."""
        return self.inactivity_ms.get(channel, self.other_inactivity_ms)

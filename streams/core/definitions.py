"""The numbers and names that definitions depend on, with their defaults (`docs/definitions.md`)."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import xxhash

from streams.core.own import OwnMeasure
from streams.core.time import DAY_MS, HOUR_MS, MINUTE_MS

CODE_VERSION: Final = 2
"""Raised whenever facts map to other contributions than before: panes are then recomputed at recovery."""


CustomerUnit = Literal["user", "account"]


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides what is counted. Durations are milliseconds."""

    customer: CustomerUnit = "user"
    """Who an event is about first of all: the person (else the visitor, else the account), or the account (else the person, else the visitor)."""
    timezone: str = "UTC"
    """IANA zone in which calendar days begin."""
    assumption_ms: int = 24 * HOUR_MS
    """How long after an answer a silence counts as resolved."""
    session_gap_ms: int = 30 * MINUTE_MS
    """The largest gap between two help events of one session (inclusive)."""
    inactivity_ms: dict[str, int | None] = msgspec.field(
        default_factory=lambda: {
            "chat": 30 * MINUTE_MS,
            "bot": 30 * MINUTE_MS,
            "in_app": 30 * MINUTE_MS,
            "help_center": 30 * MINUTE_MS,
            "social": 24 * HOUR_MS,
            "email": 72 * HOUR_MS,
            "web": 72 * HOUR_MS,
            "phone": None,
            "ivr": None,
        }
    )
    """By channel: how long a customer may be silent before it counts as gone; None: never."""
    default_inactivity_ms: int | None = 72 * HOUR_MS
    """The same for every channel that is not listed."""
    short_abandon_ms: int = 0
    """Conversations that the customer left sooner than this are no abandonments."""
    first_response: str = "agent"
    """Whose public reply is a first response: agent, or anyone (bots too)."""
    resolution: Literal["first", "last"] = "first"
    """Up to which resolution of a conversation the time to resolution runs."""
    durable_ms: int = 7 * DAY_MS
    """How long a resolution without an agent has to hold."""
    voice_channels: tuple[str, ...] = ("phone", "ivr")
    """Channels whose medium is voice; all others are text."""
    active_events: tuple[str, ...] = (
        "session.started",
        "page.viewed",
        "feature.used",
        "milestone.reached",
        "flow.started",
        "flow.step_completed",
        "flow.completed",
        "order.completed",
    )
    """Event types that make a customer active; `flow.*` stands for all types with that prefix."""
    self_service_actions: tuple[str, ...] = (
        "help.searched",
        "help.result_clicked",
        "help.article_viewed",
        "help.article_rated",
        "help.solved",
        "conversation.message",
        "flow.started",
        "flow.step_completed",
        "flow.completed",
    )
    """Event types that are self-service: a conversation.message only by the customer to a bot, flow.* only of kind self_service."""
    self_service_adoption_among: Literal["eligible", "active"] = "eligible"
    """Of whom self-service adoption is a share: of the eligible customers, or of those of them who were active in the window."""
    activation_ms: int = 7 * DAY_MS
    """How long a new customer has to be activated."""
    activation_milestones: tuple[str, ...] = ("activated",)
    """Milestones of which any one activates a new customer."""
    first_value_milestones: tuple[str, ...] = ("first_value",)
    """Milestones of which the earliest is a customer's first value."""
    key_action_milestones: tuple[str, ...] = ("key_action",)
    """Milestones that are key actions, beside every feature.used that says so itself."""
    onboarding_idle_ms: int = 7 * DAY_MS
    """How long an onboarding flow may stand still before it counts as left."""
    tour_idle_ms: int = 30 * MINUTE_MS
    """The same for a tour."""
    journey_idle_ms: int = 7 * DAY_MS
    """The same for a journey."""
    reaction_ms: int = 7 * DAY_MS
    """How long a customer has to react to a message that reached it."""
    renewal_grace_ms: int = 14 * DAY_MS
    """How long after its end a paid period may still be renewed."""
    email_engaged_by: Literal["click", "open"] = "click"
    """What counts as engagement with an e-mail; an opening includes every click."""
    free_plans: tuple[str, ...] = ("free",)
    """Plans that cost nothing; every other one is paid."""
    plan_order: tuple[str, ...] = ("free", "starter", "basic", "pro", "team", "business", "enterprise")
    """Plans from the lowest to the highest; one that is missing is neither higher nor lower than any."""
    health_recency: int = 30
    """Weight in the health of an account of how lately it was used; 0: none."""
    health_depth: int = 30
    """Of on how many days it was used."""
    health_support: int = 20
    """Of how seldom it turned to agents."""
    health_satisfaction: int = 20
    """Of how its customers answered when they were asked."""
    health_depth_days: int = 12
    """Days with use, of the last 30, that are full depth."""
    health_contacts: int = 5
    """Contacts in 30 days that are full support load."""
    health_good: int = 70
    """Health from which an account fares well."""
    health_fair: int = 40
    """Health below which it fares badly."""
    health_fall: int = 20
    """Points of health lost within 7 days that call for an intervention."""
    interventions: tuple[str, ...] = ("drop_off", "inactivity", "falling_health", "failed_searches")
    """Triggers that are watched."""
    inactive_ms: int = 14 * DAY_MS
    """Silence after which a customer may be leaving."""
    failed_searches: int = 3
    """Searches without a result, within a day, that call for an intervention."""
    lateness_ms: int = 35 * DAY_MS
    """How far behind its partition's greatest event time an event is still accepted."""
    future_tolerance_ms: int = 5 * MINUTE_MS
    """How far ahead of its record's timestamp an event time may lie."""
    dedup_horizon_ms: int = 24 * HOUR_MS
    """How long a repeated event is recognised."""
    dedup_horizon_product_ms: int = HOUR_MS
    """The same for events of the topic product.events."""
    allowed_values: dict[str, tuple[str, ...]] = {}
    """By dimension: the values that it may have; a dimension that is missing takes any."""
    max_dimension_values: int = 256
    """Distinct values of one dimension in one partition; further ones become `other`."""
    max_joint_values: int = 20_000
    """Cells of one measure in one partition (joint values of its dimensions); further ones count under `other` in each."""

    own: tuple[OwnMeasure, ...] = ()
    """Measures that are counted beside the built-in ones."""
    unread: tuple[str, ...] = ()
    """Built-in measures that nobody reads: facts that only they need are not kept, and what follows from others is not worked out."""

    @property
    def by_account(self) -> bool:
        """Whether an event is about its account first of all."""
        return self.customer == "account"

    def inactivity(self, channel: str) -> int | None:
        """How long a customer on this channel may be silent (ms), None where silence says nothing."""
        return self.inactivity_ms.get(channel, self.default_inactivity_ms)

    def reads(self, *measures: str) -> bool:
        """Whether anybody reads any of these built-in measures."""
        return any(measure not in self.unread for measure in measures)

    def fingerprint(self) -> str:
        """A hash of the code's version and of the settings that decide contributions (not of the horizons)."""
        return _digest([CODE_VERSION, self._relevant()])

    def basis(self) -> str:
        """A hash of the settings that decide what built-in measures make of an event.

        Which measures there are is not among them, nor are assessments: these begin anew every hour.
        """
        apart = ("health_", "interventions", "inactive_ms", "failed_searches", "own", "unread")
        return _digest({k: v for k, v in self._relevant().items() if not k.startswith(apart)})

    def _relevant(self) -> dict[str, Any]:
        horizons = {"lateness_ms", "future_tolerance_ms", "dedup_horizon_ms", "dedup_horizon_product_ms"}
        # Without an overlay the hash is that of a version which knows none.
        return {
            name: value
            for name, value in msgspec.structs.asdict(self).items()
            if name not in horizons and (value or name not in {"own", "unread"})
        }


def _digest(content: object) -> str:
    return xxhash.xxh3_64_hexdigest(msgspec.json.encode(content, order="deterministic"))


def matches(names: tuple[str, ...], type_name: str) -> bool:
    """Whether an event type is named, itself or by its prefix (`flow.*`)."""
    return any(type_name == n or (n.endswith(".*") and type_name.startswith(n[:-1])) for n in names)

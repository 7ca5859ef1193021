"""The section ``definitions``: the numbers and names that decide what is counted.

The defaults are those of ``streams.core.definitions.Definitions``; here are their names in the file, their
bounds and their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.config.composites import ListOf, MapOf, Optional
from app.config.durations import format_duration
from app.config.keys import Clash, Key, Section
from app.config.kinds import Choice, Duration, Integer, Kind, Text, TimeZone
from schemas.types import EVENT_TYPES
from streams.core.definitions import Definitions, matches
from streams.core.dimensions import DIMENSIONS
from streams.core.triggers import TRIGGERS

_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

_DEFAULTS = Definitions()
_OTHER = "default"

_CHANNEL = Text("lower-case letters, digits and underscores, such as in_app", r"[a-z][a-z0-9_]{0,63}")


def _unknown_event(name: str) -> str | None:
    # A name that no event has would silently count nobody.
    if any(matches((name,), event_type) for event_type in EVENT_TYPES):
        return None
    return "no event has that type"


_MILESTONE = Text(
    "the name of a milestone, without quotes, commas and backslashes", r"[^\x00-\x1f\",\\]{1,256}"
)

_PLAN = Text("the name of a plan, without quotes, commas and backslashes", r"[^\x00-\x1f\",\\]{1,256}")

_VALUE = Text("a value, without quotes, commas and backslashes", r"[^\x00-\x1f\",\\]{1,256}")

_EVENT = Text(
    "an event type such as feature.used, or a group such as flow.*",
    r"[a-z_]+\.(?:[a-z_]+|\*)",
    _unknown_event,
    tuple(EVENT_TYPES),
)


def _inactivity_times() -> dict[str, int | None]:
    return {**_DEFAULTS.inactivity_ms, _OTHER: _DEFAULTS.default_inactivity_ms}


def _key(name: str, attribute: str, kind: Kind[Any], documentation: str) -> Key:
    return Key(name, attribute, kind, getattr(_DEFAULTS, attribute), documentation)


def _build(*, inactivity_ms: Mapping[str, int | None], **values: Any) -> Definitions:
    channels = dict(inactivity_ms)
    return Definitions(default_inactivity_ms=channels.pop(_OTHER), inactivity_ms=channels, **values)


def _weight(name: str, what: str) -> Key:
    return _key(
        f"health_weight_{name}",
        f"health_{name}",
        Integer(0, 100),
        f"Weight of {what} in the health of an account; 0 leaves it out.",
    )


def _check(definitions: Definitions) -> list[Clash]:
    return [*_check_horizons(definitions), *_check_health(definitions)]


def _check_health(definitions: Definitions) -> list[Clash]:
    d = definitions
    problems: list[Clash] = []
    weights = tuple(f"health_weight_{part}" for part in ("recency", "depth", "support", "satisfaction"))
    use = [d.health_recency, d.health_depth]
    rest = [d.health_support, d.health_satisfaction]
    if sum(weight > 0 for weight in (*use, *rest)) < 2:
        message = "health needs at least two of its four parts with a weight above 0"
        problems.append(Clash("health_weight_recency", message, weights))
    elif not any(rest):
        message = "use alone says little about health: give support or satisfaction a weight above 0"
        problems.append(Clash("health_weight_support", message, weights))
    if d.health_fair >= d.health_good:
        message = f"{d.health_fair} is not below health_good, {d.health_good}"
        problems.append(Clash("health_fair", message, ("health_good",)))
    return problems


def _check_horizons(definitions: Definitions) -> list[Clash]:
    product, other = definitions.dedup_horizon_product_ms, definitions.dedup_horizon_ms
    if product <= other:
        return []
    message = f"{format_duration(product)} is longer than deduplication_horizon, {format_duration(other)}"
    return [Clash("deduplication_horizon_product", message, ("deduplication_horizon",))]


DEFINITIONS: Section[Definitions] = Section(
    name="definitions",
    documentation=(
        "What is counted. A change that alters figures is noticed at the next start: everything is then counted"
        " anew from what is known of each customer."
    ),
    keys=(
        _key(
            "customer",
            "customer",
            Choice(("user", "account")),
            "What a customer is. `user`: the person of an event, else its visitor, else its account. `account`: the account of"
            " an event, else its person, else its visitor. Producers key their records by it; a record under another key"
            " is forwarded. Choose before the first start: what was counted stays with whom it was counted for.",
        ),
        _key("timezone", "timezone", TimeZone(), "Where calendar days begin."),
        _key(
            "assumption_time",
            "assumption_ms",
            Duration(2 * _HOUR, 72 * _HOUR),
            "An issue is assumed resolved when this long passes after an answer was used without a contact.",
        ),
        _key(
            "session_gap",
            "session_gap_ms",
            Duration(_MINUTE, 2 * _HOUR),
            "Help events of a customer that lie no further apart than this are one help session.",
        ),
        Key(
            "inactivity_times",
            "inactivity_ms",
            MapOf(
                Optional(Duration(_MINUTE, 35 * _DAY)),
                _CHANNEL,
                "channels, and `default` for all others",
                _inactivity_times(),
            ),
            _inactivity_times(),
            "A customer who is silent for this long has left. By channel; a channel that is not written keeps its"
            " default, `none` waits for an explicit abandonment.",
        ),
        _key(
            "short_abandon",
            "short_abandon_ms",
            Duration(0, _HOUR),
            "A conversation that is abandoned sooner than this is not counted as abandoned.",
        ),
        _key(
            "first_response",
            "first_response",
            Choice(("agent", "anyone")),
            "Whose first public reply ends the wait that first_response_time measures: an agent's, or anyone's, a bot's"
            " included.",
        ),
        _key(
            "resolution",
            "resolution",
            Choice(("first", "last")),
            "Up to which resolution of a conversation time_to_resolution runs, and in whose minute it counts: the first, or the last one.",
        ),
        _key(
            "durable_time",
            "durable_ms",
            Duration(_HOUR, 35 * _DAY),
            "A resolution without an agent is durable when it holds this long.",
        ),
        _key(
            "voice_channels",
            "voice_channels",
            ListOf(_CHANNEL, "channels"),
            "Channels whose medium is voice.",
        ),
        _key(
            "active_events",
            "active_events",
            ListOf(_EVENT, "event types"),
            "Events that make a customer active; `flow.*` stands for every type that begins with `flow.`.",
        ),
        _key(
            "self_service_actions",
            "self_service_actions",
            ListOf(_EVENT, "event types"),
            "Events that are self-service: of `conversation.message` those of a customer to a bot, of `flow.*` those"
            " of the kind self_service.",
        ),
        _key(
            "self_service_adoption_among",
            "self_service_adoption_among",
            Choice(("eligible", "active")),
            "Of whom self_service_adoption is a share: of all eligible customers, or of those of them who were active in the window; then"
            " a self-service action counts only of a customer who was active in it as well.",
        ),
        _key(
            "activation_time",
            "activation_ms",
            Duration(_HOUR, 35 * _DAY),
            "A new customer that is activated later than this after its signup counts as not activated.",
        ),
        _key(
            "activation_milestones",
            "activation_milestones",
            ListOf(_MILESTONE, "milestones"),
            "A new customer is activated by the first of these milestones that it reaches.",
        ),
        _key(
            "first_value_milestones",
            "first_value_milestones",
            ListOf(_MILESTONE, "milestones"),
            "The first of these milestones that a customer reaches is its first value.",
        ),
        _key(
            "key_action_milestones",
            "key_action_milestones",
            ListOf(_MILESTONE, "milestones"),
            "Milestones that are key actions; every `feature.used` with `key_action` is one as well.",
        ),
        _key(
            "onboarding_idle",
            "onboarding_idle_ms",
            Duration(_MINUTE, 35 * _DAY),
            "An onboarding flow that stands still for this long counts as left, also where that calls for an intervention.",
        ),
        _key(
            "tour_idle",
            "tour_idle_ms",
            Duration(_MINUTE, 35 * _DAY),
            "The same for a tour.",
        ),
        _key(
            "journey_idle",
            "journey_idle_ms",
            Duration(_MINUTE, 35 * _DAY),
            "A customer that stays at a step of a journey for this long counts as not moved on, and calls for an intervention.",
        ),
        _key(
            "reaction_time",
            "reaction_ms",
            Duration(_HOUR, 35 * _DAY),
            "How long after a message a click, an answer or a reply counts as engagement with it.",
        ),
        _key(
            "email_engaged_by",
            "email_engaged_by",
            Choice(("click", "open")),
            "What counts as engagement with an e-mail: a click, or as little as opening it.",
        ),
        _weight("recency", "how lately it was used"),
        _weight("depth", "on how many days it was used"),
        _weight("support", "how seldom its customers turned to agents"),
        _weight("satisfaction", "what its customers answered when they were asked"),
        _key(
            "health_depth_days",
            "health_depth_days",
            Integer(1, 30),
            "An account that is used on this many of the last 30 local days is used as deeply as can be.",
        ),
        _key(
            "health_contacts",
            "health_contacts",
            Integer(1, 32),
            "This many contacts with agents in 30 days, or more, are the full support load of an account.",
        ),
        _key("health_good", "health_good", Integer(1, 100), "An account fares well from this health on."),
        _key("health_fair", "health_fair", Integer(1, 100), "Below this health an account fares badly."),
        _key(
            "interventions",
            "interventions",
            ListOf(Choice(TRIGGERS), "triggers", may_be_empty=True),
            "What calls for an intervention: an onboarding flow or journey that was left, a customer who is no longer"
            " active, an account whose health falls, searches that find nothing again and again. Without any, nothing is announced.",
        ),
        _key(
            "inactivity_before_intervention",
            "inactive_ms",
            Duration(_DAY, 60 * _DAY),
            "A customer who was active, and not for this long, calls for an intervention.",
        ),
        _key(
            "failed_searches",
            "failed_searches",
            Integer(1, 32),
            "This many searches of the help without a result, within a day, call for an intervention.",
        ),
        _key(
            "health_fall",
            "health_fall",
            Integer(1, 100),
            "An account that has lost this much health within 7 days calls for an intervention.",
        ),
        _key(
            "renewal_grace",
            "renewal_grace_ms",
            Duration(0, 60 * _DAY),
            "How long after its end a paid period may still be renewed.",
        ),
        _key(
            "free_plans",
            "free_plans",
            ListOf(_PLAN, "plans"),
            "Plans that cost nothing. Whoever is on another one pays.",
        ),
        _key(
            "plan_order",
            "plan_order",
            ListOf(_PLAN, "plans"),
            "Plans from the lowest to the highest: an upgrade leads from one to a later one. A plan that is not listed is"
            " neither above nor below any other.",
        ),
        _key(
            "lateness",
            "lateness_ms",
            Duration(_HOUR, 35 * _DAY),
            "An event this far behind the greatest event time of its partition is too late and changes nothing.",
        ),
        _key(
            "future_tolerance",
            "future_tolerance_ms",
            Duration(0, _HOUR),
            "An event further ahead of its Kafka timestamp than this is refused.",
        ),
        _key(
            "deduplication_horizon",
            "dedup_horizon_ms",
            Duration(_MINUTE, 400 * _DAY),
            "How long an event that arrives again is recognised as a duplicate; costs memory in proportion.",
        ),
        _key(
            "deduplication_horizon_product",
            "dedup_horizon_product_ms",
            Duration(_MINUTE, 400 * _DAY),
            "The same for `product.events`, which are the most.",
        ),
        Key(
            "allowed_values",
            "allowed_values",
            MapOf(
                ListOf(_VALUE, "values"),
                Choice(DIMENSIONS),
                "dimensions",
            ),
            dict(_DEFAULTS.allowed_values),
            "Values that a dimension may have; every other one counts as `other`, from the next event on. A dimension that is not written"
            " takes what producers send, up to `max_dimension_values`.",
        ),
        _key(
            "max_dimension_values",
            "max_dimension_values",
            Integer(1, 1_000),
            "Different values of a dimension that are told apart in a partition; further ones count as `other`.",
        ),
        _key(
            "max_joint_values",
            "max_joint_values",
            Integer(1_000, 1_000_000),
            "Different combinations of values (plan, segment and role, say) that one measure tells apart in a partition; further"
            " ones count as `other` in each of their dimensions. Each takes some 300 bytes.",
        ),
    ),
    build=_build,
    check=_check,
)

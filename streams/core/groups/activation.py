"""How new customers begin: from signing up to activation, first value and first key action.

Most uses of a feature say nothing here: `Activation.touches` passes them by, and a key action that is not the first changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from streams.core.contribution import Delta
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.distributions import bucket_of
from streams.core.facts.activation import ActivationFacts
from streams.core.group import Group
from streams.core.measures import Contribution
from streams.core.time import MINUTE_MS, deadline_minute

if TYPE_CHECKING:
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_MILESTONES: Final = 50
"""Different milestones that a customer keeps: the earliest."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_USER_SIGNED_UP: Final = e.UserSignedUp
_MILESTONE_REACHED: Final = e.MilestoneReached
_FEATURE_USED: Final = e.FeatureUsed


class Activation(Group[ActivationFacts]):
    """Signup and the first steps after it."""

    name: ClassVar[str] = "activation"
    measures: ClassVar[tuple[str, ...]] = (
        "activations",
        "first_values",
        "first_value_ms",
        "first_value_waiting",
        "key_actions",
        "key_action_ms",
    )
    facts = ActivationFacts
    types: ClassVar[tuple[type[e.Event], ...]] = (e.UserSignedUp, e.MilestoneReached, e.FeatureUsed)
    follows_profile: ClassVar[bool] = True
    ignores_known: ClassVar[bool] = True
    selective: ClassVar[bool] = True

    def touches(self, event: e.Event) -> bool:
        """Whether it is anything but an ordinary use of a feature."""
        if type(event) is _FEATURE_USED:
            return event.data is not None and event.data.key_action
        return True

    def join(self, facts: ActivationFacts, told: Told, dimensions: Dimensions) -> None:
        """Join the time of an event."""
        event, time = told.event, told.time
        if type(event) is _USER_SIGNED_UP:
            platform = dimensions.fold("platform", event.platform) or UNKNOWN
            facts.signup = _first(facts.signup, (time, platform))
        elif type(event) is _MILESTONE_REACHED:
            _reach(facts, {event.data.milestone: time})
        else:
            facts.key_action = _earlier(facts.key_action, time)

    def merge(self, facts: ActivationFacts, other: ActivationFacts) -> None:
        """Join time by time."""
        facts.signup = _first(facts.signup, other.signup)
        _reach(facts, other.milestones)
        facts.key_action = _earlier(facts.key_action, other.key_action)

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join an event and return what that changes: nothing, if it is not the first of its kind."""
        facts = self.read(c)
        if facts is not None and _is_known(facts, told):
            return []
        return super().update(c, told, rules, dimensions)

    def contributions(self, facts: ActivationFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what a customer that signed up contributes; of others nothing is new."""
        signup, platform = facts.signup
        if signup < 0:
            return []
        plan, definitions = c.plan or UNKNOWN, rules.definitions
        activated = _reached(facts, definitions.activation_milestones)
        if 0 <= activated < signup + definitions.activation_ms:
            reached, minute = "1", max(activated, signup) // MINUTE_MS
        else:
            reached, minute = "0", deadline_minute(signup + definitions.activation_ms)
        out: list[Contribution] = [
            ("activations", (plan, platform, reached), minute, 1),
            ("first_value_waiting", (plan, platform), signup // MINUTE_MS, 1),
        ]
        value = _reached(facts, definitions.first_value_milestones)
        if value >= 0:
            minute, took = max(value, signup) // MINUTE_MS, max(0, value - signup)
            out += [
                ("first_value_waiting", (plan, platform), minute, -1),
                ("first_values", (plan, platform, bucket_of(took)), minute, 1),
                ("first_value_ms", (plan, platform), minute, took),
            ]
        action = _reached(facts, definitions.key_action_milestones)
        if facts.key_action >= 0:
            action = _earlier(action, facts.key_action)
        if action >= 0:
            minute, took = max(action, signup) // MINUTE_MS, max(0, action - signup)
            out += [
                ("key_actions", (plan, bucket_of(took)), minute, 1),
                ("key_action_ms", (plan,), minute, took),
            ]
        return out

    def values(self, facts: ActivationFacts) -> Iterable[tuple[str, str]]:
        """Yield the platform of the signup."""
        yield "platform", facts.signup[1]


def _first(one: tuple[int, str], other: tuple[int, str]) -> tuple[int, str]:
    return max(one, other) if one[0] < 0 or other[0] < 0 else min(one, other)


def _earlier(one: int, other: int) -> int:
    return max(one, other) if one < 0 or other < 0 else min(one, other)


def _reached(facts: ActivationFacts, names: tuple[str, ...]) -> int:
    """Return when (ms) the first of some milestones was reached; −1 if none was."""
    milestones, first = facts.milestones, -1
    for name in names:
        time = milestones.get(name, -1)
        if time >= 0 and (first < 0 or time < first):
            first = time
    return first


def _reach(facts: ActivationFacts, milestones: dict[str, int]) -> None:
    """Join milestones reached; beyond `MAX_MILESTONES` the earliest are kept, whatever the order in which they came."""
    joined = dict(facts.milestones)
    for name, time in milestones.items():
        joined[name] = min(time, joined.get(name, time))
    if len(joined) > MAX_MILESTONES:
        joined = dict(sorted(joined.items(), key=lambda item: (item[1], item[0]))[:MAX_MILESTONES])
    facts.milestones = joined


def _is_known(facts: ActivationFacts, told: Told) -> bool:
    """Whether the same is known from an earlier time."""
    event, time = told.event, told.time
    if type(event) is _FEATURE_USED:
        return 0 <= facts.key_action <= time
    if type(event) is _MILESTONE_REACHED:
        return facts.milestones.get(event.data.milestone, time + 1) <= time
    return 0 <= facts.signup[0] < time

"""Features: when a customer first and last used each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from schemas import events as e
from streams.core.contribution import Delta
from streams.core.customer import NEVER
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.features import FeatureFacts
from streams.core.group import Group
from streams.core.measures import Cell, Contribution

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules


class Features(Group[FeatureFacts]):
    """Uses of features by eligible customers. The first use is kept for ever."""

    name: ClassVar[str] = "features"
    measures: ClassVar[tuple[str, ...]] = (
        "feature_users",
        "feature_users_by_feature",
        "feature_starters",
        "feature_starters_by_feature",
    )
    facts = FeatureFacts
    types: ClassVar[tuple[type[Event], ...]] = (e.FeatureUsed,)
    follows_profile: ClassVar[bool] = True
    ignores_known: ClassVar[bool] = True

    def join(self, facts: FeatureFacts, told: Told, dimensions: Dimensions) -> None:
        """Join one use."""
        minute = told.minute
        _join(facts, dimensions.fold("feature", told.event.feature), minute, minute)

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join one use; what it changes is told without looking at the other features, unless it is earlier than all that is known of its own."""
        used = self.opened(c).used
        feature = dimensions.fold("feature", told.event.feature)
        minute = told.minute
        known = used.get(feature)
        first, last = (minute, NEVER) if known is None else known
        if minute < first:
            return super().update(c, told, rules, dimensions)
        if minute <= last:
            return []
        delta: Delta = []
        if c.eligible:
            cell = (feature,)
            _move(delta, "feature_users_by_feature", cell, last, minute)
            latest_first = latest_last = NEVER
            for first_of_one, last_of_one in used.values():
                latest_first = max(latest_first, first_of_one)
                latest_last = max(latest_last, last_of_one)
            if known is None:
                delta.append(("feature_starters_by_feature", cell, minute, 1))
                _move(delta, "feature_starters", (), latest_first, minute)
            _move(delta, "feature_users", (c.plan or UNKNOWN,), latest_last, minute)
        used[feature] = first, minute
        return delta

    def merge(self, facts: FeatureFacts, other: FeatureFacts) -> None:
        """Join all uses."""
        for feature, (first, last) in other.used.items():
            _join(facts, feature, first, last)

    def contributions(self, facts: FeatureFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return the first and last uses, of any feature and of each."""
        if not c.eligible or not facts.used:
            return []
        out: list[Contribution] = [
            ("feature_users", (c.plan or UNKNOWN,), max(last for _, last in facts.used.values()), 1),
            ("feature_starters", (), max(first for first, _ in facts.used.values()), 1),
        ]
        for feature, (first, last) in facts.used.items():
            out.append(("feature_users_by_feature", (feature,), last, 1))
            out.append(("feature_starters_by_feature", (feature,), first, 1))
        return out

    def values(self, facts: FeatureFacts) -> Iterable[tuple[str, str]]:
        """Yield the features."""
        return (("feature", feature) for feature in facts.used)


def _move(delta: Delta, measure: str, cell: Cell, last: int, minute: int) -> None:
    """Move the one that counts at the latest minute, if a new one is later."""
    if minute > last:
        delta.append((measure, cell, minute, 1))
        if last >= 0:
            delta.append((measure, cell, last, -1))


def _join(facts: FeatureFacts, feature: str, first: int, last: int) -> None:
    known = facts.used.get(feature)
    if known is not None:
        first, last = min(first, known[0]), max(last, known[1])
    facts.used[feature] = first, last

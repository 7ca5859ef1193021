"""Enhancements: how long what was asked for took to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from schemas.instants import instant_ms
from streams.core.dimensions import Dimensions
from streams.core.distributions import bucket_of
from streams.core.facts.enhancements import EnhancementFacts
from streams.core.group import Group
from streams.core.groups.counts import KEPT_MINUTES
from streams.core.measures import Contribution
from streams.core.time import MINUTE_MS

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_SHIPPED: Final = 10_000
"""Shipped enhancements that are remembered in one place; beyond, the oldest are forgotten."""


class Enhancements(Group[EnhancementFacts]):
    """Lead times of enhancements. They belong to whoever their event names, mostly to nobody."""

    name: ClassVar[str] = "enhancements"
    measures: ClassVar[tuple[str, ...]] = (
        "enhancement_lead_time",
        "enhancement_lead_time_ms",
    )
    facts = EnhancementFacts
    types: ClassVar[tuple[type[Event], ...]] = (e.EnhancementShipped,)
    expires: ClassVar[bool] = True

    def join(self, facts: EnhancementFacts, told: Told, dimensions: Dimensions) -> None:
        """Join a shipping."""
        del dimensions
        event = told.event
        assert isinstance(event, e.EnhancementShipped)
        _join(facts, event.data.enhancement_id, (told.time, instant_ms(event.data.requested_at)))

    def merge(self, facts: EnhancementFacts, other: EnhancementFacts) -> None:
        """Join all shippings."""
        for enhancement, shipping in other.shipped.items():
            _join(facts, enhancement, shipping)

    def contributions(self, facts: EnhancementFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return the lead time of each, at the shipping."""
        del c, rules
        return [contribution for shipping in facts.shipped.values() for contribution in _took(shipping)]

    def expire(self, facts: EnhancementFacts, newest: int) -> list[Contribution]:
        """Give up what was shipped before every window."""
        oldest = (newest - KEPT_MINUTES) * MINUTE_MS
        closed: list[Contribution] = []
        for enhancement in [name for name, (time, _) in facts.shipped.items() if time < oldest]:
            closed += _took(facts.shipped.pop(enhancement))
        return closed


def _join(facts: EnhancementFacts, enhancement: str, shipping: tuple[int, int]) -> None:
    known = facts.shipped
    known[enhancement] = min(shipping, known.get(enhancement, shipping))
    if len(known) > MAX_SHIPPED:
        del known[min(known, key=lambda name: (known[name], name))]


def _took(shipping: tuple[int, int]) -> list[Contribution]:
    shipped, requested = shipping
    minute, duration = shipped // MINUTE_MS, max(0, shipped - requested)
    out: list[Contribution] = [("enhancement_lead_time", (bucket_of(duration),), minute, 1)]
    if duration:
        out.append(("enhancement_lead_time_ms", (), minute, duration))
    return out

"""How a customer came, what it bought, and whose invitations it took up.

Orders and invitations are facts by their own id, so that one which is told in several events counts once. A signup is the one
thing that counts of a customer who is excluded: as a fake one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.growth import GrowthFacts, Once
from streams.core.group import Group
from streams.core.measures import Contribution
from streams.core.time import MINUTE_MS

if TYPE_CHECKING:
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_ORDERS: Final = 256
"""Orders that a customer keeps, the latest ones; those before are forgotten with what they counted."""
MAX_INVITATIONS: Final = 64
"""Accepted invitations that a customer keeps, likewise."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_ORDER_COMPLETED: Final = e.OrderCompleted
_INVITE_ACCEPTED: Final = e.InviteAccepted
_USER_SIGNED_UP: Final = e.UserSignedUp


class Growth(Group[GrowthFacts]):
    """Signup, orders and accepted invitations."""

    name: ClassVar[str] = "growth"
    measures: ClassVar[tuple[str, ...]] = (
        "orders",
        "invitations_accepted",
        "signups",
        "signups_all",
        "signups_excluded",
    )
    facts = GrowthFacts
    types: ClassVar[tuple[type[e.Event], ...]] = (e.UserSignedUp, e.OrderCompleted, e.InviteAccepted)
    counts_excluded: ClassVar[bool] = True

    def join(self, facts: GrowthFacts, told: Told, dimensions: Dimensions) -> None:
        """Join an event."""
        event, time = told.event, told.time
        if type(event) is _ORDER_COMPLETED:
            platform = dimensions.fold("platform", event.platform) or UNKNOWN
            facts.orders = _joined(facts.orders, {event.data.order_id: (time, platform)}, MAX_ORDERS)
        elif type(event) is _INVITE_ACCEPTED:
            accepted = {event.data.invite_id: (time, "")}
            facts.invitations = _joined(facts.invitations, accepted, MAX_INVITATIONS)
        elif type(event) is _USER_SIGNED_UP:
            facts.signup = _earlier(facts.signup, time)
            data = event.data
            facts.referred |= data is not None and bool(data.referred_by or data.invite_id)

    def merge(self, facts: GrowthFacts, other: GrowthFacts) -> None:
        """Join the facts of a visitor."""
        facts.signup = _earlier(facts.signup, other.signup)
        facts.referred |= other.referred
        facts.orders = _joined(facts.orders, other.orders, MAX_ORDERS)
        facts.invitations = _joined(facts.invitations, other.invitations, MAX_INVITATIONS)

    def contributions(self, facts: GrowthFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return the signup, every order and every invitation."""
        del c, rules
        out: list[Contribution] = [
            ("orders", (platform,), time // MINUTE_MS, 1) for time, platform in facts.orders.values()
        ]
        out += [("invitations_accepted", (), time // MINUTE_MS, 1) for time, _ in facts.invitations.values()]
        if facts.signup >= 0:
            minute = facts.signup // MINUTE_MS
            out.append(("signups", ("1" if facts.referred else "0",), minute, 1))
            out.append(("signups_all", (), minute, 1))
        return out

    def contributions_excluded(self, facts: GrowthFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return the signup as that of a customer that was found out, under the flag's reason."""
        del rules
        if facts.signup < 0 or c.status is None:
            return []
        minute, reason = facts.signup // MINUTE_MS, c.status.flagged[2] or UNKNOWN
        return [("signups_all", (), minute, 1), ("signups_excluded", (reason,), minute, 1)]

    def values(self, facts: GrowthFacts) -> Iterable[tuple[str, str]]:
        """Yield the platforms of the orders."""
        for _, platform in facts.orders.values():
            yield "platform", platform


def _joined(known: Once, other: Once, limit: int) -> Once:
    """The earliest of each id; beyond the limit the latest of them, whatever the order in which they came."""
    joined = dict(known)
    for name, told in other.items():
        joined[name] = min(told, joined.get(name, told))
    if len(joined) > limit:
        joined = dict(sorted(joined.items(), key=lambda item: (item[1], item[0]))[-limit:])
    return joined


def _earlier(one: int, other: int) -> int:
    return max(one, other) if one < 0 or other < 0 else min(one, other)

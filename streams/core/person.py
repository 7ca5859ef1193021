"""What a customer itself contributes: activity, eligibility, self-service.

Contributions come in groups, so that an event that touches one group need not difference the others.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from streams.core.customer import Customer, days_of, last_day
from streams.core.dimensions import UNKNOWN
from streams.core.group import Group
from streams.core.issues import support_contributions
from streams.core.join import self_service_channels
from streams.core.measures import Contribution
from streams.core.membership import by_eligibility, eligibility_edges
from streams.core.rules import Rules

Profile = tuple[str, str, str]
"""Plan, segment, role as the customer has them now."""


def profile(c: Customer) -> Profile:
    """The customer's dimensions, `unknown` where nothing is known."""
    return c.plan or UNKNOWN, c.segment or UNKNOWN, c.role or UNKNOWN


def alone(c: Customer) -> str:
    """Whether the customer is an account of its own, as a value of the field `alone`."""
    return "0" if c.account else "1"


def activity(c: Customer) -> list[Contribution]:
    """Trailing and calendar-day activity, over all and by platform."""
    if c.last < 0:
        return []
    cell = profile(c)
    out: list[Contribution] = [("active", (*cell, "1" if c.eligible else "0", alone(c)), c.last, 1)]
    out += [("active_days", cell, day, 1) for day in days_of(c.day0, c.days)]
    out.append(("active_last_day", (cell[0],), last_day(c.day0, c.days), 1))
    for platform, last, day0, days in c.activity_by_platform():
        out.append(("active_by_platform", (platform,), last, 1))
        out += [("active_days_by_platform", (platform,), day, 1) for day in days_of(day0, days)]
    return out


def eligibility(c: Customer) -> list[Contribution]:
    """An edge at every change between eligible and not."""
    cell = (*profile(c), alone(c))
    return [("eligible", cell, minute, edge) for minute, edge in eligibility_edges(c)]


def self_service(c: Customer, rules: Rules) -> list[Contribution]:
    """The last self-service action, over all and by channel, if the customer is eligible; where it is wanted, together with activity."""
    if not c.eligible:
        return []
    channels = self_service_channels(c, rules)
    if not channels:
        return []
    out: list[Contribution] = [("self_service", profile(c), max(channels.values()), 1)]
    out += [("self_service_by_channel", (channel,), minute, 1) for channel, minute in channels.items()]
    return out + _self_service_active(c, channels) if rules.among_active else out


def self_service_active(c: Customer, rules: Rules) -> list[Contribution]:
    """What of `self_service` moves with the customer's activity."""
    if not rules.among_active or not c.eligible:
        return []
    return _self_service_active(c, self_service_channels(c, rules))


def _self_service_active(c: Customer, channels: dict[str, int]) -> list[Contribution]:
    # Both lie in a window that ends now if the earlier one of the last ones does.
    if c.last < 0 or not channels:
        return []
    out: list[Contribution] = [
        ("self_service_active", profile(c), min(c.last, max(channels.values())), 1),
    ]
    out += [
        ("self_service_active_by_channel", (channel,), min(c.last, minute), 1)
        for channel, minute in channels.items()
    ]
    return out


def itself(c: Customer, rules: Rules) -> list[Contribution]:
    """What a customer that counts contributes beside its support facts and groups: all of the above, and as a customer."""
    return activity(c) + eligibility(c) + by_eligibility(c) + self_service(c, rules)


def grouped(c: Customer, groups: tuple[Group[Any], ...], rules: Rules) -> list[Contribution]:
    """What the customer's facts of some groups contribute."""
    out: list[Contribution] = []
    if c.groups is not None:
        for group in groups:
            out += group.of(c, rules)
    return out


def excluded(c: Customer, rules: Rules) -> list[Contribution]:
    """What a customer that is excluded contributes all the same: nothing, if it is but another's name."""
    if c.groups is None or c.status is None or c.status.alias is not None:
        return []
    return [one for group in rules.excluded_groups for one in group.of_excluded(c, rules)]


def contributions(c: Customer, rules: Rules) -> list[Contribution]:
    """All that a customer's facts contribute: the definition that every faster path is measured against."""
    if c.excluded:
        return excluded(c, rules)
    out = itself(c, rules)
    if c.support is not None:
        out += support_contributions(c.opened(), rules.issues)
    return out + grouped(c, rules.groups, rules)


def explained(c: Customer, rules: Rules) -> dict[str, Any]:
    """A customer's facts and contributions, ready for JSON. Times are ms, minutes since the epoch; days are dates."""
    support = c.opened()
    return {
        "customer": c.id,
        "known_minute": c.known,
        "eligible": c.eligible,
        "excluded": c.excluded,
        "profile": dict(zip(("plan", "segment", "role"), profile(c), strict=True)),
        "account": c.account or None,
        "active": {
            "last_minute": c.last,
            "days": [date.fromordinal(d).isoformat() for d in days_of(c.day0, c.days)],
            "platforms": {name: last for name, last, _, _ in c.activity_by_platform()},
        },
        "self_service": {"last_minute": c.self_service, "channels": c.self_service_channels or {}},
        "status": None if c.status is None else msgspec.structs.asdict(c.status),
        "conversations": {k: [list(entry) for entry in v.entries] for k, v in support.conversations.items()},
        "bots": {k: v.bot[1] for k, v in support.conversations.items() if v.bot is not None},
        "help_sessions": [msgspec.structs.asdict(s) for s in support.sessions],
        "groups": {
            group.name: msgspec.to_builtins(facts)
            for group in rules.groups
            if (facts := group.read(c)) is not None
        },
        "contributions": [
            {"measure": measure, "cell": list(cell), "minute": minute, "n": n}
            for measure, cell, minute, n in contributions(c, rules)
        ],
    }

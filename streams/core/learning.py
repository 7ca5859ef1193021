"""The values of dimensions that facts hold, taken as known: they were folded before they became facts."""

from __future__ import annotations

from streams.core.customer import Customer
from streams.core.dimensions import Dimensions
from streams.core.rules import Rules
from streams.core.support import Support


def learn(c: Customer, rules: Rules, dimensions: Dimensions) -> None:
    """Take all values of a customer whose support facts are unpacked, if it has any, and share those of its profile."""
    take = dimensions.learn
    c.plan, c.segment, c.role = take("plan", c.plan), take("segment", c.segment), take("role", c.role)
    c.platform = take("platform", c.platform)
    if c.status is not None:
        take("reason", c.status.flagged[2])
    for platform in c.platforms or ():
        take("platform", platform)
    for channel in c.self_service_channels or ():
        take("channel", channel)
    if isinstance(c.support, Support):
        for conversation in c.support.conversations.values():
            for _, _, channel, plan, segment in conversation.entries:
                take("channel", channel)
                take("plan", plan)
                take("segment", segment)
            if conversation.bot is not None:
                take("bot", conversation.bot[1])
        for session in c.support.sessions:
            take("channel", session.channel)
    if c.groups is not None:
        for group in rules.groups:
            facts = group.read(c)
            for dimension, value in () if facts is None else group.values(facts):
                take(dimension, value)

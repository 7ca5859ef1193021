"""The groups of facts, one family a module. A further one is a line here."""

from __future__ import annotations

from typing import Any, Final

from streams.core.definitions import Definitions
from streams.core.group import Group
from streams.core.groups.activation import Activation
from streams.core.groups.counts import Counts
from streams.core.groups.enhancements import Enhancements
from streams.core.groups.features import Features
from streams.core.groups.flows import Flows
from streams.core.groups.growth import Growth
from streams.core.groups.help_uses import HelpUses
from streams.core.groups.in_app_help import InAppHelp
from streams.core.groups.own import Own
from streams.core.groups.reaches import Reaches
from streams.core.groups.subscriptions import SubscriptionGroup
from streams.core.groups.surveys import Surveys
from streams.core.groups.wellbeing import Wellbeing

GROUPS: Final[tuple[type[Group[Any]], ...]] = (
    Counts,
    Enhancements,
    Features,
    Reaches,
    SubscriptionGroup,
    Flows,
    Activation,
    Surveys,
    Growth,
    HelpUses,
    InAppHelp,
    Wellbeing,
)


def groups_of(definitions: Definitions) -> tuple[Group[Any], ...]:
    """Return the groups as the definitions want them."""
    off = groups_off(definitions)
    groups: list[Group[Any]] = [group(definitions) for group in GROUPS if group.name not in off]
    if definitions.own:
        groups.append(Own(definitions))
    assert len(groups) < 16, "Customer.groups_changed has room for 15 groups"
    for place, group in enumerate(groups):
        group.bit = 1 << place
    return tuple(groups)


def groups_off(definitions: Definitions) -> frozenset[str]:
    """Return the names of the groups whose facts nobody needs."""
    return frozenset(group.name for group in GROUPS if group.measures and not group.needed(definitions))

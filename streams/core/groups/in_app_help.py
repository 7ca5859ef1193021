"""Help inside the product: when a customer last had it, on each platform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from schemas import events as e
from streams.core.contribution import Delta
from streams.core.customer import NEVER
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.in_app_help import InAppHelpFacts
from streams.core.group import Group
from streams.core.measures import Contribution

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

IN_APP: Final = "in_app"
"""The channel of help inside the product."""

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_HELP_ARTICLE_VIEWED: Final = e.HelpArticleViewed


class InAppHelp(Group[InAppHelpFacts]):
    """Customers who are helped where they work."""

    name: ClassVar[str] = "in_app_help"
    measures: ClassVar[tuple[str, ...]] = (
        "in_app_help",
        "in_app_help_by_platform",
    )
    facts = InAppHelpFacts
    types: ClassVar[tuple[type[Event], ...]] = (
        e.HelpSearched,
        e.HelpResultClicked,
        e.HelpArticleViewed,
        e.HelpArticleRated,
        e.HelpSolved,
    )
    follows_activity: ClassVar[bool] = True

    def touches(self, event: Event) -> bool:
        """Whether it happened inside the product."""
        return event.channel == IN_APP or (type(event) is _HELP_ARTICLE_VIEWED and event.data.in_app)

    def join(self, facts: InAppHelpFacts, told: Told, dimensions: Dimensions) -> None:
        """Join one event."""
        _join(facts, _platform(told, dimensions), told.minute)

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join one event and return what that changes: nothing, if later help on its platform is known."""
        facts = self.read(c)
        minute = told.minute
        if facts is not None and facts.last.get(_platform(told, dimensions), NEVER) >= minute:
            return []
        return super().update(c, told, rules, dimensions)

    def merge(self, facts: InAppHelpFacts, other: InAppHelpFacts) -> None:
        """Join all platforms."""
        for platform, minute in other.last.items():
            _join(facts, platform, minute)

    def contributions(self, facts: InAppHelpFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return since when the customer did both: had help, and was active; also on each platform by itself."""
        del rules
        if c.last < 0 or not facts.last:
            return []
        out: list[Contribution] = [("in_app_help", (), min(c.last, max(facts.last.values())), 1)]
        for platform, last, _, _ in c.activity_by_platform():
            helped = facts.last.get(platform)
            if helped is not None:
                out.append(("in_app_help_by_platform", (platform,), min(last, helped), 1))
        return out

    def watched(self, facts: InAppHelpFacts) -> int:
        """Return the last minute of help: activity after it changes nothing."""
        return max(facts.last.values(), default=-1)

    def values(self, facts: InAppHelpFacts) -> Iterable[tuple[str, str]]:
        """Yield the platforms."""
        return (("platform", platform) for platform in facts.last)


def _platform(told: Told, dimensions: Dimensions) -> str:
    return dimensions.fold("platform", told.event.platform) or UNKNOWN


def _join(facts: InAppHelpFacts, platform: str, minute: int) -> None:
    facts.last[platform] = max(minute, facts.last.get(platform, NEVER))

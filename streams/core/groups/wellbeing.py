"""What says how a customer fares, beside its use of the product: contacts, answers to surveys, searches that found nothing.

The group counts nothing by itself. The hourly assessment (`streams.core.assessment`) reads it, of the customer and, through the
account's parts, of the account.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from schemas import events as e
from streams.core.facts.wellbeing import Answer, WellbeingFacts
from streams.core.group import Group
from streams.core.groups.surveys import box
from streams.core.measures import Contribution
from streams.core.triggers import FAILED_SEARCHES, FALLING_HEALTH

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.definitions import Definitions
    from streams.core.dimensions import Dimensions
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_TIMES: Final = 32
"""Contacts, answers and searches, of each, that are remembered of a customer or an account: the latest."""

Item = TypeVar("Item", int, Answer)

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_CONVERSATION_STARTED: Final = e.ConversationStarted
_SURVEY_RESPONDED: Final = e.SurveyResponded
_HELP_SEARCHED: Final = e.HelpSearched


class Wellbeing(Group[WellbeingFacts]):
    """Contacts, satisfaction and failed searches."""

    name: ClassVar[str] = "wellbeing"
    facts = WellbeingFacts
    types: ClassVar[tuple[type[Event], ...]] = (
        e.ConversationStarted,
        e.ConversationHandedOff,
        e.SurveyResponded,
        e.HelpSearched,
    )
    measures: ClassVar[tuple[str, ...]] = ("health", "health_points", "interventions")
    selective: ClassVar[bool] = True
    assessed: ClassVar[bool] = True

    @classmethod
    def needed(cls, definitions: Definitions) -> bool:
        """Whether anybody reads how accounts fare, or a trigger that goes by these facts is watched."""
        watched = definitions.interventions
        return (
            definitions.reads("health", "health_points")
            or FALLING_HEALTH in watched
            or FAILED_SEARCHES in watched
        )

    def touches(self, event: Event) -> bool:
        """Whether the event is a contact, an answer about satisfaction, or a search that found nothing."""
        if type(event) is _CONVERSATION_STARTED:
            data = event.data
            return data.initiated_by == "customer" and (
                data.with_ == "agent" or (data.with_ is None and event.channel != "bot")
            )
        if type(event) is _SURVEY_RESPONDED:
            return event.data.complete and event.data.kind in ("csat", "nps")
        return type(event) is not _HELP_SEARCHED or event.data.results == 0

    def join(self, facts: WellbeingFacts, told: Told, dimensions: Dimensions) -> None:
        """Join an event."""
        del dimensions
        event = told.event
        if type(event) is _SURVEY_RESPONDED:
            facts.answers = joined(facts.answers, [(told.time, points(event))])
        elif type(event) is _HELP_SEARCHED:
            facts.failed = joined(facts.failed, [told.time])
        else:
            facts.contacts = joined(facts.contacts, [told.time])

    def merge(self, facts: WellbeingFacts, other: WellbeingFacts) -> None:
        """Join a visitor's."""
        facts.contacts = joined(facts.contacts, other.contacts)
        facts.answers = joined(facts.answers, other.answers)
        facts.failed = joined(facts.failed, other.failed)

    def contributions(self, facts: WellbeingFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return nothing."""
        del facts, c, rules
        return []


def points(event: e.SurveyResponded) -> int:
    """Return an answer as points from 0 to 100: those of nps from 0 to 10, those of csat from 1 to 5."""
    data = event.data
    return box(data, 0, 10) * 10 if data.kind == "nps" else (box(data, 1, 5) - 1) * 25


def joined(items: list[Item], others: list[Item]) -> list[Item]:
    """Return the union of two ordered sets, the greatest `MAX_TIMES` of it; the first itself if there is nothing new."""
    union = items
    for item in others:
        i = bisect_left(union, item)
        if i < len(union) and union[i] == item:
            continue
        if union is items:
            union = list(items)
        union.insert(i, item)
    return union if len(union) <= MAX_TIMES else union[-MAX_TIMES:]

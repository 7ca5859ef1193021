"""The list of event types: where each belongs and what follows from it for the customer it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from schemas import events as e


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type.

    ``makes_known`` is False where the event is about somebody without that somebody having acted: such an event alone
    does not make a customer. ``needs_customer`` is False where the event need not name one.
    """

    name: str
    topic: str
    struct: type[e.Event]
    makes_known: bool
    needs_customer: bool
    summary: str


_STRUCTS_BY_TOPIC: Final[Mapping[str, tuple[type[e.Event], ...]]] = {
    "account.events": (
        e.UserSignedUp,
        e.UserIdentified,
        e.UserDeleted,
        e.UserFlagged,
        e.UserUnflagged,
        e.AccountEligibilityChanged,
        e.SubscriptionStarted,
        e.SubscriptionChanged,
        e.SubscriptionCancelled,
        e.SubscriptionRenewalDue,
        e.SubscriptionRenewed,
        e.VisitStarted,
        e.OrderCompleted,
    ),
    "product.events": (
        e.SessionStarted,
        e.PageViewed,
        e.FeatureUsed,
        e.MilestoneReached,
        e.FlowStarted,
        e.FlowStepCompleted,
        e.FlowCompleted,
        e.InviteSent,
        e.InviteAccepted,
    ),
    "support.events": (
        e.HelpSearched,
        e.HelpResultClicked,
        e.HelpArticleViewed,
        e.HelpArticleRated,
        e.HelpSolved,
        e.ConversationStarted,
        e.ConversationMessage,
        e.ConversationHandedOff,
        e.ConversationResolved,
        e.ConversationReopened,
        e.ConversationAbandoned,
    ),
    "feedback.events": (
        e.SurveySent,
        e.SurveyResponded,
        e.FeedbackSubmitted,
        e.EnhancementRequested,
        e.EnhancementShipped,
        e.EmailDelivered,
        e.EmailEngaged,
        e.SocialMentioned,
    ),
}

# An enhancement belongs to the product, not to one customer.
_CUSTOMER_NOT_NEEDED: Final = frozenset({e.EnhancementRequested, e.EnhancementShipped})

# Being written to, or writing elsewhere, is not using the product.
_NOT_ACTING: Final = _CUSTOMER_NOT_NEEDED | {e.EmailDelivered, e.SurveySent, e.SocialMentioned}


def _event_type(topic: str, struct: type[e.Event]) -> EventType:
    return EventType(
        name=str(struct.__struct_config__.tag),
        topic=topic,
        struct=struct,
        makes_known=struct not in _NOT_ACTING,
        needs_customer=struct not in _CUSTOMER_NOT_NEEDED,
        summary=(struct.__doc__ or "").strip(),
    )


TYPE_OF_STRUCT: Final[Mapping[type[e.Event], EventType]] = MappingProxyType(
    {struct: _event_type(topic, struct) for topic, structs in _STRUCTS_BY_TOPIC.items() for struct in structs}
)
"""The event type of each struct, so that ``TYPE_OF_STRUCT[type(event)]`` tells about an event in hand."""

EVENT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType({t.name: t for t in TYPE_OF_STRUCT.values()})
"""Every event type by its name, in the order of the reference."""

"""The typed events: one struct per event type, all sharing the envelope `Event`.

They are decoded on the worker's hot path, so they are plain msgspec structs: the fields stand in the order in which
producers usually write them, and the garbage collector is told that no event can be part of a cycle.
What a field means and what it may hold is said once, in `schemas.fields`.

An event without required data may leave ``data`` out or send null for it; then ``event.data`` is None.
Types without data of their own have no such attribute, and whatever is sent there is ignored, like any unknown field.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from schemas import fields as f
from schemas.instants import instant_ms


class Event(Struct, kw_only=True, gc=False, tag_field="type"):
    """What every event says, whatever its type."""

    id: f.EventId
    source: f.Source | None = None
    time: f.EventTime
    user_id: f.UserId | None = None
    anonymous_id: f.AnonymousId | None = None
    account_id: f.AccountId | None = None
    conversation_id: f.ConversationId | None = None
    session_id: f.SessionId | None = None
    channel: f.Channel | None = None
    platform: f.Platform | None = None
    plan: f.Plan | None = None
    segment: f.Segment | None = None
    role: f.Role | None = None
    feature: f.Feature | None = None
    is_bot: f.IsBot = False
    is_test: f.IsTest = False
    schema_version: f.SchemaVersion = 1


class Data(Struct, kw_only=True, gc=False):
    """What an event of one type says beyond the envelope."""


def type_name(event: Event) -> str:
    """Return the event's type as it is written on the wire, for example ``page.viewed``."""
    return str(event.__struct_config__.tag)


def event_time_ms(event: Event) -> int:
    """Return the event time in milliseconds since the epoch, rounded down.

    An event that `schemas.decode.check` accepts lies in 0 .. `schemas.fields.MAX_TIME_MS`; one fresh from the decoder
    may lie before 1970, or by its offset after 9999.
    """
    return instant_ms(event.time)


def customer_of(event: Event, *, by_account: bool = False) -> str | None:
    """Return who the event is about: the person, else the visitor, else the account; None if it names nobody.

    ``by_account`` puts the account first.
    """
    if by_account and event.account_id:
        return event.account_id
    return event.user_id or event.anonymous_id or event.account_id or None


def key_of(event: Event, *, by_account: bool = False) -> str | None:
    """Return the key under which the event belongs on its topic: its enhancement if it has one, else its customer."""
    if isinstance(event, EnhancementRequested | EnhancementShipped):
        return event.data.enhancement_id
    return customer_of(event, by_account=by_account)


def _require_instant(instant: datetime | int, name: str) -> None:
    if not 0 <= instant_ms(instant) <= f.MAX_TIME_MS:
        raise ValueError(f"`{name}` must lie between 1970 and 9999")


# --- accounts -------------------------------------------------------------------------------------------------------


class SignupData(Data, kw_only=True):
    """How the person came, and with what."""

    referred_by: f.Referrer | None = None
    invite_id: f.SignupInvite | None = None
    email_hash: f.EmailHash | None = None
    user_agent: f.UserAgent | None = None


class UserSignedUp(Event, kw_only=True, tag="user.signed_up"):
    """Someone opened an account of its own, or joined one."""

    data: SignupData | None = None


class UserIdentified(Event, kw_only=True, tag="user.identified"):
    """A visitor turned out to be this person; with both ids the two become one customer."""


class UserDeleted(Event, kw_only=True, tag="user.deleted"):
    """The person is gone and is to be forgotten."""


class FlagData(Data, kw_only=True):
    """Why the flag was set, and why it is lifted."""

    reason: f.FlagReason


class UserFlagged(Event, kw_only=True, tag="user.flagged"):
    """The customer is not a real one: it and everything it did leave the KPIs."""

    data: FlagData


class UserUnflagged(Event, kw_only=True, tag="user.unflagged"):
    """The flag was a mistake: everything the customer did counts again."""

    data: FlagData


class EligibilityData(Data, kw_only=True):
    """Who is eligible, or no longer."""

    eligible: f.Eligible
    scope: f.EligibilityScope


class AccountEligibilityChanged(Event, kw_only=True, tag="account.eligibility_changed"):
    """The person or account began or ceased to be among those who could use the product."""

    data: EligibilityData


class SubscriptionData(Data, kw_only=True):
    """A change of recurring revenue."""

    subscription_id: f.SubscriptionId
    from_: f.PlanBefore | None = field(default=None, name="from")
    to: f.PlanAfter | None = None
    mrr: f.Mrr
    mrr_delta: f.MrrDelta
    currency: f.Currency
    initiated_by: f.ChangeInitiator
    reason: f.ChangeReason | None = None


class SubscriptionStarted(Event, kw_only=True, tag="subscription.started"):
    """A subscription began."""

    data: SubscriptionData


class SubscriptionChanged(Event, kw_only=True, tag="subscription.changed"):
    """A subscription changed its plan or its price."""

    data: SubscriptionData


class SubscriptionCancelled(Event, kw_only=True, tag="subscription.cancelled"):
    """A subscription ended."""

    data: SubscriptionData


class PeriodData(Data, kw_only=True):
    """A paid period of a subscription.

    Raises:
        ValueError: the period's end lies outside 1970 to 9999. The decoder turns it into a refusal.
    """

    subscription_id: f.SubscriptionId
    period_end: f.PeriodEnd

    def __post_init__(self) -> None:
        _require_instant(self.period_end, "period_end")


class SubscriptionRenewalDue(Event, kw_only=True, tag="subscription.renewal_due"):
    """A paid period is about to end."""

    data: PeriodData


class SubscriptionRenewed(Event, kw_only=True, tag="subscription.renewed"):
    """A paid period was followed by the next."""

    data: PeriodData


class VisitStarted(Event, kw_only=True, tag="visit.started"):
    """Someone came to the shop or site."""


class OrderData(Data, kw_only=True):
    """The order."""

    order_id: f.OrderId


class OrderCompleted(Event, kw_only=True, tag="order.completed"):
    """A sale was made."""

    data: OrderData


# --- product --------------------------------------------------------------------------------------------------------


class ClientData(Data, kw_only=True):
    """The client program."""

    user_agent: f.UserAgent | None = None


class SessionStarted(Event, kw_only=True, tag="session.started"):
    """A customer began to use the product."""

    data: ClientData | None = None


class PageViewed(Event, kw_only=True, tag="page.viewed"):
    """A customer saw a page or screen."""

    data: ClientData | None = None


class FeatureData(Data, kw_only=True):
    """What kind of use it was."""

    core: f.Core = False
    key_action: f.KeyAction = False


class FeatureUsed(Event, kw_only=True, tag="feature.used"):
    """A customer used a part of the product."""

    feature: f.RequiredFeature
    data: FeatureData | None = None


class MilestoneData(Data, kw_only=True):
    """The milestone."""

    milestone: f.Milestone


class MilestoneReached(Event, kw_only=True, tag="milestone.reached"):
    """A customer got to a point that was set in advance."""

    data: MilestoneData


class FlowData(Data, kw_only=True):
    """A passage through a flow."""

    flow: f.FlowName
    flow_id: f.FlowId
    kind: f.FlowKind


class FlowStartData(FlowData, kw_only=True):
    """A passage through a flow, and what lies ahead."""

    steps: f.Steps


class FlowStepData(FlowData, kw_only=True):
    """A passage through a flow, and how far it got."""

    step: f.Step


class FlowStarted(Event, kw_only=True, tag="flow.started"):
    """A customer set out on a sequence of steps."""

    data: FlowStartData


class FlowStepCompleted(Event, kw_only=True, tag="flow.step_completed"):
    """A customer did one of the steps."""

    data: FlowStepData


class FlowCompleted(Event, kw_only=True, tag="flow.completed"):
    """A customer got to the end of the sequence."""

    data: FlowData


class InviteData(Data, kw_only=True):
    """The invitation."""

    invite_id: f.InviteId


class InviteSent(Event, kw_only=True, tag="invite.sent"):
    """A customer invited someone."""

    data: InviteData


class InviteAccepted(Event, kw_only=True, tag="invite.accepted"):
    """An invitation was taken up."""

    data: InviteData


# --- support --------------------------------------------------------------------------------------------------------


class SearchData(Data, kw_only=True):
    """A search and what it found."""

    search_id: f.SearchId
    results: f.SearchResults


class HelpSearched(Event, kw_only=True, tag="help.searched"):
    """A customer searched the help."""

    data: SearchData


class ResultData(Data, kw_only=True):
    """A search and the article opened from it."""

    search_id: f.SearchId
    article: f.Article


class HelpResultClicked(Event, kw_only=True, tag="help.result_clicked"):
    """A customer opened a result of its search."""

    data: ResultData


class ArticleViewData(Data, kw_only=True):
    """An article, and where it was read."""

    article: f.Article
    in_app: f.InApp


class HelpArticleViewed(Event, kw_only=True, tag="help.article_viewed"):
    """A customer read a help article."""

    data: ArticleViewData


class ArticleRatingData(Data, kw_only=True):
    """An article, and the verdict on it."""

    article: f.Article
    helpful: f.Helpful


class HelpArticleRated(Event, kw_only=True, tag="help.article_rated"):
    """A customer said whether an article helped."""

    data: ArticleRatingData


class HelpSolved(Event, kw_only=True, tag="help.solved"):
    """The customer says that the problem is gone."""


class ConversationEvent(Event, kw_only=True):
    """What every event of a conversation says: the envelope, with the conversation required."""

    conversation_id: f.RequiredConversationId


class ConversationStartData(Data, kw_only=True):
    """Who began, with whom."""

    initiated_by: f.ConversationInitiator
    with_: f.Counterpart | None = field(default=None, name="with")
    bot: f.Bot | None = None


class ConversationStarted(ConversationEvent, kw_only=True, tag="conversation.started"):
    """A conversation began."""

    data: ConversationStartData

    @property
    def counterpart(self) -> Literal["bot", "agent"]:
        """Whom the customer talks to at first: as the event says, else a bot on the channel ``bot``, else an agent."""
        return self.data.with_ or ("bot" if self.channel == "bot" else "agent")


class MessageData(Data, kw_only=True):
    """Who wrote, for whose eyes."""

    actor: f.Actor
    public: f.Public
    bot: f.Bot | None = None


class ConversationMessage(ConversationEvent, kw_only=True, tag="conversation.message"):
    """Someone wrote or spoke in a conversation. Whoever it was, the customer of the event is the customer."""

    data: MessageData


class HandOffData(Data, kw_only=True):
    """The bot that handed over."""

    bot: f.Bot | None = None


class ConversationHandedOff(ConversationEvent, kw_only=True, tag="conversation.handed_off"):
    """A bot passed the conversation on to an agent."""

    data: HandOffData | None = None


class ResolutionData(Data, kw_only=True):
    """Who closed the conversation, and how sure it is."""

    by: f.Resolver
    confirmed: f.Confirmed = False


class ConversationResolved(ConversationEvent, kw_only=True, tag="conversation.resolved"):
    """A conversation was closed as resolved."""

    data: ResolutionData


class ConversationReopened(ConversationEvent, kw_only=True, tag="conversation.reopened"):
    """A resolved conversation went on after all."""


class ConversationAbandoned(ConversationEvent, kw_only=True, tag="conversation.abandoned"):
    """The customer left the conversation, and the producer knows it."""


# --- feedback -------------------------------------------------------------------------------------------------------


class SurveyRequestData(Data, kw_only=True):
    """What was asked."""

    request_id: f.RequestId
    survey: f.Survey
    kind: f.SurveyKind


class SurveySent(Event, kw_only=True, tag="survey.sent"):
    """A customer was asked for its opinion."""

    data: SurveyRequestData


class SurveyAnswerData(Data, kw_only=True):
    """What was answered.

    Raises:
        ValueError: the score is higher than the scale goes. The decoder turns it into a refusal.
    """

    request_id: f.AnsweredRequest | None = None
    survey: f.Survey
    kind: f.SurveyKind
    score: f.Score
    scale: f.Scale
    complete: f.Complete

    @property
    def points(self) -> float:
        """The score as a number: ``good`` is the top of the scale, ``bad`` its bottom (0 for nps, otherwise 1)."""
        if isinstance(self.score, str):
            return float(self.scale) if self.score == "good" else float(self.kind != "nps")
        return self.score

    def __post_init__(self) -> None:
        if not isinstance(self.score, str) and self.score > self.scale:
            raise ValueError(f"`score` is {self.score:g}, above the `scale` of {self.scale}")


class SurveyResponded(Event, kw_only=True, tag="survey.responded"):
    """A customer answered a survey."""

    data: SurveyAnswerData


class FeedbackData(Data, kw_only=True):
    """What the feedback is good for."""

    actionable: f.Actionable
    milestone: f.FeedbackMilestone | None = None


class FeedbackSubmitted(Event, kw_only=True, tag="feedback.submitted"):
    """A customer said something about the product in its own words."""

    data: FeedbackData


class EnhancementRequestData(Data, kw_only=True):
    """The enhancement."""

    enhancement_id: f.EnhancementId


class EnhancementRequested(Event, kw_only=True, tag="enhancement.requested"):
    """Something was asked for that the product cannot do yet."""

    data: EnhancementRequestData


class EnhancementShipData(Data, kw_only=True):
    """The enhancement, and how long it was awaited.

    Raises:
        ValueError: the request lies outside 1970 to 9999. The decoder turns it into a refusal.
    """

    enhancement_id: f.EnhancementId
    requested_at: f.RequestedAt

    def __post_init__(self) -> None:
        _require_instant(self.requested_at, "requested_at")


class EnhancementShipped(Event, kw_only=True, tag="enhancement.shipped"):
    """What was asked for can now be used."""

    data: EnhancementShipData


class DeliveryData(Data, kw_only=True):
    """The e-mail and its campaign."""

    email_id: f.EmailId
    campaign: f.Campaign


class EmailDelivered(Event, kw_only=True, tag="email.delivered"):
    """An e-mail of a campaign reached the customer's mailbox."""

    data: DeliveryData


class EngagementData(Data, kw_only=True):
    """The e-mail, and what was done with it."""

    email_id: f.EmailId
    action: f.EmailAction


class EmailEngaged(Event, kw_only=True, tag="email.engaged"):
    """The customer opened an e-mail or followed a link in it."""

    data: EngagementData


class MentionData(Data, kw_only=True):
    """Where, and in which spirit."""

    network: f.Network
    sentiment: f.Sentiment


class SocialMentioned(Event, kw_only=True, tag="social.mentioned"):
    """Someone wrote about the product on a social network; the author, or its handle, is the customer."""

    data: MentionData

"""What one field may hold, and what it means: the vocabulary from which the events are put together.

Each alias is a type, its limits and its description in one place. The decoder enforces the limits, and the JSON
Schemas and the reference are generated from the same aliases.

An optional string may be empty, which means the same as leaving it out: producers that cannot omit a field write ``""``.
A string that is required may not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

MAX_ID_LENGTH = 256
"""Characters of an identifier or a name. Both become keys and label values, which have to stay small."""

MAX_INTEGER = 2**53 - 1
"""The largest integer every JSON implementation reads exactly; also well inside the engine's 64-bit integers."""

MAX_TIME_MS = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z in milliseconds since the epoch."""

MAX_STEPS = 1_000
"""Tasks a flow may list, or steps it may have."""

MAX_SCALE = 1_000
"""The highest answer a survey may offer."""


def about(description: str) -> Meta:
    """Say what a field means; it becomes the description in the JSON Schema and in the reference."""
    return Meta(description=description)


_id = Meta(min_length=1, max_length=MAX_ID_LENGTH)
_name = Meta(max_length=MAX_ID_LENGTH)

# Either form is exact: RFC 3339 to the microsecond, epoch milliseconds by definition.
Instant = Annotated[datetime, Meta(tz=True)] | Annotated[int, Meta(ge=0, le=MAX_TIME_MS)]

# --- envelope -------------------------------------------------------------------------------------------------------

EventId = Annotated[
    str,
    _id,
    about(
        "Identifies the event within its source. A second event with the same source and id is a duplicate."
    ),
]
Source = Annotated[
    str, _name, about("The system that produced the event. Without it, the name of the topic stands in.")
]
EventTime = Annotated[
    Instant,
    Meta(
        description="When it happened: RFC 3339 with an offset, or milliseconds since 1970-01-01T00:00:00Z. "
        "Finer fractions are cut to the millisecond. From 1970 to 9999."
    ),
]
UserId = Annotated[str, _name, about("The person, once known. Comes first when the customer is decided.")]
AnonymousId = Annotated[
    str, _name, about("The visitor before it is known, for example a cookie or a network's handle.")
]
AccountId = Annotated[
    str, _name, about("The organisation the person belongs to; the customer if no person is given.")
]
ConversationId = Annotated[
    str, _name, about("The conversation this belongs to. Every `conversation.*` event has one.")
]
RequiredConversationId = Annotated[str, _id, about("The conversation this belongs to.")]
SessionId = Annotated[str, _name, about("The producer's own session, where it keeps one.")]
Channel = Annotated[
    str,
    _name,
    Meta(
        description="Where it happened: web, in_app, help_center, chat, bot, email, social, phone, ivr, or a name of your own."
    ),
]
Platform = Annotated[str, _name, about("What it ran on, for example web, ios, android.")]
Plan = Annotated[str, _name, about("The customer's plan at that moment.")]
Segment = Annotated[str, _name, about("The customer's segment at that moment.")]
Role = Annotated[str, _name, about("What the person is in its account at that moment, for example admin.")]
Feature = Annotated[str, _name, about("The part of the product concerned.")]
RequiredFeature = Annotated[str, _id, about("The part of the product that was used.")]
IsBot = Annotated[
    bool, about("Caused by a program, not a person: excluded from the KPIs and counted as excluded.")
]
IsTest = Annotated[bool, about("Caused by a test: excluded from the KPIs and counted as excluded.")]
SchemaVersion = Annotated[
    int, Meta(ge=1, le=MAX_INTEGER), about("The version of this contract the producer writes.")
]

# --- accounts -------------------------------------------------------------------------------------------------------

Referrer = Annotated[str, _name, about("The customer whose recommendation led here.")]
SignupInvite = Annotated[str, _name, about("The invitation that was accepted by signing up.")]
EmailHash = Annotated[
    str, _name, about("A digest of the e-mail address, to tell repeated signups without holding the address.")
]
UserAgent = Annotated[str, about("The client's User-Agent header, from which known crawlers are told.")]
FlagReason = Annotated[
    str, _id, about("Why the customer is not to be counted: fake, bot, test, or a reason of your own.")
]
Eligible = Annotated[bool, about("Whether the customer counts among those who could use the product.")]
EligibilityScope = Annotated[
    Literal["user", "account"], about("Whether this concerns the person or the whole account.")
]
SubscriptionId = Annotated[str, _id, about("The subscription.")]
PlanBefore = Annotated[str, _name, about("The plan before the change; none for the first subscription.")]
PlanAfter = Annotated[str, _name, about("The plan after the change; none when it ends.")]
Mrr = Annotated[
    int,
    Meta(ge=0, le=MAX_INTEGER),
    about("Monthly recurring revenue of the subscription after the change, in minor units (cents)."),
]
MrrDelta = Annotated[
    int,
    Meta(ge=-MAX_INTEGER, le=MAX_INTEGER),
    about("What the change added to the monthly recurring revenue, in minor units; negative when it shrank."),
]
Currency = Annotated[
    str,
    Meta(pattern="^[A-Za-z]{3}$"),
    about("ISO 4217 code of both amounts, for example EUR. Case does not matter."),
]
ChangeInitiator = Annotated[Literal["customer", "sales", "system"], about("Who brought the change about.")]
ChangeReason = Annotated[
    str, _name, about("Why, as far as it is known; for a cancellation the reason given.")
]
PeriodEnd = Annotated[
    Instant, about("When the paid period ends, in the same forms as the event time; names the period.")
]
OrderId = Annotated[str, _id, about("The order.")]

# --- product --------------------------------------------------------------------------------------------------------

Core = Annotated[bool, about("The use is what the product is there for.")]
KeyAction = Annotated[bool, about("The use is the key action whose first time is measured from signup.")]
Milestone = Annotated[
    str, _id, about("The milestone. Which one is activation or first value is configuration.")
]
FlowName = Annotated[str, _id, about("The flow, the same for everyone who goes through it.")]
FlowId = Annotated[str, _id, about("This one passage through the flow.")]
FlowKind = Annotated[
    Literal["onboarding", "tour", "checkout", "self_service", "journey"],
    about("What the flow is for; it decides which KPIs the flow counts in."),
]
Steps = Annotated[
    Annotated[int, Meta(ge=0, le=MAX_STEPS)]
    | Annotated[list[Annotated[str, _id]], Meta(max_length=MAX_STEPS)],
    about("How many steps the flow has, or the names of its tasks."),
]
Step = Annotated[
    Annotated[str, _id] | Annotated[int, Meta(ge=0, le=MAX_STEPS)],
    about("The step that was done: its name as listed at the start, or its number counted from 1."),
]
InviteId = Annotated[str, _id, about("The invitation; links its sending with its acceptance.")]

# --- support --------------------------------------------------------------------------------------------------------

SearchId = Annotated[str, _id, about("The search; links the results that were opened with it.")]
SearchResults = Annotated[int, Meta(ge=0, le=MAX_INTEGER), about("How many results the search had.")]
Article = Annotated[str, _id, about("The help article.")]
InApp = Annotated[bool, about("Read inside the product rather than in the help centre.")]
Helpful = Annotated[bool, about("Whether the customer found it helpful.")]
Party = Literal["customer", "bot", "agent"]
ConversationInitiator = Annotated[Party, about("Who began the conversation.")]
Counterpart = Annotated[
    Literal["bot", "agent"],
    about("Whom the customer talks to at first. Without it, a bot on the channel bot, else an agent."),
]
Bot = Annotated[str, _name, about("Which bot, where there are several.")]
Actor = Annotated[Party, about("Who wrote.")]
Public = Annotated[bool, about("Visible to the customer; an internal note is not.")]
Resolver = Annotated[Party, about("Who resolved it.")]
Confirmed = Annotated[bool, about("The customer said that it is solved.")]

# --- feedback -------------------------------------------------------------------------------------------------------

RequestId = Annotated[str, _id, about("The request for an answer; links the answer with it.")]
AnsweredRequest = Annotated[
    str, _name, about("The request that is answered. Without it, this is an answer of its own.")
]
Survey = Annotated[str, _id, about("The survey.")]
SurveyKind = Annotated[
    Literal["nps", "csat", "ces"],
    about("What is asked: recommendation (0 to 10), satisfaction (1 to 5), effort (1 to 7)."),
]
Score = Annotated[
    Annotated[float, Meta(ge=0, le=MAX_SCALE)] | Literal["good", "bad"],
    about("The answer, not above the scale; good and bad stand for the two ends of it."),
]
Scale = Annotated[
    int,
    Meta(ge=1, le=MAX_SCALE),
    about("The highest answer possible; another scale than the usual one is rescaled."),
]
Complete = Annotated[bool, about("The survey was answered to its end.")]
Actionable = Annotated[bool, about("There is something in it one can act upon.")]
FeedbackMilestone = Annotated[str, _name, about("The milestone at which it was asked for or given.")]
EnhancementId = Annotated[str, _id, about("The enhancement; also the key of the event.")]
RequestedAt = Annotated[Instant, about("When it was first asked for, in the same forms as the event time.")]
EmailId = Annotated[str, _id, about("The e-mail to this one recipient; links what is done with it.")]
Campaign = Annotated[str, _id, about("The campaign the e-mail belongs to.")]
EmailAction = Annotated[Literal["open", "click"], about("What the recipient did.")]
Network = Annotated[str, _id, about("The social network.")]
Sentiment = Annotated[str, _id, about("How it was meant, for example positive, neutral, negative.")]

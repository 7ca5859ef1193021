"""What each event type does to the facts: a table made once from the contract and the definitions.

A further event type is a further row here, not a further branch in the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from schemas import events as e
from schemas.types import EVENT_TYPES
from streams.core.definitions import Definitions, matches
from streams.core.dimensions import Dimensions
from streams.core.group import Group
from streams.core.groups import groups_of, groups_off
from streams.core.groups.flows import Flows
from streams.core.groups.subscriptions import SubscriptionGroup
from streams.core.groups.wellbeing import Wellbeing
from streams.core.own import dimensions_of, stored_measures
from streams.core.sparing import needs_accounts, needs_assessments
from streams.core.support import (
    ABANDONED,
    ACTORS,
    HANDED_OFF,
    MESSAGE_AGENT_PRIVATE,
    MESSAGE_AGENT_PUBLIC,
    MESSAGE_BOT_PRIVATE,
    MESSAGE_BOT_PUBLIC,
    MESSAGE_CUSTOMER,
    REOPENED,
    RESOLVED,
    STARTED,
)
from streams.core.terms import IssueTerms
from streams.core.time import Calendar

if TYPE_CHECKING:
    from streams.core.customer import Customer
    from streams.core.facts.wellbeing import WellbeingFacts
    from streams.core.subscriptions import Subscriptions

HelpKind = Literal["ask", "answer", "confirm"]
Admin = Literal["flag", "eligibility", "identify", "delete"]

HELP_CHANNEL: Final = "help_center"
"""Where a help event happened that does not say it."""

_NOT_ACTING: Final = {"user.flagged", "user.unflagged", "user.deleted", "account.eligibility_changed"}
"""Types that say something about a customer without it having acted, beside those that the contract names."""


@dataclass
class Rule:
    """What an event type does."""

    name: str
    known: bool
    """It makes its customer known."""
    active: bool
    """It is an active event."""
    self_service: bool
    """It is a self-service action (of a flow: if the flow is of kind self_service)."""
    flow: bool
    """It belongs to a flow: a help event if the flow is of kind self_service."""
    help: Callable[[Any], HelpKind] | None
    """A help event: what it says."""
    code: Callable[[Any], int] | None
    """A conversation's event: its code (`streams.core.support`)."""
    names_bot: bool
    """It may name the bot."""
    admin: Admin | None
    """It changes what the customer is, not what it did."""
    about_account: bool
    """It may be about an account beside or instead of its customer (`Rules.account_of`)."""
    groups: tuple[Group[Any], ...]
    """The groups of facts that it may join with."""
    fast: bool
    """Nothing but activity: the worker's short path applies, unless `touched` says that a group has to be told."""


def _message(event: e.ConversationMessage) -> int:
    data = event.data
    if data.actor == "customer":
        return MESSAGE_CUSTOMER
    if data.actor == "bot":
        return MESSAGE_BOT_PUBLIC if data.public else MESSAGE_BOT_PRIVATE
    return MESSAGE_AGENT_PUBLIC if data.public else MESSAGE_AGENT_PRIVATE


def _started(event: e.ConversationStarted) -> int:
    data = event.data
    return STARTED + 3 * ACTORS[data.initiated_by] + (0 if data.with_ is None else ACTORS[data.with_])


def _resolved(event: e.ConversationResolved) -> int:
    data = event.data
    return RESOLVED + 2 * ACTORS[data.by] + (1 if data.confirmed else 0)


def _rated(event: e.HelpArticleRated) -> HelpKind:
    return "confirm" if event.data.helpful else "ask"


_HELP: Final[dict[type[e.Event], Callable[[Any], HelpKind]]] = {
    e.HelpSearched: lambda _: "ask",
    e.HelpResultClicked: lambda _: "answer",
    e.HelpArticleViewed: lambda _: "answer",
    e.HelpArticleRated: _rated,
    e.HelpSolved: lambda _: "confirm",
    e.FlowStarted: lambda _: "ask",
    e.FlowStepCompleted: lambda _: "ask",
    e.FlowCompleted: lambda _: "answer",
}

_CODES: Final[dict[type[e.Event], Callable[[Any], int]]] = {
    e.ConversationStarted: _started,
    e.ConversationMessage: _message,
    e.ConversationHandedOff: lambda _: HANDED_OFF,
    e.ConversationResolved: _resolved,
    e.ConversationReopened: lambda _: REOPENED,
    e.ConversationAbandoned: lambda _: ABANDONED,
}

_NAMING_BOTS: Final = (e.ConversationStarted, e.ConversationMessage, e.ConversationHandedOff)

_ADMIN: Final[dict[type[e.Event], Admin]] = {
    e.UserFlagged: "flag",
    e.UserUnflagged: "flag",
    e.AccountEligibilityChanged: "eligibility",
    e.UserIdentified: "identify",
    e.UserDeleted: "delete",
}

_ABOUT_ACCOUNTS: Final = (
    e.AccountEligibilityChanged,
    e.SubscriptionStarted,
    e.SubscriptionChanged,
    e.SubscriptionCancelled,
    e.SubscriptionRenewalDue,
    e.SubscriptionRenewed,
)


class Rules:
    """The table, and what else follows from the definitions."""

    __slots__ = (
        "activity_groups",
        "among_active",
        "assesses",
        "by_account",
        "by_struct",
        "calendar",
        "contact_groups",
        "definitions",
        "dimensions",
        "excluded_groups",
        "flows",
        "groups",
        "groups_by_name",
        "groups_off",
        "issues",
        "known_groups",
        "measures",
        "messages_to_bots",
        "profile_groups",
        "subscriptions",
        "tells_accounts",
        "wellbeing",
    )

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.issues = IssueTerms(definitions)
        self.by_account = definitions.by_account
        """The account is the customer: then no account spans several of them."""
        self.calendar = Calendar(definitions.timezone)
        self.among_active = definitions.self_service_adoption_among == "active"
        """Self-service is counted together with activity too: then a customer's activity moves it."""
        self.messages_to_bots = matches(definitions.self_service_actions, "conversation.message")
        self.measures = stored_measures(definitions.own)
        """Every measure by the name that facts and panes know it by."""
        self.dimensions = dimensions_of(definitions.own)
        """Every dimension whose values are bounded."""
        self.groups = groups_of(definitions)
        self.wellbeing: Wellbeing | None = None
        self.subscriptions: SubscriptionGroup | None = None
        self.flows: Flows | None = None
        for g in self.groups:
            if isinstance(g, Wellbeing):
                self.wellbeing = g
            elif isinstance(g, SubscriptionGroup):
                self.subscriptions = g
            elif isinstance(g, Flows):
                self.flows = g
        self.tells_accounts = needs_accounts(definitions)
        """Accounts are told what their customers come to, and of events about them."""
        self.assesses = needs_assessments(definitions)
        """Everybody is assessed by the hour."""
        self.groups_off = groups_off(definitions)
        """Names of groups that are not kept."""
        self.groups_by_name = {g.name: g for g in self.groups}
        self.profile_groups = tuple(g for g in self.groups if g.follows_profile)
        self.known_groups = tuple(g.name for g in self.profile_groups if not g.ignores_known)
        """Names of the groups whose contributions depend on since when the customer is known."""
        self.activity_groups = tuple(g for g in self.groups if g.follows_activity)
        self.contact_groups = tuple(g for g in self.groups if g.follows_contacts)
        self.excluded_groups = tuple(g for g in self.groups if g.counts_excluded)
        self.by_struct: dict[type[e.Event], Rule] = {
            t.struct: _rule(
                t.struct,
                t.name,
                t.makes_known,
                definitions,
                tuple(g for g in self.groups if t.struct in g.listens()),
            )
            for t in EVENT_TYPES.values()
        }

    def bounded_dimensions(self) -> Dimensions:
        """Return the values of all dimensions, as nobody has told any so far."""
        definitions = self.definitions
        return Dimensions(definitions.max_dimension_values, self.dimensions, definitions.allowed_values)

    def account_of(self, event: e.Event) -> str | None:
        """Return the account that an event is about beside or instead of its customer, if accounts are told."""
        if not (self.tells_accounts and event.account_id and isinstance(event, _ABOUT_ACCOUNTS)):
            return None
        if isinstance(event, e.AccountEligibilityChanged) and event.data.scope != "account":
            return None
        return event.account_id

    def for_account(self, c: Customer) -> tuple[WellbeingFacts | None, Subscriptions | None]:
        """Return the facts of a customer that its account asks for."""
        return (
            None if self.wellbeing is None else self.wellbeing.read(c),
            None if self.subscriptions is None else self.subscriptions.read(c),
        )

    def speaks_for_customer(self, event: e.AccountEligibilityChanged) -> bool:
        """Whether a change of eligibility is one of the event's customer, and not only of an account that it belongs to."""
        return (
            self.by_account
            or event.data.scope == "user"
            or not event.account_id
            or not (event.user_id or event.anonymous_id)
        )


def _rule(
    struct: type[e.Event],
    name: str,
    makes_known: bool,
    definitions: Definitions,
    groups: tuple[Group[Any], ...],
) -> Rule:
    flow = name.startswith("flow.")
    help_ = _HELP.get(struct)
    code = _CODES.get(struct)
    admin = _ADMIN.get(struct)
    active = matches(definitions.active_events, name)
    self_service = code is None and matches(definitions.self_service_actions, name)
    return Rule(
        name=name,
        known=makes_known and name not in _NOT_ACTING,
        active=active,
        self_service=self_service,
        flow=flow,
        help=help_,
        code=code,
        names_bot=struct in _NAMING_BOTS,
        admin=admin,
        about_account=issubclass(struct, _ABOUT_ACCOUNTS),
        groups=groups,
        fast=makes_known
        and not (flow or help_ or code or admin or self_service)
        and all(g.selective for g in groups),
    )


def touched(groups: tuple[Group[Any], ...], event: e.Event) -> bool:
    """Whether an event tells any of the groups anything."""
    for group in groups:  # noqa: SIM110  (compiled, a loop is faster than a generator)
        if group.touches(event):
            return True
    return False

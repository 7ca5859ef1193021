"""Joining an event with a customer's facts: what an event means, without saying what it changes in the panes.

Batch evaluation uses this as it is; the worker has shorter paths beside it (`streams.core.partition`), which
tests measure against this one.
"""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from schemas import events as e
from schemas.envelope import ACCOUNT_ID, PLAN, ROLE, SEGMENT, Envelope
from streams.core.account import ROOM
from streams.core.customer import NEVER, Customer
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.account import AccountFacts
from streams.core.facts.support import Entry, Named
from streams.core.issues import join_conversation, join_session
from streams.core.membership import join_eligibility
from streams.core.rules import HELP_CHANNEL, Rule, Rules
from streams.core.support import HelpEvent
from streams.core.time import MINUTE_MS

MAX_NAMES: Final = 64
"""Visitors that a customer remembers having been; those beyond are its as well, they only are not listed."""


class Told:
    """An event with its dimensions folded; `time` in ms, and `minute`."""

    __slots__ = ("account", "countable", "event", "minute", "plan", "role", "rule", "segment", "time")

    def __init__(
        self,
        time: int,
        event: e.Event,
        rule: Rule,
        plan: str,
        segment: str,
        role: str,
        account: str,
        countable: bool,
    ) -> None:
        self.time = time
        self.minute = time // MINUTE_MS
        self.event = event
        self.rule = rule
        self.plan = plan
        self.segment = segment
        self.role = role
        self.account = account
        self.countable = countable
        """Whether a repetition of it would have been recognised: else it is left out of plain counts."""


def tell(
    event: e.Event,
    envelope: Envelope,
    time: int,
    rule: Rule,
    rules: Rules,
    dimensions: Dimensions,
    c: Customer | None = None,
    *,
    countable: bool = True,
) -> Told:
    """Fold an event's dimensions. `time` is in ms. What customer `c` has already is folded."""
    plan: str = envelope[PLAN] or ""
    segment: str = envelope[SEGMENT] or ""
    role: str = envelope[ROLE] or ""
    if plan:
        plan = c.plan if c is not None and plan == c.plan else dimensions.fold("plan", plan)
    if segment:
        segment = c.segment if c is not None and segment == c.segment else dimensions.fold("segment", segment)
    if role:
        role = c.role if c is not None and role == c.role else dimensions.fold("role", role)
    account: str = "" if rules.by_account else envelope[ACCOUNT_ID] or ""
    return Told(time, event, rule, plan, segment, role, account, countable)


def platform_of(c: Customer, platform: str | None, dimensions: Dimensions) -> str:
    """The platform that an active event of a customer names.

    What the customer has already is folded, and the very object that the slots are found by.
    """
    if not platform:
        return UNKNOWN
    return c.platform if platform == c.platform else dimensions.fold("platform", platform)


def is_self_service(told: Told) -> bool:
    """Whether the event is a self-service action by itself (messages to bots are found in their conversation)."""
    rule = told.rule
    return rule.self_service and (not rule.flow or told.event.data.kind == "self_service")  # type: ignore[attr-defined]


def help_event(told: Told, dimensions: Dimensions) -> HelpEvent | None:
    """What the event says as a help event; None if it is none."""
    rule = told.rule
    if rule.help is None or (rule.flow and told.event.data.kind != "self_service"):  # type: ignore[attr-defined]
        return None
    return HelpEvent(
        told.time, help_channel(told, dimensions), rule.help(told.event), told.plan, told.segment
    )


def help_channel(told: Told, dimensions: Dimensions) -> str:
    """The channel of a help event or self-service action."""
    return dimensions.fold("channel", told.event.channel or HELP_CHANNEL)


def conversation_entry(told: Told, dimensions: Dimensions) -> tuple[str, Entry, Named | None]:
    """The conversation of a conversation's event, what the event adds to it, and the bot that it names."""
    event, time = told.event, told.time
    channel = dimensions.fold("channel", event.channel)
    entry = (time, told.rule.code(event), channel, told.plan, told.segment)  # type: ignore[misc]
    naming = told.rule.names_bot and cast("Any", event).data is not None
    bot = dimensions.fold("bot", cast("Any", event).data.bot) if naming else ""
    return str(event.conversation_id), entry, (time, bot) if bot else None


def join_admin(c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> None:
    """Join an event that changes what the customer is (all but deletion)."""
    admin, event, time = told.rule.admin, told.event, told.time
    if admin == "flag":
        flagged = 1 if isinstance(event, e.UserFlagged) else 0
        told_reason = event.data.reason if isinstance(event, e.UserFlagged | e.UserUnflagged) else ""
        reason = dimensions.fold("reason", told_reason)
        status = c.statused()
        status.flagged = max(status.flagged, (time, flagged, reason))
    elif admin == "eligibility" and isinstance(event, e.AccountEligibilityChanged):
        if rules.speaks_for_customer(event):
            join_eligibility(c.statused().eligibility, (time, 1 if event.data.eligible else 0))
    elif admin == "identify" and event.anonymous_id and claims(event, c.id):
        _join_names(c, {event.anonymous_id: time})


def _join_names(c: Customer, others: dict[str, int]) -> None:
    """Join the names of visitors; beyond `MAX_NAMES` the earliest are kept, whatever the order in which they came."""
    status = c.statused()
    names = dict(status.names)
    for name, time in others.items():
        names[name] = min(time, names.get(name, time))
    if len(names) > MAX_NAMES:
        names = dict(sorted(names.items(), key=lambda item: (item[1], item[0]))[:MAX_NAMES])
    status.names = names


def claims(event: e.Event, customer: str) -> bool:
    """Whether an event of type user.identified says that its visitor is this customer of it."""
    return bool(event.user_id and event.anonymous_id and event.anonymous_id not in (event.user_id, customer))


def join(c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> None:
    """Join an event with the facts of its customer. Deletion is not joined: it ends them."""
    rule, time = told.rule, told.time
    minute = time // MINUTE_MS
    c.join_attributes(time, told.plan, told.segment, told.role, told.account)
    if rule.known:
        c.join_known(minute)
    if rule.active:
        c.join_activity(
            minute, rules.calendar.day_of(minute), platform_of(c, told.event.platform, dimensions)
        )
    if is_self_service(told):
        c.join_self_service(minute, help_channel(told, dimensions))
    if rule.admin is not None:
        join_admin(c, told, rules, dimensions)
    if rule.code is not None:
        join_conversation(c.opened(), *conversation_entry(told, dimensions))
    help_ = help_event(told, dimensions)
    if help_ is not None:
        join_session(c.opened(), help_.session(), rules.definitions.session_gap_ms)
    for group in rule.groups:
        if group.touches(told.event):
            group.join(group.opened(c), told, dimensions)
    watch(c, rules)


def join_account(facts: AccountFacts, told: Told, dimensions: Dimensions) -> None:
    """Join an event that is about an account (`Rules.account_of`) with the account's facts."""
    event = told.event
    if isinstance(event, e.AccountEligibilityChanged):
        join_eligibility(facts.eligibility, (told.time, 1 if event.data.eligible else 0))
    else:
        facts.own.join(event, told.time, told.plan, told.segment, dimensions, room=ROOM)


def self_service_channels(c: Customer, rules: Rules) -> dict[str, int]:
    """The minute of the customer's last self-service action by channel, messages to bots included. Not to be changed."""
    channels = c.self_service_channels or {}
    if c.support is not None and rules.messages_to_bots:
        to_bot = c.opened().to_bot
        if to_bot:
            return channels | {ch: m for ch, m in to_bot.items() if m > channels.get(ch, NEVER)}
    return channels


def watch_self_service(c: Customer, rules: Rules) -> None:
    """Note until when the last active minute matters to self-service that is counted together with activity."""
    if rules.among_active:
        c.watched = max((c.watched, *self_service_channels(c, rules).values()))


def watch(c: Customer, rules: Rules) -> None:
    """Note until when the last active minute matters to the groups that were just joined, and to self-service."""
    watch_self_service(c, rules)
    if c.groups is not None and rules.activity_groups:
        groups = c.opened_groups()
        for group in rules.activity_groups:
            facts = groups.get(group.place)
            # Packed facts were not joined.
            if facts is not None and not isinstance(facts, msgspec.Raw):
                c.watched = max(c.watched, group.watched(facts))


def join_customers(c: Customer, other: Customer, rules: Rules) -> None:
    """Join all facts of a visitor with those of the user that it turned out to be (not what made it a visitor)."""
    c.join_attributes(other.plan_time, other.plan, "", "", "")
    c.join_attributes(other.segment_time, "", other.segment, "", "")
    c.join_attributes(other.role_time, "", "", other.role, "")
    c.join_attributes(other.account_time, "", "", "", other.account)
    if other.known >= 0:
        c.join_known(other.known)
    for platform, last, day0, days in other.activity_by_platform():
        join_seen(c, platform, last, day0, days)
    for channel, minute in (other.self_service_channels or {}).items():
        c.join_self_service(minute, channel)
    if other.status is not None:
        status = c.statused()
        status.flagged = max(status.flagged, other.status.flagged)
        for change in other.status.eligibility:
            join_eligibility(status.eligibility, change)
        _join_names(c, other.status.names)
    if other.support is not None:
        support = c.opened()
        for conversation in other.opened().conversations.values():
            for entry in conversation.entries:
                join_conversation(support, conversation.id, entry, conversation.bot)
        for session in other.opened().sessions:
            join_session(support, session, rules.definitions.session_gap_ms)
    for group in rules.groups:
        facts = group.read(other)
        if facts is not None:
            group.merge(group.opened(c), facts)
    watch(c, rules)


def join_seen(c: Customer, platform: str, last: int, day0: int, days: int) -> None:
    """Join the activity of one platform: its days, and its last minute on the day it lies in."""
    while days:
        low = (days & -days).bit_length() - 1
        days &= days - 1
        # Any minute will do for the days before the last one: only the last minute is remembered.
        c.join_activity(last if not days else min(last, 0), day0 + low, platform)

"""The ledger of one partition number: every customer's facts, and the panes that follow from them.

The invariant: panes = sum of `person.contributions` over all customers + residue (closed figures of deleted ones).
Each method keeps it, by differencing only what it touches; `Ledger.recomputed` is the same from scratch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from streams.core import person
from streams.core.absorption import Reach
from streams.core.account import Account, join_parts, learns
from streams.core.assessment import Assessor
from streams.core.contribution import add_to, difference
from streams.core.customer import ASSESS, CHANGED, JOINED, MOVED, NEVER, Customer, Seen, join_day, last_day
from streams.core.dimensions import UNKNOWN
from streams.core.facts.account import AccountFacts, Part
from streams.core.group import Group
from streams.core.issues import update_conversation, update_help
from streams.core.join import (
    Told,
    conversation_entry,
    help_channel,
    help_event,
    is_self_service,
    join,
    join_account,
    join_admin,
    join_customers,
    platform_of,
    watch,
    watch_self_service,
)
from streams.core.learning import learn
from streams.core.measures import Contribution
from streams.core.panes import MeasurePanes, Panes
from streams.core.rules import Rules
from streams.core.stored import Status
from streams.core.subscriptions import Subscriptions
from streams.core.summary import Summary, account_contributions, summary_of, told_apart
from streams.core.support import Support
from streams.core.time import DAY_MINUTES, MINUTE_MS

PROFILES: Final = 10_000
"""Of how many plans, segments and roles together it is remembered where their slots begin."""


@dataclass
class _ProfileSlots:
    """Where the slots of a plan, segment and role begin in the measures that have them."""

    active: int
    ineligible: int
    days: int
    last_day: int
    eligible: int
    customers: int
    kept: int


@dataclass
class _PlatformSlots:
    """Where the slots of a platform begin."""

    last: int
    days: int


@dataclass
class _AccountSlots:
    """Where the slots of an account's plan and segment begin."""

    active: int
    """In `account_active`, if the account is known."""
    eligible: int
    customers: int
    kept: int


class Membership:
    """What a customer was to its account."""

    __slots__ = ("account", "excluded", "plan", "segment")

    def __init__(self, c: Customer) -> None:
        self.account = c.account
        self.plan = c.plan
        self.segment = c.segment
        self.excluded = c.excluded


class Gone(NamedTuple):
    """What of a customer's records fell away."""

    customer: str
    conversations: list[str]
    sessions: bool
    groups: list[str]


class Ledger:
    """Facts and panes that always agree."""

    __slots__ = (
        "_account_active",
        "_account_eligible",
        "_account_slots",
        "_active",
        "_active_days",
        "_active_last_day",
        "_by_channel",
        "_by_platform",
        "_customers",
        "_days_by_platform",
        "_eligible",
        "_kept",
        "_platforms",
        "_profiles",
        "_self_service",
        "accounts",
        "customers",
        "dimensions",
        "dirty",
        "dirty_accounts",
        "gone",
        "hour",
        "panes",
        "residue",
        "residue_parts",
        "rules",
        "stale",
        "unpacked",
    )

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.customers: dict[str, Customer] = {}
        self.accounts: dict[str, Account] = {}
        """Accounts that are at home here."""
        self.dimensions = rules.bounded_dimensions()
        self.residue = Panes(rules.measures.values())
        """Its cells are those under which the panes keep their numbers."""
        self.residue_parts: dict[tuple[str, int], int] = {}
        """In how many records a block of the residue is stored, by measure and block, where it is more than one."""
        self.dirty: list[Customer] = []
        """Customers whose facts changed since the last checkpoint."""
        self.dirty_accounts: list[Account] = []
        self.hour = NEVER
        """The whole hour (a minute) as of which everybody was assessed; −1: nobody was (`streams.core.sweep`)."""
        self.stale: set[str] = set()
        """Accounts of which some customer here no longer counts, or counts as another."""
        self.unpacked: list[Customer] = []
        """Customers whose support facts a checkpoint has left unpacked."""
        self.gone: list[Gone] = []
        """Customers whose records fell away."""
        self.use(self._bounded())

    def _bounded(self) -> Panes:
        rules = self.rules
        return Panes(rules.measures.values(), rules.definitions.max_joint_values, rules.dimensions)

    def use(self, panes: Panes) -> None:
        """Take these panes from here on."""
        self.panes = panes
        self._active, self._by_platform = panes["active"], panes["active_by_platform"]
        self._active_days, self._days_by_platform = panes["active_days"], panes["active_days_by_platform"]
        self._active_last_day = panes["active_last_day"]
        self._account_active, self._account_eligible = panes["account_active"], panes["account_eligible"]
        self._eligible, self._self_service = panes["eligible"], panes["self_service"]
        self._by_channel = panes["self_service_by_channel"]
        self._customers, self._kept = panes["customers"], panes["customers_kept"]
        self._profiles: dict[tuple[str, str, str, str], _ProfileSlots] = {}
        self._platforms: dict[str, _PlatformSlots] = {}
        self._account_slots: dict[tuple[str, str], _AccountSlots] = {}
        for c in self.customers.values():
            c.active_slot = -1

    def mark(self, c: Customer) -> None:
        """Its facts changed."""
        if not c.dirty & CHANGED:
            c.dirty |= CHANGED
            self.dirty.append(c)

    def moved(self, c: Customer, before: Membership) -> None:
        """What a changed customer is, to its account too, may have changed."""
        c.dirty |= MOVED | ASSESS
        account = before.account
        if account != c.account:
            c.dirty |= JOINED
        if account and (
            account != c.account
            or (before.plan and before.plan != c.plan)
            or (before.segment and before.segment != c.segment)
            or before.excluded != c.excluded
        ):
            self.stale.add(account)

    def add(self, c: Customer) -> None:
        """Take in a customer."""
        self.customers[c.id] = c

    # ---- events ------------------------------------------------------------------------------------------------------

    def apply(self, c: Customer, told: Told) -> None:
        """Join an event (any but a deletion) with its customer's facts and carry the difference into the panes."""
        self.mark(c)
        rule = told.rule
        if c.status is not None and c.excluded:
            self._apply_whole(c, told)
            return
        if rule.admin is not None and rule.admin != "identify":
            self._apply_whole(c, told)
            return
        time, minute = told.time, told.minute
        plan, segment, role = told.plan, told.segment, told.role
        if (
            (plan and plan != c.plan)
            or (segment and segment != c.segment)
            or (role and role != c.role)
            or (told.account and told.account != c.account)
            or (rule.known and not 0 <= c.known <= minute and not self._known_earlier(c, minute))
        ):
            self._turn(c, told)
        else:
            # Nothing changes but the times at which the attributes were last told.
            if plan and time > c.plan_time:
                c.plan_time = time
                c.dirty |= MOVED
            if segment and time > c.segment_time:
                c.segment_time = time
                c.dirty |= MOVED
            if role and time > c.role_time:
                c.role_time = time
            if told.account and time > c.account_time:
                c.account_time = time
        if rule.admin is not None:
            join_admin(c, told, self.rules, self.dimensions)
        if rule.active:
            self.activity(c, minute, platform_of(c, told.event.platform, self.dimensions))
        if rule.self_service and is_self_service(told):
            self._self_service_action(c, minute, help_channel(told, self.dimensions))
        if rule.code is not None:
            self._conversation(c, told)
        elif rule.help is not None:
            event = help_event(told, self.dimensions)
            if event is not None:
                add_to(self.panes, update_help(c.opened(), event, self.rules.issues))
        for group in rule.groups:
            if not group.touches(told.event):
                continue
            add_to(self.panes, group.update(c, told, self.rules, self.dimensions))
            if group.followed:
                if group.follows_activity:
                    watch(c, self.rules)
                if group.assessed:
                    c.dirty |= MOVED | ASSESS

    def _known_earlier(self, c: Customer, minute: int) -> bool:
        """Move the minute since which a customer is known to an earlier one. A short path of `_turn`; False if it is not open."""
        if c.known < 0 or c.status is not None:
            return False
        if c.groups is not None:
            groups = c.opened_groups()
            for name in self.rules.known_groups:
                if name in groups:
                    return False
        slots, known = self._profile(c), c.known
        # No `move`: the numbers of levels have signs, so that none may lie where one is taken away.
        moved = [(self._eligible, slots.eligible)]
        if not c.account:
            moved += [(self._customers, slots.customers), (self._kept, slots.kept)]
        for panes, slot in moved:
            panes.bump(slot, known, -1)
            panes.bump(slot, minute, 1)
        c.known = minute
        c.dirty |= MOVED | ASSESS
        return True

    def _turn(self, c: Customer, told: Told) -> None:
        """Move all that the customer itself contributes, if it may count as another from now on."""
        was = Membership(c)
        if (
            c.known < 0
            and c.last < 0
            and told.rule.known
            and c.support is None
            and c.status is None
            and c.groups is None
        ):
            c.join_attributes(told.time, told.plan, told.segment, told.role, told.account)
            if c.self_service < 0:
                self.moved(c, was)
                self.welcome(c, told.minute)
                return
        before = self._person(c)
        c.join_attributes(told.time, told.plan, told.segment, told.role, told.account)
        self.moved(c, was)
        if told.rule.known:
            c.join_known(told.minute)
        c.active_slot = -1
        add_to(self.panes, difference(before, self._person(c)))

    def _person(self, c: Customer) -> list[Contribution]:
        rules = self.rules
        return person.itself(c, rules) + person.grouped(c, rules.profile_groups, rules)

    def _apply_whole(self, c: Customer, told: Told) -> None:
        """The long path, for events that change what the customer is and for customers that do not count."""
        flag = told.rule.admin == "flag"
        was = Membership(c)
        before = self._whole(c, flag=flag)
        join(c, told, self.rules, self.dimensions)
        c.active_slot = -1
        self.moved(c, was)
        add_to(self.panes, difference(before, self._whole(c, flag=flag)))

    def _whole(self, c: Customer, *, flag: bool) -> list[Contribution]:
        """All that an event can move: a flag moves the issues too."""
        return person.contributions(c, self.rules) if flag or c.excluded else self._person(c)

    def _self_service_action(self, c: Customer, minute: int, channel: str) -> None:
        if not c.eligible:
            c.join_self_service(minute, channel)
            watch_self_service(c, self.rules)
            return
        rules = self.rules
        if rules.among_active or (c.support is not None and c.opened().to_bot):
            before = person.self_service(c, rules)
            c.join_self_service(minute, channel)
            add_to(self.panes, difference(before, person.self_service(c, rules)))
            watch_self_service(c, rules)
            return
        channels = c.self_service_channels or {}
        on_channel = channels.get(channel, NEVER)
        if minute > on_channel:
            self._moved(self._by_channel, self._by_channel.slots((channel,)), on_channel, minute)
            if minute > c.self_service:
                slots = self._self_service.slots(person.profile(c))
                self._moved(self._self_service, slots, c.self_service, minute)
            c.join_self_service(minute, channel)

    @staticmethod
    def _moved(panes: MeasurePanes, slots: int, last: int, minute: int) -> None:
        if last < 0:
            panes.bump(slots, minute)
        else:
            panes.move(slots, last, minute)

    def _conversation(self, c: Customer, told: Told) -> None:
        support = c.opened()
        before = support.to_bot
        contacts = None if c.groups is None else support.contacts.copy()
        name, entry, bot = conversation_entry(told, self.dimensions)
        delta = update_conversation(support, name, entry, bot, self.rules.issues)
        if delta:
            add_to(self.panes, delta)
        after = support.to_bot
        if after is not before and self.rules.messages_to_bots:
            counted = person.self_service(c, self.rules)
            support.to_bot = before
            counted_before = person.self_service(c, self.rules)
            support.to_bot = after
            add_to(self.panes, difference(counted_before, counted))
            watch_self_service(c, self.rules)
        if contacts is None or contacts == support.contacts:
            return
        now = support.contacts
        # Two hand-offs at one instant are the same contact twice.
        changed = sorted(set(contacts) ^ set(now))
        if changed:
            first, last = changed[0][0], changed[-1][0]
            for group in self.rules.contact_groups:
                facts = group.read(c)
                if facts is not None:
                    followed = group.near(facts, c, self.rules, first, last)
                    support.contacts = contacts
                    followed_before = group.near(facts, c, self.rules, first, last)
                    support.contacts = now
                    add_to(self.panes, difference(followed_before, followed))

    def welcome(self, c: Customer, minute: int, platform: str = "") -> None:
        """A customer of whom nothing but its attributes is known becomes known, and active if a platform is named. A short path of `_turn`."""
        c.known = minute
        slots = self._profile(c)
        self._eligible.bump(slots.eligible, minute)
        if not c.account:
            self._customers.bump(slots.customers, minute)
            self._kept.bump(slots.kept, minute)
        if platform:
            c.active_slot = slots.active
            self._first_activity(c, minute, self.rules.calendar.day_of(minute), platform, slots)

    def activity(self, c: Customer, minute: int, platform: str) -> None:
        """`Customer.join_activity` for one whose dimensions stay as they are, with its effect on the panes. The shortest path."""
        day = self.rules.calendar.day_of(minute)
        last, platforms = c.last, c.platforms
        if (
            platforms is None
            and minute > last >= self._active.rolled_to
            and last >= c.watched
            and platform == c.platform
            and c.active_slot >= 0
            and c.days >> (day - c.day0) & 1
        ):
            self._go_on(c, minute, platform)
            return
        bit = day - c.day0
        if (
            c.groups is not None
            and self.rules.activity_groups
            and (bit < 0 or not c.days >> bit & 1 or _last_on(c, platform) < c.watched)
        ) or (last < c.watched and self.rules.among_active):
            before = self._following(c)
            self._activity(c, minute, platform)
            after = self._following(c)
            add_to(self.panes, difference(before, after))
            return
        self._activity(c, minute, platform)

    def _following(self, c: Customer) -> list[Contribution]:
        out = person.self_service_active(c, self.rules)
        for group in self.rules.activity_groups:
            out += group.of_activity(c, self.rules)
        return out

    def _activity(self, c: Customer, minute: int, platform: str) -> None:
        """`activity` beside its shortest path."""
        day = self.rules.calendar.day_of(minute)
        last, platforms = c.last, c.platforms
        if last < 0:
            if c.active_slot < 0:
                self._active_slots(c)
            self._first_activity(c, minute, day, platform, self._profile(c))
            return
        if platforms is None and platform != c.platform:
            platforms = c.platforms = {c.platform: Seen(last, c.day0, c.days)}
        if minute > last:
            slots = c.active_slot
            if slots < 0:
                slots = self._active_slots(c)
            self._active.move(slots, last, minute)
            if platforms is None:
                self._by_platform.move(self._platform(platform).last, last, minute)
            c.last = minute
            c.dirty |= MOVED
        bit = day - c.day0
        if bit < 0 or not c.days >> bit & 1:
            day0, before = c.day0, c.days
            c.day0, c.days = join_day(day0, before, day)
            if c.days != before:
                c.dirty |= MOVED | ASSESS
                profile = self._profile(c)
                self._active_days.bump(profile.days, day)
                if day > (last_before := last_day(day0, before)):
                    self._active_last_day.bump(profile.last_day, last_before, -1)
                    self._active_last_day.bump(profile.last_day, day)
                if platforms is None:
                    self._days_by_platform.bump(self._platform(platform).days, day)
        if platforms is not None:
            self._platform_activity(platforms, platform, minute, day)

    def _go_on(self, c: Customer, minute: int, platform: str) -> None:
        """Move a customer's last minute on, on a day and platform on which it was active before."""
        last = c.last
        self._active.move(c.active_slot, last, minute)
        self._by_platform.move(self._platforms[platform].last, last, minute)
        c.last = minute
        c.dirty |= MOVED

    def _first_activity(
        self, c: Customer, minute: int, day: int, platform: str, profile: _ProfileSlots
    ) -> None:
        c.platform, c.last, c.day0, c.days = platform, minute, day, 1
        c.dirty |= MOVED | ASSESS
        slots = self._platform(platform)
        self._active.bump(c.active_slot, minute)
        self._by_platform.bump(slots.last, minute)
        self._active_days.bump(profile.days, day)
        self._active_last_day.bump(profile.last_day, day)
        self._days_by_platform.bump(slots.days, day)

    def _platform_activity(self, platforms: dict[str, Seen], platform: str, minute: int, day: int) -> None:
        seen = platforms.get(platform)
        slots = self._platform(platform)
        if seen is None:
            platforms[platform] = Seen(minute, day, 1)
            self._by_platform.bump(slots.last, minute)
            self._days_by_platform.bump(slots.days, day)
            return
        if minute > seen.last:
            self._by_platform.move(slots.last, seen.last, minute)
            seen.last = minute
        bit = day - seen.day0
        if bit < 0 or not seen.days >> bit & 1:
            before = seen.days
            seen.day0, seen.days = join_day(seen.day0, seen.days, day)
            if seen.days != before:
                self._days_by_platform.bump(slots.days, day)

    def _active_slots(self, c: Customer) -> int:
        slots = self._profile(c)
        c.active_slot = slots.active if c.eligible else slots.ineligible
        return c.active_slot

    def _profile(self, c: Customer) -> _ProfileSlots:
        plan, segment, role = c.plan or UNKNOWN, c.segment or UNKNOWN, c.role or UNKNOWN
        alone = "0" if c.account else "1"
        key = (plan, segment, role, alone)
        slots = self._profiles.get(key)
        if slots is None:
            if len(self._profiles) >= PROFILES:
                self._profiles.clear()
            cell = (plan, segment, role)
            slots = self._profiles[key] = _ProfileSlots(
                self._active.slots((*cell, "1", alone)),
                self._active.slots((*cell, "0", alone)),
                self._active_days.slots(cell),
                self._active_last_day.slots(cell[:1]),
                self._eligible.slots((*cell, alone)),
                self._customers.slots(cell[:2]),
                self._kept.slots(cell[:2]),
            )
        return slots

    def _platform(self, platform: str) -> _PlatformSlots:
        slots = self._platforms.get(platform)
        if slots is None:
            cell = (platform,)
            slots = _PlatformSlots(self._by_platform.slots(cell), self._days_by_platform.slots(cell))
            self._platforms[platform] = slots
        return slots

    # ---- what ends or joins customers ------------------------------------------------------------------------------

    def delete(self, c: Customer, time: int) -> None:
        """End a customer: what is closed at `time` (ms) goes into the residue, all else is withdrawn and forgotten."""
        self.mark(c)
        before = person.contributions(c, self.rules)
        closed = closed_at(before, time // MINUTE_MS, self.rules)
        self._close(closed)
        add_to(self.panes, difference(before, closed))
        self._forget(c)
        c.statused().deleted = time

    def claim(self, c: Customer, time: int, user: str) -> bool:
        """A user claims a visitor. True if the visitor's facts now have to follow the user (`release`)."""
        status = c.statused()
        self.mark(c)
        if status.alias is not None and status.alias <= (time, user):
            return False
        first = status.alias is None
        if first:
            add_to(self.panes, difference(person.contributions(c, self.rules), []))
        status.alias = (time, user)
        return first

    def release(self, c: Customer) -> None:
        """Forget a claimed visitor's facts, once they are on their way to the user."""
        alias = c.statused().alias
        self._forget(c)
        c.statused().alias = alias

    def absorb(self, c: Customer, other: Customer) -> None:
        """Join all facts of a visitor with those of its user."""
        self.mark(c)
        was, rules = Membership(c), self.rules
        # Folded where it comes from, and of a few values: those of that partition.
        learn(other, rules, self.dimensions)
        reach = Reach(c, other, rules)
        before = reach.contributions(c, rules)
        join_customers(c, other, rules)
        c.active_slot = -1
        add_to(self.panes, difference(before, reach.contributions(c, rules)))
        self.moved(c, was)

    def _forget(self, c: Customer) -> None:
        if c.account:
            self.stale.add(c.account)
        support = c.opened()
        self.gone.append(
            Gone(c.id, list(support.conversations), bool(support.sessions), list(c.opened_groups()))
        )
        deleted = c.status.deleted if c.status is not None else -1
        fresh = Customer(c.id)
        for name in _FACTS:
            setattr(c, name, getattr(fresh, name))
        c.groups_changed = 0
        c.status = Status(deleted=deleted)
        c.active_slot = -1
        self.mark(c)
        c.dirty |= ASSESS

    def expire(self, c: Customer, group: Group[Any], facts: Any, newest: int | None) -> None:
        """Give up the facts of a group that no window reaches any more at minute `newest`, and those that are too many; what they counted is closed.

        Without a `newest` none is too old; otherwise a group is looked through once a day. What is too many of a customer that does not
        count is forgotten.
        """
        if group.has_bound:
            surplus = group.surplus(facts)
            if surplus and not c.excluded:
                self._close(surplus)
        if group.ages and newest is not None and not c.excluded:
            day = newest // DAY_MINUTES & 0x7FFF
            if c.expired_on != day:
                c.expired_on, c.expired = day, 0
            if not c.expired & group.bit:
                c.expired |= group.bit
                self._close(group.expire(facts, newest))

    def _close(self, contributions: list[Contribution]) -> None:
        """Keep what is in the panes for ever, though no facts will stand for it."""
        for measure, cell, minute, n in contributions:
            self.residue[measure].add(self.panes[measure].kept(cell), minute, n)

    # ---- accounts --------------------------------------------------------------------------------------------------

    def join_part(self, account: str, number: int, part: Part, *, whole: bool) -> None:
        """Join what a partition number says of an account that is at home here; `whole`: all that it has to say."""
        if whole and part.empty and account not in self.accounts:
            return
        a = self._account(account)
        facts = a.opened()
        part.plan = self.dimensions.fold("plan", part.plan)
        part.segment = self.dimensions.fold("segment", part.segment)
        self._mark_account(a)
        before, known = a.summed(facts), facts.parts.get(number)
        if whole:
            if part.empty:
                facts.parts.pop(number, None)
            else:
                facts.parts[number] = part
            after = summary_of(facts)
            a.unassessed = True
        else:
            after = before.joined(part)
            if known is None:
                if not part.empty:
                    facts.parts[number] = part
                a.unassessed = True
            else:
                if after.plan != before.plan or learns(known, part):
                    a.unassessed = True
                join_parts(known, part)
        a.summary = after
        if told_apart(facts):
            definitions = self.rules.definitions
            old = account_contributions(facts, before, definitions)
            add_to(self.panes, difference(old, account_contributions(facts, after, definitions)))
        else:
            self._account_moved(before, after)

    def _account_moved(self, before: Summary, after: Summary) -> None:
        """Move all that an account contributes of which nothing was told but by its customers. A short path of `account_contributions`."""
        was, now = self._slots_of_account(before), self._slots_of_account(after)
        since, known = before.known, after.known
        active, active_now = was.active, now.active
        if since < 0 <= before.last:
            active = self._account_active.slots((before.plan or UNKNOWN, "0"))
        if known < 0 <= after.last:
            active_now = self._account_active.slots((after.plan or UNKNOWN, "0"))
        _shift(self._account_active, active, before.last, active_now, after.last)
        _shift(self._account_eligible, was.eligible, since, now.eligible, known)
        if before.holds:
            since = NEVER
        if after.holds:
            known = NEVER
        _shift(self._customers, was.customers, since, now.customers, known)
        _shift(self._kept, was.kept, since, now.kept, known)

    def _slots_of_account(self, summary: Summary) -> _AccountSlots:
        slots = self._account_slots.get((summary.plan, summary.segment))
        if slots is None:
            if len(self._account_slots) >= PROFILES:
                self._account_slots.clear()
            plan, segment = summary.plan or UNKNOWN, summary.segment or UNKNOWN
            slots = self._account_slots[summary.plan, summary.segment] = _AccountSlots(
                self._account_active.slots((plan, "1")),
                self._account_eligible.slots((plan,)),
                self._customers.slots((plan, segment)),
                self._kept.slots((plan, segment)),
            )
        return slots

    def join_account_event(self, account: str, told: Told) -> None:
        """Join an event that is about an account which is at home here."""
        a = self._account(account)
        facts = a.opened()
        summary, definitions = a.summed(facts), self.rules.definitions
        before = account_contributions(facts, summary, definitions)
        join_account(facts, told, self.dimensions)
        add_to(self.panes, difference(before, account_contributions(facts, summary, definitions)))
        self._mark_account(a)
        a.unassessed = True

    def forget_account_events(self, account: Account) -> None:
        """Give up what was told of an account itself; what its customers come to stays."""
        facts = account.read()
        if told_apart(facts):
            facts.eligibility, facts.own = [], Subscriptions()
            account.facts = facts
            self._mark_account(account)

    def _account(self, name: str) -> Account:
        account = self.accounts.get(name)
        if account is None:
            account = self.accounts[name] = Account(name, AccountFacts())
        return account

    def _mark_account(self, account: Account) -> None:
        if not account.dirty:
            account.dirty = True
            self.dirty_accounts.append(account)

    # ---- from scratch ------------------------------------------------------------------------------------------------

    def recomputed(self) -> Panes:
        """The panes that the facts and the residue stand for, rolled up as far as the present ones."""
        fresh = self._bounded()
        for panes in fresh:
            present = self.panes[panes.measure.name]
            panes.rolled_to = present.rolled_to
            # Which cells have a place of their own depends on what came first.
            panes.restart(present.cells)
        assessor = Assessor(self.rules, self.hour) if self.hour >= 0 else None
        for c in self.customers.values():
            opened, apart = isinstance(c.support, Support), isinstance(c.groups, dict)
            if c.groups is not None:
                c.opened_groups()
            add_to(fresh, person.contributions(c, self.rules))
            if assessor is not None:
                add_to(fresh, assessor.customer(c).contributions)
            if not opened:
                c.close()
            if not apart:
                c.close_groups()
        for account in self.accounts.values():
            facts = account.read()
            add_to(fresh, account_contributions(facts, summary_of(facts), self.rules.definitions))
            if assessor is not None:
                add_to(fresh, assessor.account(facts).contributions)
        for closed in self.residue:
            target = fresh[closed.measure.name]
            for cell, block, slot, n in closed.numbers():
                target.add_number(cell, block, slot, n)
        return fresh


def _shift(panes: MeasurePanes, slots: int, minute: int, slots_now: int, minute_now: int) -> None:
    """Move a 1 from its cell and minute to another, where there is one: a minute of −1 is none."""
    if slots == slots_now and minute == minute_now:
        return
    if minute >= 0:
        panes.bump(slots, minute, -1)
    if minute_now >= 0:
        panes.bump(slots_now, minute_now)


def _last_on(c: Customer, platform: str) -> int:
    """The customer's last active minute on a platform, never later than its last one."""
    if c.platforms is None:
        return c.last if platform == c.platform else NEVER
    seen = c.platforms.get(platform)
    return NEVER if seen is None else seen.last


_FACTS: Final = (
    "known",
    "last",
    "day0",
    "days",
    "plan",
    "plan_time",
    "segment",
    "segment_time",
    "role",
    "role_time",
    "account",
    "account_time",
    "platform",
    "platforms",
    "self_service",
    "self_service_channels",
    "status",
    "support",
    "groups",
    "watched",
)


def closed_at(contributions: list[Contribution], minute: int, rules: Rules) -> list[Contribution]:
    """What of a customer's contributions a deletion at `minute` leaves: past events, past days, and levels brought to an end."""
    kept: list[Contribution] = []
    today = rules.calendar.day_of(minute)
    for contribution in contributions:
        measure, cell, at, n = contribution
        kind = rules.measures[measure].kind
        if (kind == "event" and at <= minute) or (kind == "day" and at <= today):
            kept.append(contribution)
        elif kind == "edge" and at <= minute:
            kept += [contribution, (measure, cell, minute, -n)]
    return kept

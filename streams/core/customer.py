"""The facts of one customer, and how they join.

Hot facts (activity, attributes) are plain fields, for they change with most events. The others lie packed while nobody
asks for them: support facts, and all groups of facts together. Everything here joins: maximum, minimum, union; no order
of events makes a difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import msgspec
from mypy_extensions import mypyc_attr

from streams.core.packed import trimmed
from streams.core.panes import DAYS_KEPT
from streams.core.stored import Status
from streams.core.support import Support, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_extensions import i16

    from streams.core.assessment import Assessment

Groups = dict[str, msgspec.Raw | msgspec.Struct]
"""Groups of facts (`streams.core.group`) by name: each packed until it is asked for."""

NOBODY: Final = "\0nobody"
"""Whose facts those are that belong to no customer. It is never known, and stays where it is."""
NEVER: Final = -1
"""The minute of what has not happened."""
CHANGED: Final = 1
MOVED: Final = 3
ASSESS: Final = 4
JOINED: Final = 8
UNTOLD: Final = 16
UNTOLD_WHOLLY: Final = 48
"""Bits of `Customer.dirty`: its facts changed; so did what it means to its account; it has to be assessed anew; it belongs to
another account than before. The last two outlive a checkpoint: its account was not told yet of later activity, or of anything more."""


@mypyc_attr(acyclic=True)
class Seen:
    """Activity of one kind: its last minute, and the set of local days as bits counted from `day0`."""

    __slots__ = ("day0", "days", "last")

    def __init__(self, last: int, day0: int, days: int) -> None:
        self.last = last
        self.day0 = day0
        self.days = days

    def join(self, minute: int, day: int) -> None:
        """Join one active minute."""
        self.last = max(self.last, minute)
        self.day0, self.days = join_day(self.day0, self.days, day)


def join_day(day0: int, days: int, day: int) -> tuple[int, int]:
    """Join a local day with a set of days; days `DAYS_KEPT` before the newest are forgotten."""
    if not days:
        return day, 1
    if day < day0:
        newest = day0 + days.bit_length() - 1
        if day <= newest - DAYS_KEPT:
            return day0, days
        return day, days << (day0 - day) | 1
    days |= 1 << (day - day0)
    surplus = days.bit_length() - DAYS_KEPT
    if surplus > 0:
        days >>= surplus
        day0 += surplus
        low = (days & -days).bit_length() - 1
        days >>= low
        day0 += low
    return day0, days


def days_of(day0: int, days: int) -> list[int]:
    """The local days of a set, in order."""
    out = []
    while days:
        low = (days & -days).bit_length() - 1
        out.append(day0 + low)
        days &= days - 1
    return out


def last_day(day0: int, days: int) -> int:
    """The last local day of a set that is not empty."""
    return day0 + days.bit_length() - 1


def is_ordinary(status: Status) -> bool:
    """Whether the events of a customer with this status count as everybody's do: no flag, no other name, nothing deleted."""
    return status.flagged[1] != 1 and status.alias is None and status.deleted < 0


@mypyc_attr(acyclic=True)
class Customer:
    """All facts of one customer. Minutes are −1 and strings empty where nothing is known."""

    __slots__ = (
        "account",
        "account_time",
        "active_slot",
        "assessed",
        "assessed_until",
        "day0",
        "days",
        "dirty",
        "expired",
        "expired_on",
        "groups",
        "groups_changed",
        "id",
        "known",
        "last",
        "plan",
        "plan_time",
        "platform",
        "platforms",
        "role",
        "role_time",
        "segment",
        "segment_time",
        "self_service",
        "self_service_channels",
        "status",
        "support",
        "watched",
    )

    def __init__(self, id: str) -> None:  # noqa: A002  (the facts' own name for it)
        self.id = id
        self.known = NEVER
        """The earliest minute in which it acted."""
        self.last = NEVER
        """The last minute with an active event."""
        self.day0 = 0
        self.days = 0
        self.plan = ""
        self.plan_time = -1
        self.segment = ""
        self.segment_time = -1
        self.role = ""
        self.role_time = -1
        self.account = ""
        """The account that it named last; empty: it is an account of its own."""
        self.account_time = -1
        self.platform = ""
        """The only platform of all its activity, while `platforms` is None."""
        self.platforms: dict[str, Seen] | None = None
        """Activity by platform, from the second one on."""
        self.self_service = NEVER
        """The last minute with a self-service action other than a message to a bot."""
        self.self_service_channels: dict[str, int] | None = None
        self.status: Status | None = None
        self.support: bytes | Support | None = None
        self.groups: bytes | Groups | None = None
        """Further facts; packed together, and apart between an event and the next checkpoint."""
        self.watched = NEVER
        """Up to this minute the last active one decides about what some group contributes, or self-service together with activity."""
        # Not facts: where the panes hold this customer, and what is still to be written or given up.
        self.active_slot = -1
        self.assessed: Assessment | None = None
        """What the hourly sweep found, as it stands in the panes."""
        self.assessed_until = 0
        """The first minute at which it may find something else, whatever happens."""
        self.dirty: i16 = 0
        """0, or the bits `CHANGED`, `MOVED`, `ASSESS`, `JOINED`, `UNTOLD` and `UNTOLD_WHOLLY`."""
        self.groups_changed: i16 = 0
        """The groups (`Group.bit`) whose facts changed since the last checkpoint."""
        self.expired: i16 = 0
        """The groups (`Group.bit`) that were looked through for facts that are too old, on the day (its 15 low bits) `expired_on`."""
        self.expired_on: i16 = 0

    def opened(self) -> Support:
        """The support facts, unpacked."""
        support = self.support
        if isinstance(support, Support):
            return support
        support = Support() if support is None else unpack(support)
        self.support = support
        return support

    def opened_groups(self) -> Groups:
        """The groups of facts, apart from each other. For a customer that is written by the next checkpoint."""
        groups = self.groups
        if isinstance(groups, dict):
            return groups
        groups = {} if groups is None else decode_groups(groups)
        self.groups = groups
        return groups

    def close(self) -> None:
        """Pack the support facts."""
        if isinstance(self.support, Support):
            self.support = trimmed(pack(self.support))

    def close_groups(self) -> None:
        """Pack the groups of facts."""
        groups = self.groups
        if isinstance(groups, dict):
            self.groups = trimmed(_encode(groups)) if groups else None

    @property
    def excluded(self) -> bool:
        """Whether nothing of it counts now: flagged, or another's name."""
        status = self.status
        return status is not None and (status.alias is not None or status.is_flagged)

    @property
    def eligible(self) -> bool:
        """Whether it is eligible now."""
        status = self.status
        return self.known >= 0 and (
            status is None or not status.eligibility or status.eligibility[-1][1] == 1
        )

    def join_attributes(self, time: int, plan: str, segment: str, role: str, account: str) -> None:
        """The latest value of each; at the same time the greater one. Empty ones say nothing."""
        if plan and (time > self.plan_time or (time == self.plan_time and plan > self.plan)):
            self.plan, self.plan_time = plan, time
        if segment and (time > self.segment_time or (time == self.segment_time and segment > self.segment)):
            self.segment, self.segment_time = segment, time
        if role and (time > self.role_time or (time == self.role_time and role > self.role)):
            self.role, self.role_time = role, time
        if account and (time > self.account_time or (time == self.account_time and account > self.account)):
            self.account, self.account_time = account, time

    def join_known(self, minute: int) -> None:
        """It acted."""
        if self.known < 0 or minute < self.known:
            self.known = minute

    def join_activity(self, minute: int, day: int, platform: str) -> None:
        """It was active, on a platform (never empty)."""
        if self.last < 0:
            self.platform = platform
        elif self.platforms is None and platform != self.platform:
            self.platforms = {self.platform: Seen(self.last, self.day0, self.days)}
        self.last = max(self.last, minute)
        self.day0, self.days = join_day(self.day0, self.days, day)
        if self.platforms is not None:
            seen = self.platforms.get(platform)
            if seen is None:
                self.platforms[platform] = Seen(minute, day, 1)
            else:
                seen.join(minute, day)

    def activity_by_platform(self) -> list[tuple[str, int, int, int]]:
        """Platform, last minute, day0, days."""
        if self.platforms is not None:
            return [(name, s.last, s.day0, s.days) for name, s in self.platforms.items()]
        return [(self.platform, self.last, self.day0, self.days)] if self.last >= 0 else []

    def join_self_service(self, minute: int, channel: str) -> None:
        """It did something by itself, on a channel (never empty)."""
        self.self_service = max(self.self_service, minute)
        channels = self.self_service_channels
        if channels is None:
            self.self_service_channels = {channel: minute}
        elif channels.get(channel, NEVER) < minute:
            channels[channel] = minute

    def statused(self) -> Status:
        """Its status, made if need be."""
        if self.status is None:
            self.status = Status()
        return self.status


_encode: Final = msgspec.msgpack.Encoder().encode
decode_groups: Final = cast(
    "Callable[[bytes], Groups]", msgspec.msgpack.Decoder(dict[str, msgspec.Raw]).decode
)
"""Read groups of facts from bytes, each left packed."""

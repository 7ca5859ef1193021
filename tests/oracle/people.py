"""From raw events to lives: whose event is it, does it count, and until when did that customer exist."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle.figures import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Events that make nobody a customer.
NOT_ACTING = frozenset(
    {
        "email.delivered",
        "survey.sent",
        "social.mentioned",
        "enhancement.requested",
        "enhancement.shipped",
        "user.flagged",
        "user.unflagged",
        "user.deleted",
        "account.eligibility_changed",
    }
)


@dataclass(frozen=True)
class Event:
    """One event that counts. `time` is in milliseconds since the epoch."""

    time: int
    id: str
    type: str
    raw: Mapping[str, Any]

    def field(self, name: str) -> str | None:
        """An envelope field; None where the event carries none."""
        value = self.raw.get(name)
        return value if isinstance(value, str) and value else None

    def data(self, name: str) -> Any:
        """A field of the event's type; None where it is missing."""
        return (self.raw.get("data") or {}).get(name)


@dataclass(frozen=True)
class Life:
    """A customer from its first event to its deletion, or to now: its events by time."""

    events: list[Event]
    ended: int | None
    is_account: bool = False
    """Accounts are the customers here."""

    _latest: dict[str, str | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def latest(self, name: str) -> str | None:
        """The plan, segment or role of now: the latest event's that carries one, of a tie the greater."""
        if name not in self._latest:
            carried = [(e.time, value) for e in self.events if (value := e.field(name)) is not None]
            self._latest[name] = max(carried)[1] if carried else None
        return self._latest[name]

    @property
    def flagged(self) -> bool:
        marks = [
            (e.time, e.type == "user.flagged")
            for e in self.events
            if e.type in {"user.flagged", "user.unflagged"}
        ]
        return bool(marks) and max(marks)[1]

    @property
    def flag_reason(self) -> str:
        """The reason of the latest flag; of one millisecond the one that sorts last."""
        flags = [(e.time, label(e.data("reason"))) for e in self.events if e.type == "user.flagged"]
        return max(flags)[1]

    @property
    def eligibility(self) -> list[tuple[int, bool]]:
        """What was told of the customer's eligibility, and not of an account that it only belongs to."""
        return [
            (e.time, bool(e.data("eligible")))
            for e in self.events
            if e.type == "account.eligibility_changed"
            and (
                self.is_account
                or about_account(e) is None
                or not (e.field("user_id") or e.field("anonymous_id"))
            )
        ]

    @property
    def eligible(self) -> bool:
        """Whether the customer is known and eligible now; a deleted one is not."""
        known = any(e.type not in NOT_ACTING for e in self.events)
        changes = self.eligibility
        return self.ended is None and known and (not changes or max(changes)[1])


def about_account(event: Event) -> str | None:
    """The account that an event is about beside its customer, or instead of it."""
    if event.type == "account.eligibility_changed" and event.data("scope") != "account":
        return None
    if event.type == "account.eligibility_changed" or event.type.startswith("subscription."):
        return event.field("account_id")
    return None


class Lives(list[Life]):
    """Every customer's lives, those of flagged customers apart; and what anybody told of accounts."""

    flagged: list[Life]
    about_accounts: list[Event]


def milliseconds(time: object) -> int:
    """An event time, RFC 3339 or epoch milliseconds, in integer milliseconds, rounded down."""
    if isinstance(time, str):
        return (datetime.fromisoformat(time.upper()) - EPOCH) // timedelta(milliseconds=1)
    if isinstance(time, int | float):
        return int(time // 1)
    raise TypeError(f"time is {time!r}: an RFC 3339 string or epoch milliseconds expected")


def counting(raw_events: Iterable[Mapping[str, Any]], at: int) -> list[Event]:
    """The events before `at`, each once, without those of bots and tests, by time."""
    by_time = sorted(
        (Event(milliseconds(raw["time"]), raw["id"], raw["type"], raw) for raw in raw_events),
        key=lambda e: (e.time, e.id),
    )
    seen = set()
    kept = []
    for event in by_time:
        if event.time >= at or event.raw.get("is_bot") or event.raw.get("is_test"):
            continue
        identity = (event.raw.get("source") or event.raw["topic"], event.id)
        if identity not in seen:
            seen.add(identity)
            kept.append(event)
    return kept


def names(events: Iterable[Event], unit: str = "user") -> dict[str, str]:
    """{anonymous id: the customer it is}: the earliest claim, at the same time the smaller id."""
    claims: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for event in events:
        user, anonymous = event.field("user_id"), event.field("anonymous_id")
        if event.type == "user.identified" and user and anonymous and user != anonymous:
            customer = subject(event, unit)
            if customer is not None and customer != anonymous:
                claims[anonymous].append((event.time, customer))
    return {anonymous: min(claimed)[1] for anonymous, claimed in claims.items()}


def subject(event: Event, unit: str) -> str | None:
    """Who the event names as its customer."""
    order = ["user_id", "anonymous_id"]
    order.insert(0 if unit == "account" else 2, "account_id")
    return next((name for field in order if (name := event.field(field)) is not None), None)


def customer_of(event: Event, users: Mapping[str, str], unit: str = "user") -> str | None:
    """Whose event it is; None where nobody is named."""
    name = subject(event, unit)
    passed = set()
    while name is not None and name in users and name not in passed:
        passed.add(name)
        name = users[name]
    return name


def lives(raw_events: Iterable[Mapping[str, Any]], at: int, unit: str = "user") -> Lives:
    """Every customer's lives; `unit` says who is the customer of an event that names an account, too."""
    events = counting(raw_events, at)
    users = names(events, unit)
    by_customer: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        # What names nobody is the life of nobody, who is never known.
        by_customer[customer_of(event, users, unit) or ""].append(event)

    found = []
    for mine in by_customer.values():
        deletions = sorted({e.time for e in mine if e.type == "user.deleted"})
        begins = [None, *deletions]
        ends = [*deletions, None]
        for begin, end in zip(begins, ends, strict=True):
            part = [e for e in mine if (begin is None or e.time > begin) and (end is None or e.time <= end)]
            found.append(Life(part, end, unit == "account"))
    everyone = Lives(life for life in found if life.events and not life.flagged)
    everyone.flagged = [life for life in found if life.events and life.flagged]
    everyone.about_accounts = [e for e in events if about_account(e) is not None]
    return everyone

"""Short ways to write events and to look figures up in the examples."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tests.oracle import OracleSettings, compute
from tests.oracle.issues import issues_of
from tests.oracle.people import lives

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

TOPICS = {
    "help": "support.events",
    "conversation": "support.events",
    "user": "account.events",
    "account": "account.events",
    "subscription": "account.events",
    "visit": "account.events",
    "order": "account.events",
}

_numbers = itertools.count()


def at(clock: str, day: int = 0) -> int:
    """Epoch milliseconds of a time of day (HH:MM[:SS[.mmm]]), `day` days after Monday 2025-01-06."""
    of_day = datetime.fromisoformat(f"2025-01-06T{clock}+00:00") + timedelta(days=day)
    return int(of_day.timestamp()) * 1000 + of_day.microsecond // 1000


def event(
    type_: str, time: int | str, user: str | None = "u1", data: Json | None = None, **envelope: Any
) -> Json:
    """A native event; `user=None` leaves the user out. A time given as text is on Monday."""
    named = {"user_id": user} if user is not None else {}
    return {
        "topic": TOPICS.get(type_.split(".", maxsplit=1)[0], "product.events"),
        "id": f"e{next(_numbers)}",
        "type": type_,
        "time": at(time) if isinstance(time, str) else time,
        **named,
        **envelope,
        "data": data or {},
    }


class Talk:
    """Writes the events of one conversation of one customer."""

    def __init__(self, identity: str = "c1", user: str = "u1", channel: str | None = "chat") -> None:
        self.identity = identity
        self.user = user
        self.channel = channel
        self.events: list[Json] = []

    def _add(self, type_: str, time: int | str, data: Json, envelope: Json) -> Talk:
        channel = {} if self.channel is None else {"channel": self.channel}
        fields = {"conversation_id": self.identity, **channel, **envelope}
        self.events.append(event(type_, time, self.user, data, **fields))
        return self

    def start(
        self, time: int | str, by: str = "customer", partner: str | None = None, **envelope: Any
    ) -> Talk:
        chosen = {} if partner is None else {"with": partner}
        return self._add("conversation.started", time, {"initiated_by": by, **chosen}, envelope)

    def say(self, time: int | str, actor: str, public: bool = True, **envelope: Any) -> Talk:
        return self._add("conversation.message", time, {"actor": actor, "public": public}, envelope)

    def hand_off(self, time: int | str, **envelope: Any) -> Talk:
        return self._add("conversation.handed_off", time, {}, envelope)

    def resolve(self, time: int | str, by: str, confirmed: bool = False, **envelope: Any) -> Talk:
        return self._add("conversation.resolved", time, {"by": by, "confirmed": confirmed}, envelope)

    def reopen(self, time: int | str) -> Talk:
        return self._add("conversation.reopened", time, {}, {})

    def abandon(self, time: int | str) -> Talk:
        return self._add("conversation.abandoned", time, {}, {})


class Result:
    """Figures at a time, looked up by family and by those labels that are not `all`."""

    def __init__(self, events: Iterable[Json], time: int, settings: OracleSettings | None = None) -> None:
        self.values = compute(events, time, settings=settings or OracleSettings())

    def __call__(self, family: str, **labels: str) -> float | None:
        """The figure, or None where there is no such series."""
        found = [
            value
            for (name, pairs), value in self.values.items()
            if name == f"kpi_{family}"
            and set(labels) <= dict(pairs).keys()
            and all(labels.get(key, "all") == text for key, text in pairs)
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def counts(self, kpi: str, **labels: str) -> tuple[float | None, float | None]:
        """(numerator, denominator) of a ratio."""
        whole = {name: text for name, text in labels.items() if name != "resolution"}
        return self(f"{kpi}_numerator", **labels), self(f"{kpi}_denominator", **whole)


def outcomes(events: Iterable[Json], settings: OracleSettings | None = None) -> list[tuple[str, int]]:
    """Every issue's (outcome, moment it counts), deadlines still ahead included, by moment."""
    found = [
        (issue.outcome, issue.moment)
        for life in lives(events, at("00:00", day=1000))
        for issue in issues_of(life, settings or OracleSettings())
    ]
    return sorted(found, key=itemgetter(1))

"""KPIs over bots, answering times, what is open, and whether self-service lasted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.oracle.conversation_kpis import quantile, shares, within
from tests.oracle.conversations import agent_acts, conversations_of, is_public, resolved, wrote
from tests.oracle.figures import CUSTOMER_WINDOWS, EVENT_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.issues import (
    deadline,
    decide_conversation,
    decide_session,
    help_channel,
    owner_of,
    sessions_of,
)
from tests.oracle.settings import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.oracle.conversation_kpis import Row
    from tests.oracle.conversations import Conversation
    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings

WEEK = 7 * DAY
AGES = (("lt_1h", HOUR), ("lt_1d", DAY), ("lt_7d", WEEK), ("lt_30d", 30 * DAY))
SOLVED = frozenset({"confirmed", "assumed"})


class Case:
    """One customer's conversations and help sessions, and which of these belong together."""

    def __init__(self, life: Life, settings: OracleSettings) -> None:
        self.settings = settings
        self.conversations = [c for c in conversations_of(life) if c.begin is not None]
        self.contacts = sorted((time, c.id) for c in self.conversations for time in c.contacts)
        self.sessions = sessions_of(life, settings)
        self.alone = [s for s in self.sessions if self.owner(s) is None]

    def owner(self, session: Sequence[Event]) -> str | None:
        return owner_of(session, self.contacts, self.settings)

    def merged(self, conversation: Conversation) -> list[list[Event]]:
        return [s for s in self.sessions if self.owner(s) == conversation.id]

    def outcome(self, conversation: Conversation) -> tuple[str, int] | None:
        """What became of a conversation, and when it counts."""
        times = [time for time, _ in self.contacts]
        decision = decide_conversation(conversation, bool(self.merged(conversation)), times, self.settings)
        return None if decision is None else (decision.outcome, decision.moment)

    def contact_in(self, begin: int, end: int) -> bool:
        """Whether the customer contacted an agent from `begin` on and before `end`."""
        return any(begin <= time < end for time, _ in self.contacts)


def add_support_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    bots: list[Row[str]] = []
    lasting: list[Row[bool]] = []
    waits: list[Row[int]] = []
    sessions: list[int] = []
    open_: Counter[tuple[str, str]] = Counter()
    pending: Counter[str] = Counter()
    last_contacts: list[int] = []

    for life in lives:
        case = Case(life, settings)
        # A deletion leaves what had counted by then, of what was still to come nothing, and nobody to wait for.
        horizon = at - 1 if life.ended is None else life.ended
        bots += [row for row in bot_conversations(case) if row[0] <= horizon]
        lasting += [row for row in first_resolutions(case) if row[0] <= horizon]
        waits += [row for c in case.conversations for row in first_responses(c, settings)]
        sessions += [s[0].time for s in case.sessions]
        if life.ended is None:
            open_.update(open_conversations(case, at))
            pending.update(pending_issues(case, at))
            if case.contacts:
                last_contacts.append(case.contacts[-1][0])

    for kpi, result in (("bot_resolution", "resolved"), ("bot_handoff", "handed_off")):
        rows = [(moment, where, found == result) for moment, where, found in bots]
        shares(kpi, rows, ("channel", "bot"), at, figures)
    shares("durable_resolution", lasting, ("channel",), at, figures)
    export_waits(waits, at, figures)
    export_levels(open_, pending, figures)
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        helped = sum(begin <= time < at for time in sessions)
        opened = sum(time >= begin for time in last_contacts)
        figures.quotient("self_service_score", helped, opened, {"window": window})


def bot_conversations(case: Case) -> list[Row[str]]:
    """The conversations that a bot handled and that have an outcome."""
    found: list[Row[str]] = []
    for conversation in case.conversations:
        outcome = case.outcome(conversation)
        if outcome is None or not bot_handled(conversation):
            continue
        result = (
            "resolved" if outcome[0] in SOLVED else "handed_off" if handed_over(conversation) else "other"
        )
        where = {"channel": label(conversation.channel), "bot": label(bot_of(conversation))}
        found.append((outcome[1], where, result))
    return found


def bot_handled(conversation: Conversation) -> bool:
    """Whether a bot replied after the begin, or handed off."""
    assert conversation.begin is not None
    later = conversation.events[conversation.begin + 1 :]
    return any((wrote(e, "bot") and is_public(e)) or e.type == "conversation.handed_off" for e in later)


def handed_over(conversation: Conversation) -> bool:
    """Whether it went to an agent since the last reopening: by a hand-off, or because one came in after a bot."""
    if conversation.in_phase("conversation.handed_off"):
        return True
    if conversation.agent_in is None:
        return False
    before = conversation.events[conversation.begin : conversation.agent_in]
    return conversation.with_bot or any(wrote(e, "bot") or resolved(e, "bot") for e in before)


def bot_of(conversation: Conversation) -> str | None:
    """The bot that the earliest event names; of several at once the smaller name."""
    named = [(e.time, label(name)) for e in conversation.events if (name := e.data("bot"))]
    return min(named)[1] if named else None


def first_resolutions(case: Case) -> list[Row[bool]]:
    """Each issue's first resolution without an agent, after the time that it has to hold: whether it held."""
    found: list[Row[bool]] = []

    def count(times: Iterable[int], channel: str, reopenings: Sequence[int]) -> None:
        first = min(times, default=None)
        if first is not None:
            end = first + case.settings.durable_ms
            broken = case.contact_in(first, end) or any(first <= t < end for t in reopenings)
            found.append((deadline(end), {"channel": label(channel)}, not broken))

    for session in case.alone:
        count(session_resolutions(case, session), help_channel(session[0]), [])
    for conversation in case.conversations:
        times = list(conversation_resolutions(case, conversation))
        for session in case.merged(conversation):
            times += session_resolutions(case, session)
        reopened = [e.time for e in conversation.events if e.type == "conversation.reopened"]
        count(times, conversation.channel, reopened)
    return found


def session_resolutions(case: Case, session: Sequence[Event]) -> list[int]:
    """When a help session was resolved by itself, if that came before the contact that it went into."""
    contact = None
    if case.owner(session) is not None:
        contact = min(time for time, _ in case.contacts if time >= session[0].time)
    confirmed = [
        e.time
        for e in session
        if e.type == "help.solved" or (e.type == "help.article_rated" and e.data("helpful") is True)
    ]
    if confirmed and (contact is None or confirmed[0] <= contact):
        return confirmed[:1]
    answers = [
        e for e in session if e.type in {"help.result_clicked", "help.article_viewed", "flow.completed"}
    ]
    if not answers:
        return []
    assumed = answers[-1].time + case.settings.assumption_ms
    return [assumed] if contact is None or assumed <= contact else []


def conversation_resolutions(case: Case, conversation: Conversation) -> Iterable[int]:
    """When a conversation was confirmed, or assumed resolved, while no agent had a part in its phase."""
    assert conversation.begin is not None
    events = conversation.events[conversation.begin :]
    reopenings = [n for n, e in enumerate(events) if n and e.type == "conversation.reopened"]
    asked = next((n for n, e in enumerate(events) if wrote(e, "customer")), len(events))
    begins = [0, *(n + 1 for n in reopenings)]
    for begin, end in zip(begins, [*reopenings, len(events)], strict=True):
        agent = next((n for n in range(begin, end) if agent_acts(events[n])), end)
        if begin == 0 and not conversation.with_bot:
            agent = 0
        for n in range(begin, agent):
            e = events[n]
            if resolved(e) and (e.data("by") == "customer" or e.data("confirmed") is True):
                yield e.time
            elif resolved(e, "bot") or (n > asked and wrote(e, "bot") and is_public(e)):
                until = e.time + case.settings.assumption_ms
                broken = [
                    x
                    for m, x in enumerate(events)
                    if m > n
                    and x.time < until
                    and (m in {agent, end} or (m < agent and settles(x, customer_asked=m > asked)))
                ]
                if not broken and not case.contact_in(e.time, until):
                    yield until


def settles(event: Event, *, customer_asked: bool) -> bool:
    """Whether an event takes the place of an earlier answer: another answer, or a confirmation."""
    if resolved(event):
        return True
    return customer_asked and wrote(event, "bot") and is_public(event)


def first_responses(conversation: Conversation, settings: OracleSettings) -> list[Row[int]]:
    """How long the customer waited for the first public reply that counts."""
    assert conversation.begin is not None
    if conversation.start is None:
        return []
    begin = conversation.events[conversation.begin].time
    repliers = ("agent", "bot") if settings.first_response == "anyone" else ("agent",)
    for event in conversation.events[conversation.begin + 1 :]:
        if is_public(event) and any(wrote(event, actor) for actor in repliers):
            return [(event.time, {"channel": label(conversation.channel)}, event.time - begin)]
    return []


def open_conversations(case: Case, at: int) -> list[tuple[str, str]]:
    """(channel, age) of each conversation that is open now."""
    found = []
    for conversation in case.conversations:
        outcome = case.outcome(conversation)
        over = outcome is not None and outcome[0] in {"assumed", "abandoned"} and outcome[1] < at
        if (
            over
            or conversation.in_phase("conversation.resolved")
            or conversation.in_phase("conversation.abandoned")
        ):
            continue
        assert conversation.begin is not None
        begin = conversation.events[conversation.begin].time
        age = next((name for name, length in AGES if at <= deadline(begin + length)), "older")
        found.append((label(conversation.channel), age))
    return found


def pending_issues(case: Case, at: int) -> list[str]:
    """The channel of each issue that will be assumed resolved if nothing happens."""
    decided = [(case.outcome(c), c.channel) for c in case.conversations]
    for session in case.alone:
        decision = decide_session(session, case.settings)
        if decision is not None:
            decided.append(((decision.outcome, decision.moment), help_channel(session[0])))
    return [
        label(channel)
        for outcome, channel in decided
        if outcome is not None and outcome[0] == "assumed" and outcome[1] >= at
    ]


def export_waits(rows: Sequence[Row[int]], at: int, figures: Figures) -> None:
    for window in EVENT_WINDOWS:
        for labels, some in breakdowns(within(rows, window, at), ("channel",)):
            where = labels | {"window": window}
            figures.put("kpi_first_response_time_observations", len(some), where)
            if some:
                stats = {"mean": sum(some) / len(some)} | {
                    f"p{q}": quantile(some, q / 100) for q in (50, 75, 90)
                }
                for stat, value in stats.items():
                    figures.put("kpi_first_response_time_seconds", value / 1000, where | {"stat": stat})


def export_levels(open_: Counter[tuple[str, str]], pending: Counter[str], figures: Figures) -> None:
    family = "kpi_open_conversations"
    figures.put(family, sum(open_.values()), {"channel": "all", "age": "all"})
    by_channel: Counter[str] = Counter()
    by_age: Counter[str] = Counter()
    for (channel, age), n in open_.items():
        by_channel[channel] += n
        by_age[age] += n
    for channel, n in by_channel.items():
        figures.put(family, n, {"channel": channel, "age": "all"})
    for age, n in by_age.items():
        figures.put(family, n, {"channel": "all", "age": age})
    figures.put("kpi_pending_issues", sum(pending.values()), {"channel": "all"})
    for channel, n in pending.items():
        figures.put("kpi_pending_issues", n, {"channel": channel})

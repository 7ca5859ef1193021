"""Help sessions, issues and their outcomes, case by case as docs/definitions.md lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.oracle.conversations import conversations_of, place, resolved, wrote
from tests.oracle.settings import MINUTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.conversations import Conversation
    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings


@dataclass(frozen=True)
class Decision:
    """What became of an issue, when it counts (milliseconds), and the place of the event that decided."""

    outcome: str
    moment: int
    deciding: tuple[int, int]


@dataclass(frozen=True)
class Issue:
    """An issue with an outcome."""

    outcome: str
    moment: int
    self_service: bool
    channel: str
    plan: str | None
    segment: str | None


#: A help event comes before the events of a conversation in the same millisecond.
HELP_PLACE = -1


def deadline(time: int) -> int:
    """A deadline counts at the next full minute."""
    return -(-time // MINUTE) * MINUTE


def is_help(event: Event) -> bool:
    """Whether the event belongs to a help session."""
    return event.type.startswith("help.") or (
        event.type.startswith("flow.") and event.data("kind") == "self_service"
    )


def help_channel(event: Event) -> str:
    return event.field("channel") or "help_center"


def sessions_of(life: Life, settings: OracleSettings) -> list[list[Event]]:
    """The customer's help sessions, each as its events by time."""
    found: list[list[Event]] = []
    for event in life.events:
        if not is_help(event):
            continue
        if found and event.time - found[-1][-1].time <= settings.session_gap_ms:
            found[-1].append(event)
        else:
            found.append([event])
    return found


def owner_of(
    session: Sequence[Event], contacts: Sequence[tuple[int, str]], settings: OracleSettings
) -> str | None:
    """The conversation that the session went into; None: it is an issue by itself."""
    later = [contact for contact in contacts if contact[0] >= session[0].time]
    if not later:
        return None
    time, conversation = min(later)
    return conversation if time < session[-1].time + settings.assumption_ms else None


def decide_session(session: Sequence[Event], settings: OracleSettings) -> Decision | None:
    """The outcome of a help session by itself."""

    def here(event: Event) -> tuple[int, int]:
        return event.time, HELP_PLACE

    for event in session:
        if event.type == "help.solved" or (
            event.type == "help.article_rated" and event.data("helpful") is True
        ):
            return Decision("confirmed", event.time, here(event))
    answers = [
        e for e in session if e.type in {"help.result_clicked", "help.article_viewed", "flow.completed"}
    ]
    if answers:
        return Decision("assumed", deadline(answers[-1].time + settings.assumption_ms), here(answers[-1]))
    inactivity = settings.inactivity(help_channel(session[0]))
    if inactivity is None:
        return None
    return Decision("abandoned", deadline(session[-1].time + inactivity), here(session[-1]))


def decide_conversation(
    conversation: Conversation,
    has_session: bool,
    contact_times: Sequence[int],
    settings: OracleSettings,
) -> Decision | None:
    """The outcome of a conversation that has begun, in its last phase."""
    events = conversation.events

    def at(outcome: str, position: int) -> Decision:
        return Decision(outcome, events[position].time, place(events[position]))

    def left() -> Decision | None:
        inactivity = settings.inactivity(conversation.channel)
        if inactivity is None:
            return None
        return Decision("abandoned", deadline(events[-1].time + inactivity), place(events[-1]))

    resolutions = conversation.in_phase("conversation.resolved")
    abandonments = conversation.in_phase("conversation.abandoned")

    if conversation.agent_in is not None:
        before = events[conversation.begin : conversation.agent_in]
        bot_before = any(wrote(e, "bot") or resolved(e, "bot") for e in before)
        if has_session or conversation.with_bot or bot_before:
            return at("escalated", conversation.agent_in)
        if resolutions:
            return at("agent_resolved", resolutions[0])
        if abandonments:
            return at("abandoned", abandonments[0])
        return None if conversation.served_in_phase else left()

    for position in resolutions:
        if events[position].data("by") == "customer" or events[position].data("confirmed") is True:
            return at("confirmed", position)
    if conversation.answers:
        answer = events[conversation.answers[-1]]
        until = answer.time + settings.assumption_ms
        contacts = [time for time in contact_times if answer.time <= time < until]
        if contacts:
            return Decision("escalated", min(contacts), place(answer))
        return Decision("assumed", deadline(until), place(answer))
    if abandonments:
        return at("abandoned", abandonments[0])
    return None if resolutions else left()


def carried(
    events: Sequence[tuple[tuple[int, int], Event]], name: str, deciding: tuple[int, int]
) -> str | None:
    """What the deciding event carried in an envelope field; where it carried nothing, the latest that any event did."""
    own = [value for where, e in events if where == deciding and (value := e.field(name)) is not None]
    values = [(e.time, value) for _, e in events if (value := e.field(name)) is not None]
    return max(own) if own else max(values)[1] if values else None


def issues_of(life: Life, settings: OracleSettings) -> list[Issue]:
    """The customer's issues that have an outcome, or will have one if nothing else happens."""
    conversations = [c for c in conversations_of(life) if c.begin is not None]
    contacts = [(time, c.id) for c in conversations for time in c.contacts]
    contact_times = [time for time, _ in contacts]

    went_into: dict[str, list[Event]] = {}
    alone: list[list[Event]] = []
    for session in sessions_of(life, settings):
        owner = owner_of(session, contacts, settings)
        if owner is None:
            alone.append(session)
        else:
            went_into.setdefault(owner, []).extend(session)

    found = []

    def add(
        decision: Decision | None, parts: list[tuple[tuple[int, int], Event]], channel: str, own: bool
    ) -> None:
        if decision is not None:
            plan, segment = (carried(parts, name, decision.deciding) for name in ("plan", "segment"))
            found.append(Issue(decision.outcome, decision.moment, own, channel, plan, segment))

    for session in alone:
        parts = [((e.time, HELP_PLACE), e) for e in session]
        add(decide_session(session, settings), parts, help_channel(session[0]), own=True)
    for conversation in conversations:
        helped = went_into.get(conversation.id, [])
        parts = [((e.time, HELP_PLACE), e) for e in helped] + [(place(e), e) for e in conversation.events]
        own = bool(helped) or conversation.with_bot or conversation.bot_since_begin
        decision = decide_conversation(conversation, bool(helped), contact_times, settings)
        add(decision, parts, conversation.channel, own)
    return found

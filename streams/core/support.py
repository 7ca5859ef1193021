"""Support facts of a customer: its conversations and help sessions.

Facts only join: entries form ordered sets, help sessions unite as intervals. So events may come in any order, late or
twice. What follows from the facts is in `streams.core.issues`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec

from streams.core.facts.support import Conversation, Entry, HelpSession, Mark, Named, Packed
from streams.core.measures import Contribution
from streams.core.time import DAY_MS

# Codes are in lifecycle order, which is the order of events of one millisecond.
STARTED: Final = 0  # + 3 * initiator (customer, bot, agent) + with (unsaid, bot, agent)
STARTED_LAST: Final = 8
MESSAGE_CUSTOMER: Final = 10
MESSAGE_BOT_PUBLIC: Final = 12
MESSAGE_BOT_PRIVATE: Final = 13
MESSAGE_AGENT_PUBLIC: Final = 14
MESSAGE_AGENT_PRIVATE: Final = 15
HANDED_OFF: Final = 20
RESOLVED: Final = 30  # + 2 * by (customer, bot, agent) + confirmed
RESOLVED_BOT: Final = 32
RESOLVED_AGENT: Final = 34
RESOLVED_LAST: Final = 35
REOPENED: Final = 40
ABANDONED: Final = 50
NAMED_BOT: Final = 60
"""No event: how a conversation's bot stands among its entries in records, last, its name in the place of the channel."""

ACTORS: Final = {"customer": 0, "bot": 1, "agent": 2}
ACTOR_NAMES: Final[tuple[str, ...]] = ("customer", "bot", "agent")

MAX_ENTRIES: Final = 512
"""Events that one conversation remembers; beyond, it forgets the middle."""

MOMENTS_APART: Final = DAY_MS
"""Moments of one conversation lie further apart than this: so they stay few."""


def add_entry(conversation: Conversation, entry: Entry) -> bool:
    """Join an event with its conversation; False if it was known."""
    entries = conversation.entries
    if not entries or entry > entries[-1]:
        entries.append(entry)
    else:
        i = bisect_left(entries, entry)
        if entries[i] == entry:
            return False
        entries.insert(i, entry)
    if len(entries) > MAX_ENTRIES:
        del entries[MAX_ENTRIES // 2]
    return True


def names(conversation: Conversation, bot: Named | None) -> bool:
    """Whether an event's naming of the bot comes before the one that is known."""
    return bot is not None and (conversation.bot is None or bot < conversation.bot)


def told_of(conversation: Conversation) -> list[Entry]:
    """Return all facts of a conversation as entries."""
    if conversation.bot is None:
        return conversation.entries
    time, name = conversation.bot
    return [*conversation.entries, (time, NAMED_BOT, name, "", "")]


def conversation_of(conversation_id: str, told: list[Entry]) -> Conversation:
    """Return the conversation of which `told_of` gave the facts; what it derives is not derived yet."""
    if told and told[-1][1] == NAMED_BOT:
        *entries, (time, _, name, _, _) = told
        return Conversation(conversation_id, entries, bot=(time, name))
    return Conversation(conversation_id, told)


def united(session: HelpSession, other: HelpSession) -> HelpSession:
    """Return the union of two sessions."""
    return HelpSession(
        min(session.start, other.start),
        max(session.end, other.end),
        min((session.start, session.channel), (other.start, other.channel))[1],
        _first(session.confirmed, other.confirmed),
        _last(session.answered, other.answered),
        max(session.plan, other.plan),
        max(session.segment, other.segment),
    )


def _first(a: Mark | None, b: Mark | None) -> Mark | None:
    return b if a is None else a if b is None else min(a, b)


def _last(a: Mark | None, b: Mark | None) -> Mark | None:
    return b if a is None else a if b is None else max(a, b)


NEVER: Final = (-1, "")


class HelpEvent:
    """What a help event says: `kind` is "ask", "answer" or "confirm"."""

    __slots__ = ("channel", "kind", "plan", "segment", "time")

    def __init__(self, time: int, channel: str, kind: str, plan: str, segment: str) -> None:
        self.time = time
        self.channel = channel
        self.kind = kind
        self.plan = plan
        self.segment = segment

    def session(self) -> HelpSession:
        """The session that this event alone would be."""
        mark = (self.time, self.plan, self.segment)
        return HelpSession(
            self.time,
            self.time,
            self.channel,
            mark if self.kind == "confirm" else None,
            mark if self.kind == "answer" else None,
            (self.time, self.plan) if self.plan else NEVER,
            (self.time, self.segment) if self.segment else NEVER,
        )

    def joined(self, known: HelpSession) -> HelpSession:
        """The union of a session with the one that this event alone would be. A short path of `united`."""
        time, start, channel = self.time, known.start, known.channel
        confirmed, answered, plan, segment = known.confirmed, known.answered, known.plan, known.segment
        if time < start or (time == start and self.channel < channel):
            channel = self.channel
        if self.kind == "confirm":
            confirmed = _first(confirmed, (time, self.plan, self.segment))
        elif self.kind == "answer":
            answered = _last(answered, (time, self.plan, self.segment))
        if self.plan:
            plan = max(plan, (time, self.plan))
        if self.segment:
            segment = max(segment, (time, self.segment))
        return HelpSession(
            min(start, time), max(known.end, time), channel, confirmed, answered, plan, segment
        )


class Support:
    """A customer's conversations and help sessions, with the indices that keep every update local."""

    __slots__ = (
        "answers",
        "contacts",
        "conversations",
        "counted",
        "dirty",
        "idle",
        "moments",
        "sessions",
        "sessions_dirty",
        "settled",
        "to_bot",
    )

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.sessions: list[HelpSession] = []
        """Sorted; they never overlap."""
        self.contacts: list[tuple[int, str]] = []
        """Every contact as (time, conversation), sorted."""
        self.answers: list[tuple[int, str]] = []
        """Every `Conversation.answer` as (time, conversation), sorted."""
        self.moments: list[tuple[int, str]] = []
        """Every one of `Conversation.moments` as (time, conversation), sorted."""
        self.counted: dict[str, list[Contribution]] = {}
        """What conversations contribute, as far as it was worked out since they last changed."""
        self.settled: dict[str, bool] = {}
        """Conversations in which a further message changes nothing that counts, one of a bot's too or not (derived, and forgotten when packed)."""
        self.to_bot: dict[str, int] = {}
        """The last message to a bot by channel, over all conversations. Never changed in place."""
        self.dirty: set[str] = set()
        self.sessions_dirty = False
        self.idle = -1
        """For how many checkpoints nothing has joined; −1: nothing did since they were unpacked."""

    def forget_derived(self) -> None:
        """Something changed that any conversation may depend on."""
        self.counted.clear()
        self.settled.clear()

    def forget_counted(self, names: Iterable[str]) -> None:
        """Something changed that some conversations depend on."""
        for name in names:
            self.counted.pop(name, None)
            self.settled.pop(name, None)

    def forget(self, conversations: Iterable[Conversation]) -> None:
        """Some conversations are no longer known."""
        gone = {conversation.id for conversation in conversations}
        for name in gone:
            del self.conversations[name]
        self.dirty -= gone
        self.contacts = [one for one in self.contacts if one[1] not in gone]
        self.answers = [one for one in self.answers if one[1] not in gone]
        self.moments = [one for one in self.moments if one[1] not in gone]
        self.to_bot = self._latest_to_bot()
        self.forget_derived()

    def _latest_to_bot(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for conversation in self.conversations.values():
            for channel, minute in conversation.to_bot:
                if minute > found.get(channel, -1):
                    found[channel] = minute
        return found

    def messages_changed(self, before: list[tuple[str, int]], after: list[tuple[str, int]]) -> None:
        """A conversation's messages to bots changed."""
        latest = dict(after)
        if all(latest.get(channel, -1) >= minute for channel, minute in before):
            found = self.to_bot | {c: m for c, m in after if m > self.to_bot.get(c, -1)}
        else:
            found = self._latest_to_bot()
        if found != self.to_bot:
            self.to_bot = found

    def index(self, conversation: Conversation) -> None:
        """Enter what a conversation derives into the indices."""
        for t in conversation.contacts:
            insort(self.contacts, (t, conversation.id))
        self.index_answer(conversation)

    def index_answer(self, conversation: Conversation) -> None:
        """Enter only the last answer into its index."""
        if conversation.answer >= 0:
            insort(self.answers, (conversation.answer, conversation.id))

    def unindex(self, contacts: list[int], answer: int, conversation_id: str) -> None:
        """Take earlier derivations out of the indices."""
        for t in contacts:
            del self.contacts[bisect_left(self.contacts, (t, conversation_id))]
        if answer >= 0:
            del self.answers[bisect_left(self.answers, (answer, conversation_id))]

    def move_moments(self, before: list[int], after: list[int], conversation_id: str) -> None:
        """Bring the index of moments up to date."""
        for t in before:
            del self.moments[bisect_left(self.moments, (t, conversation_id))]
        for t in after:
            insort(self.moments, (t, conversation_id))

    def touching(self, start: int, end: int, gap: int) -> tuple[int, int]:
        """The range of sessions (first, one past the last) that join with an interval."""
        sessions = self.sessions
        high = _begun(sessions, end + gap)
        low = high
        while low and sessions[low - 1].end >= start - gap:
            low -= 1
        return low, high

    def before_contact(self, at: int, span: int) -> tuple[int, int]:
        """The range of sessions begun by `at` that ended less than `span` ago: with the assumption time, those that a contact then could belong to."""
        sessions = self.sessions
        high = _begun(sessions, at)
        low = high
        while low and sessions[low - 1].end + span > at:
            low -= 1
        return low, high

    def first_contact(self, start: int, before: int) -> tuple[int, str] | None:
        """The first contact at or after `start` and before `before`."""
        # As objects: compiled, a tuple whose items have types is taken apart wherever it is looked at.
        contacts = cast("list[Any]", self.contacts)
        low, high = 0, len(contacts) - 1
        if high < 0:
            return None
        at: int = contacts[high][0]
        # Mostly there is none so late.
        if at < start:
            return None
        while low < high:
            middle = (low + high) // 2
            at = contacts[middle][0]
            if at < start:
                low = middle + 1
            else:
                high = middle
        contact = contacts[low]
        at = contact[0]
        return cast("tuple[int, str]", contact) if at < before else None

    def target(self, session: HelpSession, assumption: int) -> str | None:
        """The conversation that a session goes into."""
        contact = self.first_contact(session.start, session.end + assumption)
        return contact[1] if contact else None

    def answered_before(self, at: int, assumption: int) -> list[str]:
        """The conversations whose last answer a contact at `at` would belong to."""
        low = bisect_right(self.answers, (at - assumption, "\U0010ffff"))
        high = bisect_right(self.answers, (at, "\U0010ffff"))
        return [conversation for _, conversation in self.answers[low:high]]

    def helped_before(self, at: int, span: int) -> list[str]:
        """The conversations with an answer or confirmation less than `span` before `at`, and perhaps some more."""
        low = bisect_right(self.moments, (at - span - MOMENTS_APART, "\U0010ffff"))
        high = bisect_right(self.moments, (at, "\U0010ffff"))
        return [conversation for _, conversation in self.moments[low:high]]


def _begun(sessions: list[HelpSession], at: int) -> int:
    """How many sessions began by an instant. Mostly all of them: so it looks at the last one first."""
    low, high = 0, len(sessions)
    if not high or sessions[high - 1].start <= at:
        return high
    while low < high:
        middle = (low + high) // 2
        if sessions[middle].start <= at:
            low = middle + 1
        else:
            high = middle
    return low


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Packed).decode


def pack(support: Support) -> bytes:
    """The facts as bytes."""
    return _encode(Packed(list(support.conversations.values()), support.sessions))


def unpack(data: bytes) -> Support:
    """The facts from bytes, indices and all."""
    packed = _decode(data)
    support = Support()
    support.sessions = packed.sessions
    for conversation in packed.conversations:
        support.conversations[conversation.id] = conversation
        if conversation.to_bot:
            support.messages_changed([], conversation.to_bot)
        if conversation.contacts or conversation.answer >= 0:
            support.index(conversation)
        support.move_moments([], conversation.moments, conversation.id)
    return support

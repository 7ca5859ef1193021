"""Reaches: e-mails and surveys that came to a customer, and whether it reacted.

Conversations that a bot or an agent begins are reaches too; they follow from the conversation (`streams.core.issues`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from schemas import events as e
from streams.core.contribution import Delta, difference
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.reaches import ReachFacts
from streams.core.group import Group
from streams.core.groups.counts import KEPT_MINUTES
from streams.core.measures import Contribution
from streams.core.reactions import decide
from streams.core.time import MINUTE_MS

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_REACHES: Final = 512
"""Reaches, and reactions, that are remembered of one customer; beyond, the oldest are forgotten."""
MAIL_CHANNEL: Final = "email"
"""Where an e-mail was delivered that does not say it."""

_MAIL: Final = "m "
_SURVEY: Final = "s "

# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_EMAIL_DELIVERED: Final = e.EmailDelivered
_EMAIL_ENGAGED: Final = e.EmailEngaged
_SURVEY_SENT: Final = e.SurveySent
_SURVEY_RESPONDED: Final = e.SurveyResponded


class Reaches(Group[ReachFacts]):
    """Engagement with e-mails and surveys."""

    name: ClassVar[str] = "reaches"
    measures: ClassVar[tuple[str, ...]] = (
        "reaches",
        "emails",
    )
    facts = ReachFacts
    types: ClassVar[tuple[type[Event], ...]] = (
        e.EmailDelivered,
        e.EmailEngaged,
        e.SurveySent,
        e.SurveyResponded,
    )
    expires: ClassVar[bool] = True

    def touches(self, event: Event) -> bool:
        """An answer without a request reacts to nothing."""
        return type(event) is not _SURVEY_RESPONDED or event.data.request_id is not None

    def join(self, facts: ReachFacts, told: Told, dimensions: Dimensions) -> None:
        """Join a reach or a reaction."""
        event, time = told.event, told.time
        channel = dimensions.fold("channel", event.channel)
        key = _key(event)
        if type(event) is _EMAIL_DELIVERED:
            campaign = dimensions.fold("campaign", event.data.campaign)
            _reach(facts, key, (time, channel or MAIL_CHANNEL, campaign))
        elif type(event) is _SURVEY_SENT:
            _reach(facts, key, (time, channel or UNKNOWN, ""))
        elif type(event) is _EMAIL_ENGAGED:
            reactions = facts.engaged if event.data.action == "click" else facts.opened
            _react(reactions, key, time)
        elif type(event) is _SURVEY_RESPONDED:
            _react(facts.engaged, key, time)

    def merge(self, facts: ReachFacts, other: ReachFacts) -> None:
        """Join all reaches and reactions."""
        for key, reach in other.reached.items():
            _reach(facts, key, reach)
        for key, time in other.engaged.items():
            _react(facts.engaged, key, time)
        for key, time in other.opened.items():
            _react(facts.opened, key, time)

    def contributions(self, facts: ReachFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return each reach, once it is decided."""
        del c, rules
        out: list[Contribution] = []
        for key in facts.reached:
            out += self._decided(facts, key)
        return out

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join a reach or a reaction and return what that changes: nothing but its own reach, unless another one has to go."""
        facts = self.opened(c)
        if (
            len(facts.reached) >= MAX_REACHES
            or len(facts.engaged) >= MAX_REACHES
            or len(facts.opened) >= MAX_REACHES
        ):
            return super().update(c, told, rules, dimensions)
        key = _key(told.event)
        before = self._decided(facts, key)
        self.join(facts, told, dimensions)
        return difference(before, self._decided(facts, key))

    def _decided(self, facts: ReachFacts, key: str) -> list[Contribution]:
        """What is known, or will be, of one reach; nothing of one that is not known."""
        reach = facts.reached.get(key)
        if reach is None:
            return []
        time, channel, campaign = reach
        within = self.definitions.reaction_ms
        engaged = facts.engaged.get(key)
        result, minute = decide(time, engaged, within)
        out: list[Contribution] = [("reaches", (result, channel), minute, 1)]
        if key.startswith(_MAIL):
            if self.definitions.email_engaged_by == "open":
                known = [t for t in (engaged, facts.opened.get(key)) if t is not None]
                result, minute = decide(time, min(known, default=None), within)
            out.append(("emails", (result, campaign), minute, 1))
        return out

    def values(self, facts: ReachFacts) -> Iterable[tuple[str, str]]:
        """Yield channels and campaigns."""
        for _, channel, campaign in facts.reached.values():
            yield from (("channel", channel), ("campaign", campaign))

    def expire(self, facts: ReachFacts, newest: int) -> list[Contribution]:
        """Give up reaches that were decided before every window, and reactions to nothing known."""
        oldest = (newest - KEPT_MINUTES) * MINUTE_MS
        closed: list[Contribution] = []
        for key in [
            k for k, reach in facts.reached.items() if reach[0] + self.definitions.reaction_ms < oldest
        ]:
            closed += self._decided(facts, key)
            del facts.reached[key]
        for reactions in (facts.engaged, facts.opened):
            for key in [k for k, time in reactions.items() if time < oldest and k not in facts.reached]:
                del reactions[key]
        return closed


def _key(event: Event) -> str:
    """How a reach, or what it led to, is known to the facts."""
    data = cast("Any", event).data
    if type(event) is _EMAIL_DELIVERED or type(event) is _EMAIL_ENGAGED:
        return _MAIL + str(data.email_id)
    return _SURVEY + str(data.request_id)


def _reach(facts: ReachFacts, key: str, reach: tuple[int, str, str]) -> None:
    known = facts.reached
    known[key] = min(reach, known.get(key, reach))
    if len(known) > MAX_REACHES:
        del known[min(known, key=lambda k: (known[k][0], k))]


def _react(reactions: dict[str, int], key: str, time: int) -> None:
    reactions[key] = min(time, reactions.get(key, time))
    if len(reactions) > MAX_REACHES:
        del reactions[min(reactions, key=lambda k: (reactions[k], k))]

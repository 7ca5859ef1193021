"""What an account counts as: what its parts come to as far as measures ask for it, and what follows from that."""

from __future__ import annotations

from typing import Final

from streams.core.customer import NEVER
from streams.core.definitions import Definitions
from streams.core.dimensions import UNKNOWN
from streams.core.facts.account import AccountFacts, Part
from streams.core.groups.renewals import cancellations, renewals
from streams.core.measures import Contribution
from streams.core.membership import edges_since, of_account
from streams.core.upsell import paying


def precedes(known: int, other: int) -> bool:
    """Whether somebody is known since a minute before another one; a minute of −1 is none."""
    return known >= 0 and not 0 <= other <= known


def prevails(minute: int, name: str, other_minute: int, other: str) -> bool:
    """Whether a name told at a minute takes the place of another: the later one, of two at once the greater."""
    return minute > other_minute or (minute == other_minute and name > other)


class Summary:
    """The fields of all parts together that contributions ask for, as in `Part`. It never changes."""

    __slots__ = ("holds", "known", "last", "plan", "plan_minute", "segment", "segment_minute")

    def __init__(
        self,
        known: int,
        last: int,
        plan_minute: int,
        plan: str,
        segment_minute: int,
        segment: str,
        holds: bool,
    ) -> None:
        self.known = known
        self.last = last
        self.plan_minute = plan_minute
        self.plan = plan
        self.segment_minute = segment_minute
        self.segment = segment
        self.holds = holds

    def joined(self, part: Part) -> Summary:
        """Return what it comes to with a further part."""
        known, last, holds = self.known, self.last, self.holds
        others: int = part.known
        if precedes(others, known):
            known = others
        last = max(last, part.last)
        plan_minute, plan = self.plan_minute, self.plan
        minute: int = part.plan_minute
        if prevails(minute, part.plan, plan_minute, plan):
            plan_minute, plan = minute, part.plan
        segment_minute, segment = self.segment_minute, self.segment
        minute = part.segment_minute
        if prevails(minute, part.segment, segment_minute, segment):
            segment_minute, segment = minute, part.segment
        return Summary(known, last, plan_minute, plan, segment_minute, segment, holds or part.holds)


_NONE: Final = Summary(NEVER, NEVER, NEVER, "", NEVER, "", False)


def summary_of(facts: AccountFacts) -> Summary:
    """Return what the parts come to."""
    summary = _NONE
    for part in facts.parts.values():
        summary = summary.joined(part)
    return summary


def told_apart(facts: AccountFacts) -> bool:
    """Whether something was told of the account itself, beside its parts."""
    own = facts.own
    return bool(facts.eligibility or own.changes or own.plans or own.segments or own.periods)


def account_contributions(
    facts: AccountFacts, summary: Summary, definitions: Definitions
) -> list[Contribution]:
    """Return what the account contributes, if its parts come to that."""
    plan = summary.plan or UNKNOWN
    out: list[Contribution] = []
    if summary.last >= 0:
        eligible = summary.known >= 0 and facts.not_withdrawn
        out.append(("account_active", (plan, "1" if eligible else "0"), summary.last, 1))
    edges = edges_since(summary.known, facts.eligibility)
    out += [("account_eligible", (plan,), minute, edge) for minute, edge in edges]
    own = facts.own
    if own.changes:
        out += paying(own.changes, plan) + cancellations(own, summary.plan)
    elif summary.holds:
        # Its customers hold subscriptions of their own, and count by these.
        edges = []
    out += of_account(own, (summary.plan, summary.segment), edges, eligible=facts.not_withdrawn)
    return out + renewals(own, summary.plan, definitions.renewal_grace_ms)

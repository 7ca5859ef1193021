"""What begins next: every kind of lifecycle and how often it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.simulator.lifecycles.accounts import billing, deletion, eligibility, invitation
from app.simulator.lifecycles.conversations import outreach
from app.simulator.lifecycles.feedback import (
    effort_survey,
    email,
    feedback,
    mention,
    recommendation_survey,
    shipped_enhancement,
)
from app.simulator.lifecycles.issues import issue
from app.simulator.lifecycles.product import session
from app.simulator.lifecycles.strangers import crawl, self_test, visit
from app.simulator.population import (
    BILLING,
    EVERYTHING,
    FEEDBACK,
    INVITATION,
    ISSUE,
    MAIL,
    SESSION,
    SURVEY,
    Customer,
)
from app.simulator.vocabulary import Weighted
from app.simulator.world import Lifecycle, World


@dataclass(frozen=True)
class Arrival:
    """A lifecycle that begins by itself. ``weight`` is how often, relative to the others.

    ``of_customer`` needs a customer who is not busy with any of ``busy``; ``of_stranger`` needs none.
    """

    weight: float
    of_customer: Callable[[World, Customer], Lifecycle] | None = None
    of_stranger: Callable[[World], Lifecycle] | None = None
    busy: int = 0
    rested: bool = False


_ARRIVALS: dict[str, Arrival] = {
    "session": Arrival(54, session, busy=SESSION),
    "issue": Arrival(34, issue, busy=ISSUE, rested=True),
    "visit": Arrival(24, of_stranger=visit),
    "email": Arrival(16, email, busy=MAIL),
    "recommendation_survey": Arrival(4, recommendation_survey, busy=SURVEY),
    "effort_survey": Arrival(3, effort_survey, busy=SURVEY),
    "feedback": Arrival(4, feedback, busy=FEEDBACK),
    "mention": Arrival(3, mention),
    "shipped_enhancement": Arrival(0.15, of_stranger=shipped_enhancement),
    "billing": Arrival(1.6, billing, busy=BILLING),
    "invitation": Arrival(2, invitation, busy=INVITATION),
    "outreach": Arrival(0.6, outreach, busy=ISSUE, rested=True),
    "eligibility": Arrival(0.1, eligibility, busy=BILLING),
    "deletion": Arrival(0.25, deletion, busy=EVERYTHING),
    "crawl": Arrival(1, of_stranger=crawl),
    "self_test": Arrival(0.3, of_stranger=self_test),
}


def arrivals(issues: float) -> Weighted[Arrival]:
    """Return the kinds of arrival; ``issues`` is how often customers need help, relative to the usual."""
    return Weighted(
        {kind: kind.weight * (issues if name == "issue" else 1.0) for name, kind in _ARRIVALS.items()}
    )


def begin(world: World, kind: Arrival) -> Lifecycle | None:
    """Return a lifecycle of this kind that has not run yet; ``None`` if there is no customer free for it."""
    if kind.of_stranger is not None:
        return kind.of_stranger(world)
    assert kind.of_customer is not None
    customer = world.pick(kind.busy, rested=kind.rested)
    return None if customer is None else kind.of_customer(world, customer)

"""What uses of the help keep, and what activity and contacts change of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from streams.core.customer import Customer
from streams.core.definitions import Definitions
from streams.core.facts.help_uses import HelpUseFacts
from streams.core.groups.help_uses import MAX_USES, HelpUses
from streams.core.person import contributions
from streams.core.rules import Rules
from tests.support.cluster import Cluster
from tests.support.figures import folded

MARCH, MINUTE = 1_741_000_000_000 // 60_000 * 60_000, 60_000
RULES = Rules(Definitions())


def told(type_: str, minute: int, data: dict[str, Any] | None = None, **envelope: Any) -> dict[str, Any]:
    event = {"type": type_, "time": MARCH + minute * MINUTE, "user_id": "u", "data": data or {}, **envelope}
    return {"id": str(event), **event}


def search(minute: int, name: str) -> dict[str, Any]:
    return told("help.searched", minute, {"search_id": name, "results": 1})


def view(minute: int, **envelope: Any) -> dict[str, Any]:
    return told("help.article_viewed", minute, {"article": "a", "in_app": True}, **envelope)


def by_the_worker(events: list[dict[str, Any]], *, one_by_one: bool = True) -> Customer:
    """The customer after the events in this order, whose facts agree with the panes after each of them."""
    cluster = Cluster(1)
    for some in [[event] for event in events] if one_by_one else [events]:
        cluster.produce(some)
        cluster.run(random.Random(0))
        assert not cluster.parts[0].state.verify()
    return cluster.parts[0].state.ledger.customers["u"]


def counted(c: Customer, measure: str) -> list[tuple[tuple[str | int, ...], int]]:
    return sorted(
        (cell, minute - MARCH // MINUTE) for m, cell, minute, _ in contributions(c, RULES) if m == measure
    )


def test_activity_on_a_platform_follows_its_own_help_though_the_customer_was_active_elsewhere_since() -> None:
    events = [
        told("page.viewed", 0, platform="web"),
        view(10, platform="ios"),
        told("page.viewed", 20, platform="web"),
        told("page.viewed", 15, platform="ios"),
        told("page.viewed", 30, platform="ios"),
    ]
    customer = by_the_worker(events)
    assert counted(customer, "in_app_help") == [((), 10)]
    assert counted(customer, "in_app_help_by_platform") == [(("ios",), 10)]


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    events = [
        rng.choice((view(n, platform=rng.choice("ab")), told("page.viewed", n, platform=rng.choice("ab"))))
        for n in rng.sample(range(5000), 25)
    ]
    customer = by_the_worker(events)
    batch = folded(events, MARCH * 2, Definitions()).customers["u"]
    for measure in ("in_app_help", "in_app_help_by_platform"):
        assert counted(customer, measure) == counted(batch, measure)


def test_a_contact_told_late_spoils_what_was_read_before_it_and_goes_when_it_was_none() -> None:
    started = told(
        "conversation.started",
        60,
        {"initiated_by": "customer", "with": "agent"},
        conversation_id="c",
        channel="chat",
    )
    day = 24 * 60
    before = by_the_worker([view(0), view(61), search(5, "q")])
    after = by_the_worker([view(0), view(61), search(5, "q"), started])
    assert counted(before, "views_decided") == [(("1", "a"), day), (("1", "a"), day + 61)]
    assert counted(after, "views_decided") == [(("0", "a"), day), (("1", "a"), day + 61)]
    # A bot had begun it, earlier: then it was no contact.
    begun = told("conversation.started", 59, {"initiated_by": "bot"}, conversation_id="c", channel="chat")
    corrected = by_the_worker([view(0), view(61), search(5, "q"), started, begun])
    assert counted(corrected, "views_decided") == counted(before, "views_decided")


def test_the_oldest_uses_beyond_the_bound_are_forgotten_with_what_they_counted() -> None:
    events = [search(n, f"q{n}") for n in range(MAX_USES + 20)] + [view(n) for n in range(MAX_USES + 20)]
    customer = by_the_worker(events, one_by_one=False)
    found = RULES.groups_by_name[HelpUses.name].read(customer)
    assert isinstance(found, HelpUseFacts)
    assert set(found.searches) == {f"q{n}" for n in range(20, MAX_USES + 20)}
    assert found.views == [(MARCH + n * MINUTE, "a") for n in range(20, MAX_USES + 20)]


def test_hand_offs_at_one_instant_are_one_contact_told_twice() -> None:
    talk: dict[str, Any] = {"conversation_id": "k", "channel": "bot"}
    start = told("conversation.started", 1, {"initiated_by": "customer", "with": "bot"}, **talk)
    handed = [told("conversation.handed_off", 5, **{**talk, "channel": name}) for name in ("bot", "chat")]
    customer = by_the_worker([search(0, "s"), start, *handed])

    assert len(customer.opened().contacts) == 2
    assert len(set(customer.opened().contacts)) == 1
    assert counted(customer, "searches_decided") == [(("0", "unknown"), 24 * 60)]

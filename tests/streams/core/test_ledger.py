"""The ledger's short paths: after every single event, and after a visitor has become a user, the panes are those of the facts."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.decode import decode
from schemas.envelope import envelope_of
from schemas.instants import instant_ms
from streams.core.customer import Customer
from streams.core.definitions import Definitions
from streams.core.join import tell
from streams.core.ledger import Ledger
from streams.core.panes import Panes
from streams.core.rules import Rules
from streams.core.transfer import decode_transfer, encode_transfer
from tests.oracle.generate import BASE, event_sets, random_events
from tests.oracle.settings import DAY, HOUR

AMONG_ACTIVE = Definitions(self_service_adoption_among="active", resolution="last")
WITHOUT_BOTS = Definitions(self_service_actions=("help.*", "flow.*"))
EACH = (Definitions(), AMONG_ACTIVE, WITHOUT_BOTS)


def numbers(panes: Panes) -> dict[tuple[Any, ...], int]:
    return {
        (measure.measure.name, cell, block, slot): n
        for measure in panes
        for cell, block, slot, n in measure.numbers()
    }


def check(ledger: Ledger, what: object) -> None:
    assert numbers(ledger.panes) == numbers(ledger.recomputed()), what


def join(ledger: Ledger, c: Customer, fields: dict[str, Any]) -> None:
    event = decode(json.dumps({k: v for k, v in fields.items() if k != "topic"}).encode())
    rule = ledger.rules.by_struct[event.__class__]
    if rule.admin == "delete":
        ledger.delete(c, instant_ms(event.time))
        return
    envelope, time = envelope_of(event), instant_ms(event.time)
    ledger.apply(c, tell(event, envelope, time, rule, ledger.rules, ledger.dimensions, c))


def customer(ledger: Ledger, name: str) -> Customer:
    c = ledger.customers.get(name)
    if c is None:
        c = Customer(name)
        ledger.add(c)
    return c


def pack(c: Customer) -> None:
    """As a checkpoint leaves it."""
    c.close()
    c.close_groups()
    c.groups_changed = 0


def told(ledger: Ledger, events: list[dict[str, Any]], rng: random.Random) -> None:
    """Tell customers of two names events, checking after each, with facts packed now and then."""
    for fields in events:
        c = customer(ledger, rng.choice("ab"))
        if rng.random() < 0.3:
            pack(c)
        join(ledger, c, fields)
        check(ledger, fields)


@given(event_sets(deletions=True), st.randoms(use_true_random=False), st.sampled_from(EACH), st.booleans())
@settings(max_examples=40)
def test_after_each_event_the_panes_are_those_of_the_facts(
    events: list[dict[str, Any]], rng: random.Random, definitions: Definitions, shuffled: bool
) -> None:
    if shuffled:
        rng.shuffle(events)
    told(Ledger(Rules(definitions)), events, rng)


@pytest.mark.parametrize("seed", range(4))
def test_after_each_event_of_a_longer_history(seed: int) -> None:
    rng = random.Random(seed)
    events = random_events(rng, 300)
    if seed % 2:
        rng.shuffle(events)
    told(Ledger(Rules(replace(EACH[seed % 3], assumption_ms=3_600_000 * (1 + 40 * seed)))), events, rng)


@pytest.mark.parametrize("seed", range(6))
def test_a_visitor_moves_what_its_facts_can_move(seed: int) -> None:
    rng = random.Random(seed)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for fields in random_events(rng, 900):
        # Close together, so that contacts decide about help.
        fields["time"] = BASE + fields["time"] % DAY
        by_type.setdefault(fields["type"], []).append(fields)

    def some(*how_many: int) -> list[dict[str, Any]]:
        """Of every type about as many."""
        return [rng.choice(by_type[rng.choice(kinds)]) for _ in range(rng.choice(how_many))]

    for turn in range(45):
        # Whoever is flagged counts no longer.
        kinds = sorted(by_type.keys() - {"user.flagged"} if turn % 4 else by_type)
        home, elsewhere = (Ledger(Rules(EACH[seed % 3])) for _ in range(2))
        user, visitor = customer(home, "user"), customer(elsewhere, "visitor")
        # Most bring one or two events, of any kind; a user may be as new as its visitor.
        for fields in some(0, 1, 3, 30, 100):
            join(home, user, fields)
        for fields in some(1, 1, 1, 2, 3, 30):
            join(elsewhere, visitor, fields)
        for c in (user, visitor):
            if rng.random() < 0.5:
                pack(c)
        if rng.random() < 0.8:
            visitor.statused().alias = (1, "user")
        for message in encode_transfer(visitor):
            home.absorb(user, decode_transfer(message))
            check(home, seed)


@pytest.mark.parametrize("seed", range(4))
def test_plans_and_segments_told_again(seed: int) -> None:
    rng = random.Random(seed)

    def some() -> dict[str, Any]:
        kind = rng.choice(("user.identified",) * 4 + ("user.signed_up",) + ("subscription",) * 3)
        fields = {"type": kind, "time": BASE + rng.randrange(40) * HOUR, "id": "e", "user_id": "u"}
        fields |= {name: value for name in ("plan", "segment") if (value := rng.choice(("", "free", "pro")))}
        if kind == "subscription":
            fields["type"] = rng.choice(("subscription.started", "subscription.cancelled"))
            money = {"mrr": 1, "mrr_delta": 1, "currency": "EUR"}
            fields["data"] = {"subscription_id": rng.choice("st"), "initiated_by": "customer", **money}
            if rng.random() < 0.3:
                fields["account_id"] = "acme"
        return fields

    for turn in range(40):
        ledger = Ledger(Rules(Definitions()))
        events = [some() for _ in range(8)]
        if turn % 2:
            events.sort(key=lambda fields: int(fields["time"]))
        for fields in events:
            join(ledger, customer(ledger, "u"), fields)
            check(ledger, events)


@pytest.mark.parametrize("seed", range(4))
def test_conversations_and_help_between_each_other(seed: int) -> None:
    rng = random.Random(seed)

    def some(n: int) -> dict[str, Any]:
        """An event of one of two conversations, or of the help, some time after the one before."""
        fields = {"id": "e", "user_id": "u", "channel": rng.choice(("chat", "chat", "bot"))}
        fields |= {name: value for name in ("plan", "segment") if (value := rng.choice(("", "free", "pro")))}
        actor, bot = rng.choice(("customer", "bot", "agent")), rng.random() < 0.1
        kind, data = rng.choice(
            (
                ("conversation.started", {"initiated_by": actor} | ({"with": "agent"} if bot else {})),
                *((("conversation.message", {"actor": actor, "public": rng.random() < 0.8}),) * 7),
                ("conversation.handed_off", {}),
                ("conversation.resolved", {"by": actor, "confirmed": bot}),
                ("conversation.reopened", {}),
                ("conversation.abandoned", {}),
                ("help.searched", {"search_id": f"s{n}", "results": 1}),
                ("help.article_viewed", {"article": "a", "in_app": False}),
                ("help.solved", {}),
            )
        )
        if kind.startswith("conversation."):
            fields["conversation_id"] = rng.choice("xxy")
        return fields | {"type": kind, "data": data}

    for turn in range(25):
        ledger, time = Ledger(Rules(EACH[turn % 3])), BASE
        for n in range(25):
            time += rng.choice((1_000, 60_000, HOUR, 6 * HOUR, 30 * HOUR))
            late = rng.choice((0, 0, 0, 0, 2 * HOUR))
            fields = some(n) | {"time": time - late}
            c = customer(ledger, "u")
            if rng.random() < 0.1:
                pack(c)
            join(ledger, c, fields)
            check(ledger, fields)

"""Accounts that nobody asks for are not told, and nobody is assessed by the hour where nobody reads it; both may cease and begin again."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from streams.core.definitions import Definitions
from streams.core.measures import MEASURES
from streams.core.rules import Rules
from streams.core.sparing import ASSESSED, OF_ACCOUNTS, given_up, needs_accounts, needs_assessments, spared
from streams.core.subscriptions import Subscriptions
from streams.core.sweep import MEASURES as SWEPT
from streams.core.triggers import DROP_OFF, FAILED_SEARCHES, FALLING_HEALTH, INACTIVITY
from tests.oracle.generate import random_events
from tests.support.cluster import REMEMBERING, Cluster, Part

ON = replace(REMEMBERING, interventions=())
OFF = replace(ON, unread=tuple(sorted(OF_ACCOUNTS)))
BY_CUSTOMERS = ("account_active", "account_eligible")
"""Measures of accounts that follow from what their customers come to."""


def plain(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those events that say nothing of an account itself: what was told of it is given up, and comes back with the next event only."""
    return [e for e in events if not e["type"].startswith(("account.", "subscription."))]


def of_accounts(cluster: Cluster) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for measure, cell, minute, n in cluster.numbers():
        if measure in BY_CUSTOMERS:
            found[measure, cell, minute] += n
    return Counter({key: n for key, n in found.items() if n})


def restarted(cluster: Cluster, part: Part, definitions: Definitions) -> None:
    cluster.recover(part, definitions)
    cluster.checkpoint(part)


def rows_told(cluster: Cluster) -> int:
    return sum(
        dict(message.headers).get("kind") == b"accounts"
        for part in cluster.parts
        for message in part.logs["selfserve.events"]
    )


def test_who_is_needed_for_what() -> None:
    assert needs_accounts(Definitions())
    assert needs_assessments(Definitions())
    assert not needs_accounts(OFF)
    assert not needs_accounts(Definitions(customer="account"))
    assert needs_accounts(replace(OFF, interventions=(FALLING_HEALTH,)))
    assert not needs_accounts(replace(OFF, interventions=(DROP_OFF, INACTIVITY, FAILED_SEARCHES)))
    assert not needs_assessments(OFF)
    assert needs_assessments(replace(OFF, interventions=(INACTIVITY,)))
    assert needs_assessments(replace(ON, unread=("health",)))


def test_each_group_stays_while_a_trigger_needs_it() -> None:
    unread = spared(MEASURES)

    def kept(*triggers: str) -> set[str]:
        return {group.name for group in Rules(replace(ON, unread=unread, interventions=triggers)).groups}

    assert kept() == set()
    assert kept(INACTIVITY) == set()
    assert kept(DROP_OFF) == {"flows"}
    assert kept(FALLING_HEALTH) == kept(FAILED_SEARCHES) == {"wellbeing"}


def test_what_is_left_out_is_said_to_begin_anew() -> None:
    assert set(given_up(OFF)) == {*OF_ACCOUNTS, "interventions"}
    assert set(spared(OF_ACCOUNTS)) == set(OF_ACCOUNTS)
    assert spared(ASSESSED) == tuple(sorted(ASSESSED))
    assert set(given_up(replace(OFF, interventions=(FALLING_HEALTH,)))) == set()


def test_nothing_is_told_where_nobody_ever_asked() -> None:
    cluster = Cluster(3, OFF)
    events = random_events(random.Random(5), 800, deletions=True)
    assert any(e.get("account_id") for e in events)
    cluster.produce(events)
    cluster.run(random.Random(6))
    assert rows_told(cluster) == 0
    assert not any(part.state.ledger.accounts for part in cluster.parts)
    assert not any(part.state.verify() for part in cluster.parts)


@pytest.mark.parametrize("seed", range(12))
def test_accounts_are_whole_again_whoever_told_them_meanwhile(seed: int) -> None:
    rng = random.Random(seed)
    events = plain(random_events(rng, 400))
    phases = [[rng.random() < 0.5 for _ in range(3)] for _ in range(rng.randint(1, 4))]
    always, sometimes = Cluster(3, ON), Cluster(3, ON)
    share = len(events) // (len(phases) + 1) + 1
    for phase in range(len(phases) + 1):
        new = events[phase * share : (phase + 1) * share]
        for one in (always, sometimes):
            one.produce(new)
            one.run(rng, crashes=False)
            assert not any(part.state.verify() for part in one.parts)
        asks = phases[phase] if phase < len(phases) else [True] * 3
        for part, asked in zip(sometimes.parts, asks, strict=True):
            restarted(sometimes, part, ON if asked else OFF)
    for part in sometimes.parts:
        # Whoever told all the time goes on without telling anything anew.
        sometimes.recover(part, ON)
    sometimes.run(rng, crashes=False)
    assert of_accounts(sometimes) == of_accounts(always)


def test_what_was_told_of_an_account_itself_is_given_up() -> None:
    cluster = Cluster(2, ON)
    cluster.produce(random_events(random.Random(8), 900))
    cluster.run(random.Random(9))
    assert any(
        a.read().own != Subscriptions() for part in cluster.parts for a in part.state.ledger.accounts.values()
    )
    for part in cluster.parts:
        restarted(cluster, part, OFF)
    cluster.produce(random_events(random.Random(10), 300))
    cluster.run(random.Random(11))
    for part in cluster.parts:
        cluster.recover(part)
        assert not part.state.verify()
        for account in part.state.ledger.accounts.values():
            assert account.read().own == Subscriptions()
            assert not account.read().eligibility


def test_nobody_is_assessed_and_who_called_for_attention_is_told_off() -> None:
    watched = replace(REMEMBERING, interventions=(INACTIVITY,), inactive_ms=3_600_000)
    cluster = Cluster(2, watched)
    rng = random.Random(3)
    events = random_events(rng, 900)
    cluster.produce(events[:600])
    cluster.run(rng)
    standing = Counter(one.type for part in cluster.parts for one in part.interventions)
    assert standing["intervention.opened"] > standing["intervention.cleared"]

    for part in cluster.parts:
        restarted(cluster, part, OFF)
    cluster.produce(events[600:])
    cluster.run(rng)
    ended = Counter(one.type for part in cluster.parts for one in part.interventions)
    assert ended["intervention.opened"] == ended["intervention.cleared"] == standing["intervention.opened"]
    for part in cluster.parts:
        assert not part.state.verify()
        assert not any(part.state.ledger.panes[name].blocks for name in SWEPT)
        assert not any(key[:1] == b"i" and value is not None for key, value in part.changelog.items())

    for part in cluster.parts:
        restarted(cluster, part, watched)
        assert not part.state.verify()
    again = Counter(one.type for part in cluster.parts for one in part.interventions)
    assert again["intervention.opened"] > ended["intervention.opened"]

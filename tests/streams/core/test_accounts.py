"""Accounts whose customers live on several partition numbers."""

from __future__ import annotations

import random
from typing import Any

from streams.core.account import decode_rows, encode_rows
from streams.core.facts.account import Part, Row
from streams.core.partitioner import murmur2
from streams.core.reports import PATIENCE
from tests.support.cluster import Cluster

NOON = 1_741_003_200_000
MINUTE = 60_000
PARTITIONS = 3


def living_on(number: int, count: int = 1) -> list[str]:
    """Names of users whose home is a partition number."""
    names = (f"u{n}" for n in range(10_000))
    return [name for name in names if murmur2(name.encode(), PARTITIONS) == number][:count]


ACCOUNT = next(f"a{n}" for n in range(100) if murmur2(f"a{n}".encode(), PARTITIONS) == 0)


def view(identity: str, user: str, minute: int, **fields: Any) -> dict[str, Any]:
    who = {"user_id": user, "account_id": ACCOUNT}
    return {"id": identity, "type": "page.viewed", "time": NOON + minute * MINUTE, **who, **fields}


def deliver(cluster: Cluster, *events: dict[str, Any]) -> None:
    cluster.produce(events)
    cluster.run(random.Random(1), crashes=False)


def reports(cluster: Cluster) -> int:
    """Messages about accounts that the account's home was sent."""
    log = cluster.parts[0].logs["selfserve.events"]
    return sum(dict(message.headers)["kind"] == b"accounts" for message in log)


def last_minute(cluster: Cluster) -> int | None:
    found = [minute for measure, _, minute, n in cluster.numbers() if measure == "account_active" and n]
    assert len(found) <= 1
    return found[0] - NOON // MINUTE if found else None


def test_the_last_activity_of_colleagues_anywhere_counts_at_the_account_s_home() -> None:
    cluster = Cluster(PARTITIONS)
    (one,), (two,) = living_on(1), living_on(2)
    deliver(cluster, view("1", one, 5), view("2", two, 3))
    assert last_minute(cluster) == 5
    deliver(cluster, view("3", two, 9))
    assert last_minute(cluster) == 9
    assert [bool(part.state.ledger.accounts) for part in cluster.parts] == [True, False, False]


def test_what_changes_nothing_is_not_told() -> None:
    cluster = Cluster(PARTITIONS)
    (one, other) = living_on(1, 2)
    deliver(cluster, view("1", one, 5), view("2", other, 4))
    told = reports(cluster)
    deliver(cluster, view("3", one, 5))
    assert reports(cluster) == told
    deliver(cluster, view("4", one, 6), view("5", other, 6))
    # Both in one message.
    assert reports(cluster) == told + 1


def test_a_flag_takes_one_colleague_s_activity_back_and_its_lifting_brings_it_again() -> None:
    cluster = Cluster(PARTITIONS)
    (one, other), (two,) = living_on(1, 2), living_on(2)
    deliver(cluster, view("1", one, 9), view("2", other, 5), view("3", two, 3))
    flag = {"type": "user.flagged", "data": {"reason": "fake"}}
    deliver(cluster, view("4", one, 10) | flag)
    assert last_minute(cluster) == 5
    deliver(cluster, view("5", other, 10) | flag)
    assert last_minute(cluster) == 3
    deliver(cluster, view("6", two, 10) | flag)
    assert last_minute(cluster) is None
    deliver(cluster, view("7", one, 11) | {"type": "user.unflagged", "data": {"reason": "fake"}})
    assert last_minute(cluster) == 9


def test_a_message_that_was_lost_with_its_checkpoint_is_sent_again() -> None:
    cluster = Cluster(PARTITIONS)
    (one,) = living_on(1)
    deliver(cluster, view("1", one, 5))
    cluster.produce([view("2", one, 8)])
    part = cluster.parts[1]
    part.state.process("product.events", part.logs["product.events"][1:])
    part.state.take_changes()
    cluster.recover(part)
    cluster.run(random.Random(1), crashes=False)
    assert last_minute(cluster) == 8


def test_behind_changes_wait_and_are_told_together_after_a_crash_too() -> None:
    cluster = Cluster(PARTITIONS)
    (one, other) = living_on(1, 2)
    part = cluster.parts[1]

    def read(*events: dict[str, Any]) -> None:
        cluster.produce(events)
        log = part.logs["product.events"]
        part.state.process("product.events", log[part.offsets["product.events"] :])
        part.offsets["product.events"] = len(log)
        cluster.checkpoint(part, behind=True)

    for minute in range(PATIENCE):
        read(view(f"{minute}", one, minute))
    assert reports(cluster) == 0
    cluster.recover(part)
    read(view("other", other, 3))
    assert part.meta is not None
    assert part.meta.accounts_waiting
    cluster.run(random.Random(1), crashes=False)
    assert reports(cluster) == 1
    assert last_minute(cluster) == PATIENCE - 1
    for minute in range(20, 21 + PATIENCE):
        read(view(f"{minute}", one, minute))
    assert reports(cluster) == 2
    assert not part.meta.accounts_waiting


def test_behind_too_what_takes_back_is_told_at_once() -> None:
    cluster = Cluster(PARTITIONS)
    (one,) = living_on(1)
    deliver(cluster, view("1", one, 9))
    cluster.produce([view("2", one, 10) | {"type": "user.flagged", "data": {"reason": "fake"}}])
    part = cluster.parts[1]
    part.state.process("account.events", part.logs["account.events"])
    part.offsets["account.events"] = 1
    cluster.checkpoint(part, behind=True)
    cluster.run(random.Random(1), crashes=False)
    assert last_minute(cluster) is None


def test_an_event_about_an_account_travels_to_the_account_s_home() -> None:
    cluster = Cluster(PARTITIONS)
    (one,) = living_on(1)
    ended = {"type": "account.eligibility_changed", "data": {"eligible": False, "scope": "account"}}
    deliver(cluster, view("1", one, 5), view("2", one, 7) | ended)
    cells = {
        (cell, minute - NOON // MINUTE): n
        for m, cell, minute, n in cluster.numbers()
        if m == "account_eligible"
    }
    assert cells == {(("unknown",), 5): 1, (("unknown",), 7): -1}
    for part in cluster.parts:
        cluster.recover(part)
        assert not part.state.verify()


def test_a_repetition_of_what_a_visitor_did_before_it_was_known_is_recognised() -> None:
    cluster = Cluster(PARTITIONS)
    (visitor,), (user,) = living_on(1), living_on(2)
    session = {"id": "1", "type": "session.started", "time": NOON, "anonymous_id": visitor}
    claim = {"id": "2", "type": "user.identified", "time": NOON, "user_id": user, "anonymous_id": visitor}
    deliver(cluster, session)
    deliver(cluster, claim)
    deliver(cluster, session)
    assert sum(n for measure, _, _, n in cluster.numbers() if measure == "sessions") == 1


def test_rows_survive_their_message() -> None:
    rows = [Row("a", False, Part(1, 2, 3, "pro")), Row("b", True, Part())]
    assert decode_rows(encode_rows(rows)) == rows

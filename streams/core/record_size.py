"""Facts that have outgrown their record: what came first is given up, half by half, until the rest fits.

What it counted at its minute stays counted: it goes into the residue, as what a deletion leaves. Levels and last minutes, which say how
things are now, are withdrawn. With names of ordinary length nothing comes near: it takes a producer that makes up long ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.core import person
from streams.core.account import Account
from streams.core.contribution import difference
from streams.core.customer import ASSESS, MOVED, Customer
from streams.core.customer_records import encode_sessions
from streams.core.dimensions import OF_A_RECORD
from streams.core.group import Group, pack_facts
from streams.core.issues import support_contributions
from streams.core.measures import Cell, Contribution
from streams.core.summary import account_contributions, summary_of
from streams.core.support import Support

if TYPE_CHECKING:
    from streams.core.ledger import Ledger

MAX_FACTS_BYTES: int = 1 << 20
"""Size of one group of facts, of all help sessions of a customer, and of an account: far below what a record may have."""
MAX_CONVERSATIONS: int = 20_000
"""Conversations of one customer; beyond, a quarter of them is given up, those that have been silent for the longest time."""


def fit_group(ledger: Ledger, c: Customer, group: Group[Any], facts: msgspec.Struct) -> bytes:
    """Return the facts of a customer's group, packed, as many of them as fit into a record."""
    packed = pack_facts(facts)
    if len(packed) <= MAX_FACTS_BYTES:
        return packed
    rules = ledger.rules
    count = group.of_excluded if c.excluded else group.of
    before = count(c, rules)
    while len(packed) > MAX_FACTS_BYTES and _halve(facts):
        packed = pack_facts(facts)
    _give_up(ledger, before, count(c, rules))
    if group.followed:
        # What the customer means to its account, and its assessment, may rest on what has gone.
        ledger.mark(c)
        c.dirty |= MOVED | ASSESS
    return packed


def fit_sessions(ledger: Ledger, c: Customer, support: Support) -> bytes:
    """Return a customer's help sessions, packed, the latest ones of them that fit into a record."""
    packed = encode_sessions(support.sessions)
    if len(packed) <= MAX_FACTS_BYTES:
        return packed
    terms = ledger.rules.issues
    before = [] if c.excluded else support_contributions(support, terms)
    while len(packed) > MAX_FACTS_BYTES:
        support.sessions = _later_half(support.sessions)
        packed = encode_sessions(support.sessions)
    support.forget_derived()
    _give_up(ledger, before, [] if c.excluded else support_contributions(support, terms))
    return packed


def fit_conversations(ledger: Ledger, c: Customer, support: Support) -> list[str]:
    """Give up conversations if they are too many, and return which; that the customer wrote to bots in them stays known."""
    surplus = len(support.conversations) - MAX_CONVERSATIONS
    if surplus <= 0:
        return []
    before = person.contributions(c, ledger.rules)
    by_age = sorted(support.conversations.values(), key=lambda known: (known.entries[-1][0], known.id))
    gone = by_age[: surplus + MAX_CONVERSATIONS // 4]
    support.forget(gone)
    if ledger.rules.messages_to_bots:
        for conversation in gone:
            for channel, minute in conversation.to_bot:
                c.join_self_service(minute, channel)
    _give_up(ledger, before, person.contributions(c, ledger.rules))
    return [conversation.id for conversation in gone]


def fit_account(ledger: Ledger, account: Account) -> bytes:
    """Return the facts of an account, packed, as many of its subscriptions as fit into a record."""
    packed = account.close()
    if len(packed) <= MAX_FACTS_BYTES:
        return packed
    definitions = ledger.rules.definitions
    facts = account.opened()
    summary = summary_of(facts)
    before = account_contributions(facts, summary, definitions)
    while len(packed) > MAX_FACTS_BYTES and _halve(facts.own):
        packed = pack_facts(facts)
    _give_up(ledger, before, account_contributions(facts, summary, definitions))
    return account.close()


def residue_records(ledger: Ledger, measure: str, block: int) -> list[tuple[bytes, bytes | None]]:
    """Return a block of the residue as records, several if its cells have too long names for one, and tombstones for those it no longer needs."""
    parts: list[list[tuple[Cell, int, int]]] = []
    size = MAX_FACTS_BYTES
    for row in ledger.residue[measure].spelled(block):
        size += len(pack_facts(row))
        if size > MAX_FACTS_BYTES:
            size = len(pack_facts(row))
            parts.append([])
        parts[-1].append(row)
    before = ledger.residue_parts.get((measure, block), 1)
    if len(parts) > 1:
        ledger.residue_parts[measure, block] = len(parts)
    else:
        ledger.residue_parts.pop((measure, block), None)
    return [
        (residue_key(measure, block, part), pack_facts(parts[part]) if part < len(parts) else None)
        for part in range(max(len(parts), before))
    ]


def residue_key(measure: str, block: int, part: int) -> bytes:
    """Return the key of a part of a block of the residue; the first one has no number."""
    return b"r" + pack_facts((measure, block, part) if part else (measure, block))


def _give_up(ledger: Ledger, before: list[Contribution], after: list[Contribution]) -> None:
    """Facts that contributed so before contribute so after: keep what is counted for ever, withdraw what says how things are."""
    ledger.dimensions.overflow[OF_A_RECORD] += 1
    for measure, cell, minute, n in difference(before, after):
        panes = ledger.panes[measure]
        if panes.measure.kind in ("event", "day"):
            ledger.residue[measure].add(panes.kept(cell), minute, -n)
        else:
            panes.add(cell, minute, n)


def _halve(facts: msgspec.Struct) -> bool:
    """Give up the first half of the largest collection among facts; False if none has anything to spare."""
    sizes = {
        name: len(pack_facts(value))
        for name in facts.__struct_fields__
        if isinstance(value := getattr(facts, name), dict | list) and value
    }
    if not sizes:
        return False
    largest = max(sizes, key=lambda name: sizes[name])
    whole = getattr(facts, largest)
    setattr(facts, largest, _later_half(whole))
    return True


def _later_half(items: Any) -> Any:
    """Return a collection without its first half; of one that holds others by name, without the first half of the largest."""
    if isinstance(items, list):
        return items[(len(items) + 1) // 2 :]
    inner = max(items, key=lambda name: len(pack_facts(items[name])))
    if isinstance(items[inner], dict) and len(items[inner]) > 1:
        return {**items, inner: _later_half(items[inner])}
    return dict(list(items.items())[(len(items) + 1) // 2 :])

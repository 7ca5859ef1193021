"""A ledger as changelog records, and back.

`take_*` hands out what changed since the last call, as (key, value) with None for a tombstone; `load_*` takes
records in their order. The formats are listed in `streams.core.records`.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from streams.core.account import Account, values_of
from streams.core.course import derive
from streams.core.customer import UNTOLD_WHOLLY, Customer
from streams.core.customer_records import (
    decode_conversation,
    decode_hot,
    decode_sessions,
    decode_status,
    encode_conversation,
    encode_hot,
    encode_status,
)
from streams.core.join import watch_self_service
from streams.core.learning import learn
from streams.core.ledger import Gone, Ledger
from streams.core.measures import Cell
from streams.core.panes import Panes
from streams.core.record_size import (
    fit_account,
    fit_conversations,
    fit_group,
    fit_sessions,
    residue_records,
)
from streams.core.records import BlockRecord, CellRecord, block_record, cell_record, parse_pane_record
from streams.core.support import Support
from streams.core.time import MINUTE_MS

StateRecord = tuple[bytes, bytes | None]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_part_key: Final = msgspec.msgpack.Decoder(tuple[str, str]).decode
_decode_residue_key: Final = msgspec.msgpack.Decoder(tuple[str | int, ...]).decode
_decode_residue: Final = msgspec.msgpack.Decoder(list[tuple[tuple[str | int, ...], int, int]]).decode

CHECKPOINTS_UNPACKED: Final = 3
"""Support facts stay unpacked until so many checkpoints have passed without them: a conversation's next event often follows soon."""
MAX_UNPACKED: int = 8_192
"""Customers whose support facts stay unpacked: they take several times the memory. Beyond, those that have been unpacked for the longest time are packed."""
OPEN_CONVERSATIONS: int = 64
"""Customers with more conversations stay unpacked: packing them anew at every checkpoint would cost more than it saves."""


def take_panes(panes: Panes) -> list[StateRecord]:
    """The panes that changed: new cells before the blocks that use them."""
    records: list[StateRecord] = []
    for measure in panes:
        name = measure.measure.name
        records += [cell_record(name, index, measure.cells[index]) for index in measure.take_new_cells()]
        records += [block_record(name, block, numbers, part) for block, part, numbers in measure.take_parts()]
    return records


def take_state(ledger: Ledger, newest: int | None) -> list[StateRecord]:
    """The facts and the residue that changed. At minute `newest` some facts are too old to be kept; None: all are kept."""
    records: list[StateRecord] = []
    for gone in ledger.gone:
        records += [(b"v" + _encode((gone.customer, name)), None) for name in gone.conversations]
        records += [(b"g" + _encode((gone.customer, name)), None) for name in gone.groups]
        if gone.sessions:
            records.append((b"h" + gone.customer.encode(), None))
    ledger.gone = []
    dirty, ledger.dirty = ledger.dirty, []
    for c in dirty:
        c.dirty &= UNTOLD_WHOLLY
        key = c.id.encode()
        support = c.support
        if isinstance(support, Support):
            _take_support(c, support, ledger, records)
        records.append((b"a" + key, encode_hot(c)))
        if c.status is not None:
            records.append((b"s" + key, encode_status(c.status)))
        if isinstance(c.groups, dict):
            if c.groups_changed:
                _take_groups(c, ledger, newest, records)
            c.close_groups()
    _pack_idle(ledger)
    accounts, ledger.dirty_accounts = ledger.dirty_accounts, []
    for account in accounts:
        account.dirty = False
        records.append((b"A" + account.id.encode(), fit_account(ledger, account)))
    for residue in ledger.residue:
        for block, _ in residue.take_dirty():
            records += residue_records(ledger, residue.measure.name, block)
    return records


def _take_support(c: Customer, support: Support, ledger: Ledger, records: list[StateRecord]) -> None:
    records += [(b"v" + _encode((c.id, name)), None) for name in fit_conversations(ledger, c, support)]
    changed = ((name, support.conversations[name]) for name in support.dirty)
    records += [
        (b"v" + _encode((c.id, name)), encode_conversation(conversation)) for name, conversation in changed
    ]
    support.dirty.clear()
    if support.sessions_dirty:
        records.append((b"h" + c.id.encode(), fit_sessions(ledger, c, support)))
        support.sessions_dirty = False
    if support.idle < 0 and len(support.conversations) <= OPEN_CONVERSATIONS:
        ledger.unpacked.append(c)
    support.idle = 0


def _pack_idle(ledger: Ledger) -> None:
    """Pack the support facts that were left alone for some checkpoints, and those of too many customers."""
    waiting, ledger.unpacked = ledger.unpacked, []
    surplus = len(waiting) - MAX_UNPACKED
    for c in waiting:
        surplus -= 1
        support = c.support
        if not isinstance(support, Support) or len(support.conversations) > OPEN_CONVERSATIONS:
            continue
        support.idle += 1
        if surplus >= 0 or support.idle > CHECKPOINTS_UNPACKED:
            c.close()
        else:
            ledger.unpacked.append(c)


def _take_groups(c: Customer, ledger: Ledger, newest: int | None, records: list[StateRecord]) -> None:
    groups = c.opened_groups()
    changed, c.groups_changed = c.groups_changed, 0
    # A key is the array of the customer's id and the group's name.
    prefix = b"g\x92" + _encode(c.id)
    for group in ledger.rules.groups:
        if changed & group.bit:
            facts = cast("msgspec.Struct", groups[group.place])
            ledger.expire(c, group, facts, newest)
            records.append((prefix + group.key, fit_group(ledger, c, group, facts)))


class Loader:
    """Reads a ledger back from its records."""

    __slots__ = ("_cells", "_conversations", "_ledger", "_off", "_residue")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._conversations: dict[tuple[str, str], bytes] = {}
        self._cells: dict[str, dict[int, Cell]] = {}
        self._off: dict[tuple[str, str], None] = {}
        """Facts of groups that are not kept: the next checkpoint gives them up."""
        self._residue: dict[tuple[str, int, int], bytes] = {}
        """By measure, block and part."""

    def _customer(self, key: bytes) -> Customer:
        name = key[1:].decode()
        c = self._ledger.customers.get(name)
        if c is None:
            c = Customer(name)
            self._ledger.add(c)
        return c

    def load_state(self, key: bytes, value: bytes | None) -> None:
        """One record of `selfserve.state` that holds facts. Raises msgspec.DecodeError if it is damaged."""
        kind = key[:1]
        if kind == b"a":
            if value is not None:
                decode_hot(self._customer(key), value)
        elif kind == b"s":
            self._customer(key).status = None if value is None else decode_status(value)
        elif kind == b"v":
            name = _decode_part_key(key[1:])
            if value is None:
                self._conversations.pop(name, None)
            else:
                self._conversations[name] = value
        elif kind == b"h":
            support = self._customer(key).opened()
            support.sessions = [] if value is None else decode_sessions(value)
        elif kind == b"g":
            self._load_group(key, value)
        elif kind == b"A":
            if value is not None:
                account = key[1:].decode()
                self._ledger.accounts[account] = Account(account, value)
        elif kind == b"r":
            self._load_residue(key, value)

    def _load_group(self, key: bytes, value: bytes | None) -> None:
        name, group = _decode_part_key(key[1:])
        if group in self._ledger.rules.groups_off:
            if value is None:
                self._off.pop((name, group), None)
            else:
                self._off[name, group] = None
            return
        c = self._customer(b"g" + name.encode())
        if value is None:
            c.opened_groups().pop(group, None)
        else:
            c.opened_groups()[group] = msgspec.Raw(value)

    def _load_residue(self, key: bytes, value: bytes | None) -> None:
        named = _decode_residue_key(key[1:])
        place = (str(named[0]), int(named[1]), int(named[2]) if len(named) > 2 else 0)
        if value is None:
            self._residue.pop(place, None)
        else:
            self._residue[place] = value

    def _put_residue(self) -> None:
        ledger = self._ledger
        for (measure, block, part), value in self._residue.items():
            residue = ledger.residue.by_name.get(measure)
            if residue is None:
                continue
            if part:
                parts = ledger.residue_parts
                parts[measure, block] = max(part + 1, parts.get((measure, block), 1))
            for cell, slot, n in _decode_residue(value):
                residue.put(cell, block, slot, n)

    def load_panes(self, key: bytes, value: bytes | None) -> None:
        """One record of `selfserve.panes`. Raises msgspec.DecodeError if it is damaged."""
        record = parse_pane_record(key, value)
        if isinstance(record, CellRecord):
            panes = self._ledger.panes.by_name.get(record.measure)
            if panes is not None:
                panes.take_cell(record.index, record.cell)
        elif isinstance(record, BlockRecord):
            panes = self._ledger.panes.by_name.get(record.measure)
            if panes is not None:
                panes.take_block(record.block, record.numbers, record.part)

    def finish(self, newest: int) -> None:
        """All records were read; `newest` is the greatest event time (ms), up to which the panes were rolled."""
        ledger = self._ledger
        ledger.gone += [Gone(customer, [], False, [group]) for customer, group in self._off]
        self._put_residue()
        for (customer, conversation), value in self._conversations.items():
            c = ledger.customers.get(customer)
            if c is None:
                c = Customer(customer)
                ledger.add(c)
            known = decode_conversation(conversation, value)
            derive(known)
            support = c.opened()
            support.conversations[conversation] = known
            support.messages_changed([], known.to_bot)
            support.index(known)
            support.move_moments([], known.moments, conversation)
        for c in ledger.customers.values():
            learn(c, ledger.rules, ledger.dimensions)
            watch_self_service(c, ledger.rules)
            if isinstance(c.support, Support) and len(c.support.conversations) <= OPEN_CONVERSATIONS:
                c.close()
            c.close_groups()
        for account in ledger.accounts.values():
            if not ledger.rules.tells_accounts:
                ledger.forget_account_events(account)
            for dimension, held in values_of(account.read()):
                ledger.dimensions.learn(dimension, held)
        for panes in (*ledger.panes, *ledger.residue):
            panes.resume(newest // MINUTE_MS)

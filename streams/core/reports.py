"""What one partition number has to tell the homes of its customers' accounts.

Changes wait here from checkpoint to checkpoint while the number reads a backlog, where nearly every customer changes with every
checkpoint: they join, so that an account is told once of all of them. What takes something back never waits.
"""

from __future__ import annotations

from typing import Final

from streams.core.account import join_customer, join_later
from streams.core.customer import ASSESS, JOINED, MOVED, Customer
from streams.core.facts.account import Part, Row
from streams.core.ledger import Ledger

PATIENCE: Final = 10
"""Checkpoints for which changes wait at most."""


class Reports:
    """Rows by account, until they are taken."""

    __slots__ = ("_members", "_rows", "_waited")

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._waited = 0
        self._members: dict[str, list[Customer]] | None = None
        """The customers here that belong to an account, or once did; made when first something is taken back."""

    @property
    def settled(self) -> bool:
        """Whether the last call of `take` told everything."""
        return self._waited == 0

    @property
    def waiting(self) -> bool:
        """Whether there is something that no home was told yet."""
        return bool(self._rows)

    def collect(self, ledger: Ledger) -> None:
        """Note what has changed since the last checkpoint, before the ledger loses its marks."""
        rows, for_account = self._rows, ledger.rules.for_account
        stale, ledger.stale = ledger.stale, set()
        members = self._members
        if members is not None:
            for c in ledger.dirty:
                if c.dirty & JOINED and c.account:
                    members.setdefault(c.account, []).append(c)
        elif stale:
            members = self._members = {}
            for c in ledger.customers.values():
                if c.account:
                    members.setdefault(c.account, []).append(c)
        if members is not None:
            for name in stale:
                row = rows[name] = Row(name, True, Part())
                for c in members.get(name, ()):
                    if c.account == name and not c.excluded:
                        join_customer(row.part, c, *for_account(c))
        for c in ledger.dirty:
            account = c.account
            if c.dirty & MOVED == MOVED and account and account not in stale and not c.excluded:
                part = self._part(account)
                if c.dirty & ASSESS:
                    join_customer(part, c, *for_account(c))
                else:
                    join_later(part, c)

    def everything(self, ledger: Ledger) -> None:
        """Note what all customers come to: some of it may never have been told."""
        for_account = ledger.rules.for_account
        for c in ledger.customers.values():
            if c.account and not c.excluded:
                join_customer(self._part(c.account), c, *for_account(c))

    def _part(self, account: str) -> Part:
        """What is to be told of an account, beginning with nothing."""
        row = self._rows.get(account)
        if row is None:
            row = self._rows[account] = Row(account, False, Part())
        return row.part

    def take(self, *, behind: bool) -> list[Row]:
        """Return what is to be told now. `behind`: the number reads a backlog."""
        if behind and self._waited < PATIENCE:
            self._waited += 1
            told = [row for row in self._rows.values() if row.whole]
            for row in told:
                del self._rows[row.account]
            return told
        self._waited = 0
        rows, self._rows = self._rows, {}
        return list(rows.values())

"""What one partition number has to tell the homes of its customers' accounts.

Changes wait here from checkpoint to checkpoint while the number reads a backlog, where nearly every customer changes with every
checkpoint: they join, so that an account is told once of all of them. What takes something back never waits.
"""

from __future__ import annotations

from typing import Final

from streams.core.account import join_customer, join_later
from streams.core.customer import ASSESS, MOVED
from streams.core.facts.account import Part, Row
from streams.core.ledger import Ledger

PATIENCE: Final = 10
"""Checkpoints for which changes wait at most."""


class Reports:
    """Rows by account, until they are taken."""

    __slots__ = ("_rows", "_waited")

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._waited = 0

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
        if stale:
            for name in stale:
                rows[name] = Row(name, True, Part())
            for c in ledger.customers.values():
                if c.account in stale and not c.excluded:
                    join_customer(rows[c.account].part, c, *for_account(c))
        for c in ledger.dirty:
            account = c.account
            if c.dirty & MOVED == MOVED and account and account not in stale and not c.excluded:
                row = rows.get(account)
                if row is None:
                    row = rows[account] = Row(account, False, Part())
                if c.dirty & ASSESS:
                    join_customer(row.part, c, *for_account(c))
                else:
                    join_later(row.part, c)

    def everything(self, ledger: Ledger) -> None:
        """Note what all customers come to: some of it may never have been told."""
        for_account = ledger.rules.for_account
        for c in ledger.customers.values():
            if c.account and not c.excluded:
                row = self._rows.get(c.account)
                if row is None:
                    row = self._rows[c.account] = Row(c.account, False, Part())
                join_customer(row.part, c, *for_account(c))

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

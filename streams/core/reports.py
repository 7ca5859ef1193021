"""What one partition number has to tell the homes of its customers' accounts.

Changes wait here from checkpoint to checkpoint while the number reads a backlog, where nearly every customer changes with every
checkpoint: an account is told once of all of them, as its customers are by then. What takes something back never waits.

Where nobody asks for accounts (`Rules.tells_accounts`) nothing is told, but what was told before is still taken back: so what a home
knows stays true of somebody, and telling everything anew makes it whole, whenever the other numbers begin or cease to tell.
"""

from __future__ import annotations

from typing import Final

from streams.core.account import first_part, join_customer, join_later
from streams.core.customer import ASSESS, JOINED, MOVED, UNTOLD, UNTOLD_WHOLLY, Customer
from streams.core.facts.account import Part, Row
from streams.core.ledger import Ledger

PATIENCE: Final = 30
"""Checkpoints for which changes wait at most."""


class Reports:
    """The customers of whom some account was not told yet."""

    __slots__ = ("_members", "_untold", "_waited", "told")

    def __init__(self) -> None:
        self.told = False
        """Whether some home was ever told anything by this number."""
        self._untold: list[Customer] = []
        """Those with the bit `UNTOLD`."""
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
        return bool(self._untold)

    def everything(self, ledger: Ledger) -> None:
        """Note what all customers come to: some of it may never have been told."""
        for c in ledger.customers.values():
            if c.account:
                self._note(c, UNTOLD_WHOLLY)

    def _note(self, c: Customer, bits: int) -> None:
        if not c.dirty & UNTOLD:
            self._untold.append(c)
        c.dirty |= bits

    def take(self, ledger: Ledger, *, behind: bool) -> list[Row]:
        """Return what is to be told now, before the ledger loses its marks. `behind`: the number reads a backlog."""
        if not ledger.rules.tells_accounts:
            return self._withdrawn(ledger)
        rows = self._taken_back(ledger)
        for c in ledger.dirty:
            if c.dirty & MOVED == MOVED and c.account and c.account not in rows:
                self._note(c, UNTOLD_WHOLLY if c.dirty & ASSESS else UNTOLD)
        if behind and self._waited < PATIENCE:
            self._waited += 1
        else:
            self._waited = 0
            self._tell(rows, ledger)
        if rows:
            self.told = True
        return list(rows.values())

    def _withdrawn(self, ledger: Ledger) -> list[Row]:
        """Take all back that the accounts which lost something were told; those who are still there are told of another day."""
        stale, ledger.stale = ledger.stale, set()
        return [Row(name, True, Part()) for name in sorted(stale)] if self.told else []

    def _taken_back(self, ledger: Ledger) -> dict[str, Row]:
        """Whole rows of the accounts that lost something, by account."""
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
        rows: dict[str, Row] = {}
        if members is not None:
            for name in stale:
                row = rows[name] = Row(name, True, Part())
                for c in members.get(name, ()):
                    if c.account == name and not c.excluded:
                        join_customer(row.part, c, *ledger.rules.for_account(c))
        return rows

    def _tell(self, rows: dict[str, Row], ledger: Ledger) -> None:
        """Add what has waited to the rows."""
        for_account = ledger.rules.for_account
        untold, self._untold = self._untold, []
        for c in untold:
            wholly = c.dirty & UNTOLD_WHOLLY == UNTOLD_WHOLLY
            c.dirty &= ~UNTOLD_WHOLLY
            account = c.account
            if not account or c.excluded:
                continue
            facts, subscriptions = for_account(c) if wholly and c.groups is not None else (None, None)
            row = rows.get(account)
            if row is None:
                rows[account] = Row(account, False, first_part(c, facts, subscriptions, days=wholly))
            elif row.whole:
                continue
            elif wholly:
                join_customer(row.part, c, facts, subscriptions)
            else:
                join_later(row.part, c)

"""The hourly sweep of one partition number: everybody who is at home here, assessed as of the last whole hour.

What was found goes into the panes as the difference from what they held, at the minute of the hour: who reads them up to an evaluation
time that another number holds back finds the hour before. In between, who changed is assessed anew, so the sums are always what
facts and hour say; the hour itself is in META. What calls for an intervention, or ceases to, is announced by the sweep alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from schemas.interventions import Intervention, intervention
from streams.core.account import Account
from streams.core.assessment import NOTHING, Assessment, assess_account, assess_customer
from streams.core.customer import ASSESS, Customer
from streams.core.ledger import Ledger
from streams.core.measures import Cell
from streams.core.time import HOUR_MINUTES

MEASURES = ("health", "health_points", "interventions")
"""Those that are filled here and nowhere else."""

Subject = tuple[str, str]
"""Whether it is a customer or an account, and its id."""


class Sweep:
    """The assessments of one ledger."""

    __slots__ = ("_changed", "_fresh", "_ledger", "_open")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._fresh = True
        """Nobody was assessed yet by this process: what the panes hold is known only as a sum."""
        self._open: dict[Subject, dict[str, int]] = {}
        """What was announced and not cleared: by trigger, the hour (a minute)."""
        self._changed: set[Subject] = set()

    def run(self, hour: int) -> list[Intervention]:
        """Assess everybody as of an hour (a minute), and return what is to be announced."""
        self._ledger.hour = hour
        announced: list[Intervention] = []
        for subject, found in self._everybody():
            if found.triggers or subject in self._open:
                announced += self._announce(subject, found.triggers, hour)
        gone = [s for s in self._open if not self._is_here(s)]
        for subject in gone:
            announced += self._announce(subject, (), hour)
        return announced

    def refresh(self) -> None:
        """Assess anew who changed since the last checkpoint, before the ledger loses its marks."""
        ledger = self._ledger
        hour = ledger.hour
        if hour < 0:
            return
        if self._fresh:
            for _ in self._everybody():
                pass
            return
        delta: Counter[tuple[str, Cell]] = Counter()
        for c in ledger.dirty:
            if c.dirty & ASSESS or (c.assessed is not None and c.assessed.triggers):
                found = assess_customer(c, hour, ledger.rules)
                if found != (c.assessed or NOTHING):
                    self._replace(delta, c, found)
        for account in ledger.dirty_accounts:
            if account.unassessed:
                account.unassessed = False
                found = assess_account(account.read(), hour, ledger.rules)
                if found != (account.assessed or NOTHING):
                    self._replace(delta, account, found)
        self._put(delta)

    def _replace(self, delta: Counter[tuple[str, Cell]], one: Customer | Account, found: Assessment) -> None:
        self._count(delta, one.assessed or NOTHING, -1)
        self._count(delta, found, 1)
        one.assessed = found

    def _count(self, delta: Counter[tuple[str, Cell]], found: Assessment, times: int) -> None:
        for measure, cell, _, n in found.contributions(self._ledger.rules.definitions):
            delta[measure, cell] += n * times

    def _put(self, delta: Counter[tuple[str, Cell]]) -> None:
        """Put differences into the panes, at the hour."""
        for (measure, cell), n in delta.items():
            self._ledger.panes[measure].add(cell, self._ledger.hour, n)

    def _everybody(self) -> Iterator[tuple[Subject, Assessment]]:
        """Assess everybody, and put into the panes what their sums lack."""
        ledger = self._ledger
        rules, hour = ledger.rules, ledger.hour
        counted: dict[Assessment, int] = {}
        same: dict[Assessment, Assessment] = {NOTHING: NOTHING}
        for c in ledger.customers.values():
            found = assess_customer(c, hour, rules)
            found = c.assessed = same.setdefault(found, found)
            if found is not NOTHING:
                counted[found] = counted.get(found, 0) + 1
            yield ("customer", c.id), found
        for account in ledger.accounts.values():
            found = assess_account(account.read(), hour, rules)
            found = account.assessed = same.setdefault(found, found)
            account.unassessed = False
            if found is not NOTHING:
                counted[found] = counted.get(found, 0) + 1
            yield ("account", account.id), found
        self._fresh = False
        delta: Counter[tuple[str, Cell]] = Counter()
        for name in MEASURES:
            panes = ledger.panes[name]
            for cell, block, slot, n in list(panes.numbers()):
                if block > hour // HOUR_MINUTES:
                    # By another clock the sweep was here already.
                    panes.add_number(cell, block, slot, -n)
                else:
                    delta[name, cell] -= n
        for found, times in counted.items():
            self._count(delta, found, times)
        self._put(delta)

    # ---- announcements -------------------------------------------------------------------------------------------

    def _is_here(self, subject: Subject) -> bool:
        kind, name = subject
        return name in (self._ledger.customers if kind == "customer" else self._ledger.accounts)

    def _announce(self, subject: Subject, triggers: tuple[str, ...], hour: int) -> list[Intervention]:
        open_ = self._open.get(subject, {})
        kind, name = subject
        out = [
            intervention(kind, name, trigger, since, hour, cleared=True)
            for trigger, since in open_.items()
            if trigger not in triggers
        ]
        out += [
            intervention(kind, name, trigger, hour, hour, cleared=False)
            for trigger in triggers
            if trigger not in open_
        ]
        if out:
            self._changed.add(subject)
            now = {trigger: open_.get(trigger, hour) for trigger in triggers}
            if now:
                self._open[subject] = now
            else:
                self._open.pop(subject, None)
        return out

    def take_records(self) -> list[tuple[bytes, bytes | None]]:
        """Return the changelog records of what changed among the open interventions."""
        changed, self._changed = self._changed, set()
        return [
            (b"i" + _encode(subject), _encode(self._open[subject]) if subject in self._open else None)
            for subject in sorted(changed)
        ]

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take back a changelog record. Raises msgspec.DecodeError if it is damaged."""
        subject = _decode_subject(key[1:])
        if value is None:
            self._open.pop(subject, None)
        else:
            self._open[subject] = _decode_open(value)


_encode = msgspec.msgpack.Encoder().encode
_decode_subject = msgspec.msgpack.Decoder(tuple[str, str]).decode
_decode_open = msgspec.msgpack.Decoder(dict[str, int]).decode

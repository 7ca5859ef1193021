"""The hourly sweep of one partition number: everybody who is at home here, assessed as of the last whole hour.

What was found stands in the panes. In between, who changed is assessed anew, so the panes are always what facts and hour say; the
hour itself is in META. What calls for an intervention, or ceases to, is announced by the sweep alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from schemas.interventions import Intervention, intervention
from streams.core.account import Account
from streams.core.assessment import NOTHING, Assessment, assess_account, assess_customer
from streams.core.contribution import Delta, add_to, collect
from streams.core.customer import ASSESS, Customer
from streams.core.ledger import Ledger

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
        delta: Delta = {}
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
        add_to(ledger.panes, delta)

    def _replace(self, delta: Delta, one: Customer | Account, found: Assessment) -> None:
        definitions = self._ledger.rules.definitions
        collect(delta, (one.assessed or NOTHING).contributions(definitions), -1)
        collect(delta, found.contributions(definitions))
        one.assessed = found

    def _everybody(self) -> Iterator[tuple[Subject, Assessment]]:
        """Assess everybody, and put the sums in the place of those that the panes hold."""
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
        delta: Delta = {}
        for name in MEASURES:
            for cell, _, _, n in ledger.panes[name].numbers():
                collect(delta, [(name, cell, 0, -n)])
        for found, times in counted.items():
            collect(
                delta, [(m, cell, at, n * times) for m, cell, at, n in found.contributions(rules.definitions)]
            )
        add_to(ledger.panes, delta)

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

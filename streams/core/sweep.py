"""The hourly sweep of one partition number: everybody who is at home here, assessed as of the last whole hour.

An assessment holds until facts change or a time comes that follows from them; until then the sweep passes by. What was found goes into
the panes as the difference from what they held, at the minute of the hour: who reads them up to an evaluation time that another
number holds back finds the hour before. In between, who changed is assessed anew, so the sums are always what
facts and hour say; the hour itself is in META. What calls for an intervention, or ceases to, is announced by the sweep alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.interventions import Intervention, intervention
from streams.core.account import Account
from streams.core.assessment import NOTHING, Assessment, Assessor
from streams.core.customer import ASSESS, MOVED, Customer
from streams.core.ledger import Ledger
from streams.core.measures import Cell
from streams.core.time import HOUR_MINUTES

MEASURES = ("health", "health_points", "interventions")
"""Those that are filled here and nowhere else."""

Subject = tuple[str, str]
"""Whether it is a customer or an account, and its id."""

_NOTHING_HELD: Final[dict[tuple[str, Cell], int]] = {}


class Sweep:
    """The assessments of one ledger."""

    __slots__ = ("_assessor", "_changed", "_delta", "_fresh", "_ledger", "_open", "_turned")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._assessor = Assessor(ledger.rules)
        self._fresh = True
        """Nobody was assessed yet by this process: what the panes hold is known only as a sum."""
        self._delta: dict[Assessment, int] = {}
        """What the panes lack: how many more of each assessment there are."""
        self._turned: dict[Subject, tuple[str, ...]] = {}
        """The triggers of whom others hold than at the last sweep."""
        self._open: dict[Subject, dict[str, int]] = {}
        """What was announced and not cleared: by trigger, the hour (a minute)."""
        self._changed: set[Subject] = set()

    def run(self, hour: int) -> list[Intervention]:
        """Assess as of an hour (a minute) everybody who may fare otherwise by then, and return what is to be announced."""
        ledger = self._ledger
        if hour < ledger.hour:
            # By another clock: what was found holds for later hours.
            self._fresh = True
        ledger.hour = hour
        self.refresh()
        for c in ledger.customers.values():
            if c.assessed_until <= hour:
                self._assess_customer(c)
        for account in ledger.accounts.values():
            if account.assessed_until <= hour:
                self._assess_account(account)
        self._put()
        announced: list[Intervention] = []
        for subject, triggers in self._turned.items():
            announced += self._announce(subject, triggers, hour)
        self._turned.clear()
        return announced

    def end(self, hour: int) -> list[Intervention]:
        """Return that nobody calls for an intervention any more: from this hour (a minute) on nobody is assessed."""
        announced: list[Intervention] = []
        for subject in list(self._open):
            announced += self._announce(subject, (), hour)
        return announced

    def refresh(self) -> None:
        """Assess anew who changed since the last checkpoint, before the ledger loses its marks."""
        ledger, assessor = self._ledger, self._assessor
        if ledger.hour < 0:
            return
        assessor.go_to(ledger.hour)
        if self._fresh:
            self._begin()
            return
        for c in ledger.dirty:
            if c.dirty & ASSESS:
                self._assess_customer(c)
            elif c.dirty & MOVED == MOVED:
                before = c.assessed
                # Later activity alone changes nothing but whether the customer is inactive.
                if (before is not None and before.triggers) or assessor.is_silent(c):
                    self._assess_customer(c)
        for account in ledger.dirty_accounts:
            if account.unassessed:
                self._assess_account(account)
        self._put()

    def _assess_customer(self, c: Customer) -> None:
        self._found(c, "customer", self._assessor.customer(c))

    def _assess_account(self, account: Account) -> None:
        account.unassessed = False
        self._found(account, "account", self._assessor.account(account.read()))

    def _found(self, one: Customer | Account, kind: str, found: Assessment) -> None:
        """Note what was just found of a customer or account, and what the panes and the announcements lack now."""
        one.assessed_until = self._assessor.until
        before = one.assessed or NOTHING
        if found is before:
            return
        one.assessed = found
        delta = self._delta
        delta[before] = delta.get(before, 0) - 1
        delta[found] = delta.get(found, 0) + 1
        if found.triggers != before.triggers:
            self._turned[kind, one.id] = found.triggers

    def _put(self, held: Mapping[tuple[str, Cell], int] = _NOTHING_HELD) -> None:
        """Put what the panes lack into them, at the hour; ``held`` is what they hold beyond what was found before."""
        numbers = {place: -n for place, n in held.items()}
        delta, self._delta = self._delta, {}
        for found, times in delta.items():
            for measure, cell, _, n in found.contributions:
                numbers[measure, cell] = numbers.get((measure, cell), 0) + n * times
        for (measure, cell), n in numbers.items():
            self._ledger.panes[measure].add(cell, self._ledger.hour, n)

    def _begin(self) -> None:
        """Assess everybody, and put into the panes what their sums lack."""
        ledger, hour = self._ledger, self._ledger.hour
        self._fresh = False
        # As if they held nothing: what they hold is taken off below, in one step.
        self._delta.clear()
        self._turned = dict.fromkeys(self._open, ())
        for c in ledger.customers.values():
            c.assessed = None
            self._assess_customer(c)
        for account in ledger.accounts.values():
            account.assessed = None
            self._assess_account(account)
        held: dict[tuple[str, Cell], int] = {}
        for name in MEASURES:
            panes = ledger.panes[name]
            for cell, block, slot, n in list(panes.numbers()):
                if block > hour // HOUR_MINUTES:
                    # By another clock the sweep was here already.
                    panes.add_number(cell, block, slot, -n)
                else:
                    held[name, cell] = held.get((name, cell), 0) + n
        self._put(held)

    # ---- announcements -------------------------------------------------------------------------------------------

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


_encode: Final = msgspec.msgpack.Encoder().encode
_decode_subject: Final = msgspec.msgpack.Decoder(tuple[str, str]).decode
_decode_open: Final = msgspec.msgpack.Decoder(dict[str, int]).decode

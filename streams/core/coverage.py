"""From when on each measure is counted here, as the definitions have changed on a running system."""

from __future__ import annotations

from streams.core.definitions import Definitions
from streams.core.measures import MEASURES
from streams.core.own import stored_measures
from streams.core.records import Meta
from streams.core.sparing import given_up

BEGINNING_OF_LOG = 0
"""A measure has been counted since the first event."""


class Coverage:
    """How far back the figures of one partition number reach, apart from how old its data are. All times are ms."""

    __slots__ = ("_basis", "_definitions", "_given_up", "began", "changed")

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._given_up = given_up(definitions)
        self._basis = definitions.basis()
        self.changed: int | None = None
        """From when on events are read by the present definitions; None: since the beginning."""
        self.began: dict[str, int] = dict.fromkeys(self._counted(), BEGINNING_OF_LOG)
        """From when on each own measure is counted, by its stored name, and each built-in one that was not counted once."""

    def load(self, meta: Meta, newest: int) -> None:
        """Go on from the last META, whose greatest event time is ``newest``: what is new begins behind it."""
        self.began = {name: meta.began.get(name, newest + 1) for name in self._counted()}
        for name in (*meta.began, *meta.unread):
            if name in MEASURES and name not in self._given_up:
                self.began[name] = meta.began.get(name, newest + 1)
        self.changed = meta.changed
        if meta.basis and meta.basis != self._basis:
            self.changed = newest + 1

    def meta_fields(self) -> dict[str, object]:
        """The fields of META that say so."""
        return {
            "began": dict(self.began),
            "changed": self.changed,
            "basis": self._basis,
            "unread": list(self._given_up),
        }

    def _counted(self) -> list[str]:
        return [name for name in stored_measures(self._definitions.own) if name not in MEASURES]

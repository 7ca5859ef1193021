"""Passages through flows."""

from __future__ import annotations

import msgspec

from streams.core.customer import NEVER

Step = int | str
"""A step as an event names it: its number from 1, or its name."""


class Passage(msgspec.Struct, array_like=True, gc=False):
    """What is known of one passage through a flow, or of all passages of a customer through one journey. Times are ms."""

    first: tuple[int, str, str] = (NEVER, "", "")
    """Time, flow and platform of the earliest event; at the same time the smaller names."""
    last: int = NEVER
    completed: int = NEVER
    """When it was first completed."""
    listed: tuple[int, int | list[str]] = (NEVER, 0)
    """Time of a `flow.started`, and the steps it listed: their number, or their names, each once."""
    done: dict[Step, int] = {}
    """The earliest time of each step done."""

    @property
    def steps(self) -> list[str]:
        """The steps listed, in order, under their labels."""
        listed = self.listed[1]
        return [str(n) for n in range(1, listed + 1)] if isinstance(listed, int) else listed


class FlowFacts(msgspec.Struct, array_like=True, gc=False):
    """The passages of a customer: onboarding flows and tours by `flow_id`, journeys by the name of their flow."""

    onboarding: dict[str, Passage] = {}
    tours: dict[str, Passage] = {}
    journeys: dict[str, Passage] = {}

    def of(self, kind: str) -> dict[str, Passage]:
        """Return the passages of one kind."""
        return self.onboarding if kind == "onboarding" else self.tours if kind == "tour" else self.journeys

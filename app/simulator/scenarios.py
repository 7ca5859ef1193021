"""The scenarios: true rates behind the KPIs, and how events reach Kafka."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What becomes of an issue. The shares add up to 1."""

    confirmed: float
    assumed: float
    escalated: float
    agent_resolved: float
    abandoned: float

    def __post_init__(self) -> None:
        total = self.resolution + self.contacts + self.abandoned
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of the outcomes add up to {total}, not to 1")

    @property
    def resolution(self) -> float:
        """The self-service resolution that these outcomes come to."""
        return self.confirmed + self.assumed

    @property
    def contacts(self) -> float:
        """The share of issues that reach an agent."""
        return self.escalated + self.agent_resolved


# Most answers are confirmed on the spot ("Did this help?"). So figures of the last minutes, which cannot hold an
# assumed resolution yet, already resemble those of a week.
USUAL: Final = Outcomes(confirmed=0.60, assumed=0.16, escalated=0.08, agent_resolved=0.10, abandoned=0.06)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Probabilities of what customers do."""

    outcomes: Outcomes = USUAL
    issues: float = 1.0
    """How often customers need help, relative to the usual."""
    reopened: float = 0.06
    """Resolved conversations that the customer reopens."""
    left_open: float = 0.03
    """Agents' conversations that never get resolved."""
    signs_up: float = 0.14
    """Visitors who sign up."""
    activated: float = 0.62
    """New customers that reach the activation milestone."""
    onboarded: float = 0.68
    """Onboarding flows that are completed."""
    toured: float = 0.55
    """Tours that are completed."""
    checked_out: float = 0.6
    """Checkouts that end in an order."""
    fake: float = 0.05
    """Signups that turn out to be no customers."""
    opens: float = 0.24
    """E-mails opened and not clicked."""
    clicks: float = 0.14
    """E-mails clicked."""
    answers: float = 0.35
    """Surveys answered."""
    satisfied: float = 0.82
    """Answers to a satisfaction survey in the top two boxes."""
    promoters: float = 0.48
    """Answers of 9 or 10 when asked for a recommendation."""
    detractors: float = 0.22
    """Answers of 0 to 6."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A recurring stretch of time, relative to the start of the scenario; all in milliseconds."""

    first_ms: int
    length_ms: int
    every_ms: int

    def end_of(self, elapsed_ms: int) -> int | None:
        """Return when (elapsed) the stretch ends that this moment lies in, or ``None`` outside of any."""
        since = elapsed_ms - self.first_ms
        if since < 0 or since % self.every_ms >= self.length_ms:
            return None
        return elapsed_ms - since % self.every_ms + self.length_ms


@dataclass(frozen=True, kw_only=True)
class Burst(Stretch):
    """Recurring bursts of sign-ups by programs: traffic is ``factor`` times the usual, the excess is spam."""

    factor: float


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How events reach Kafka. Shares are of all events; an event suffers at most one of the three."""

    duplicates: float = 0.003
    """Delivered a second time."""
    duplicate_after_ms: int = 4 * _SECOND
    """Mean time until then."""
    delayed: float = 0.02
    """Overtaken by later events."""
    delayed_by_ms: int = 2 * _SECOND
    """Mean delay of those."""
    late: float = 0.001
    """Sent long after, from a device that was offline, say."""
    late_by_ms: tuple[int, int] = (5 * _MINUTE, 2 * _HOUR)
    """The least and the greatest delay of those."""
    outage: Stretch | None = None
    """When producers are cut off from Kafka; what happens meanwhile is sent at the end of it."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One kind of traffic."""

    name: str
    summary: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    delivery: Delivery = field(default_factory=Delivery)
    rhythm: float = 0.0
    """Strength of the daily and weekly rhythm, 0 to 1."""
    skew: float = 3.0
    """How unequal customers are: the busiest share x of them makes the share x^(1/skew) of the traffic."""
    burst: Burst | None = None


# Every outcome but the self-service resolutions, which are halved, grows; most of what is lost reaches an agent.
_DROPPED: Final = Outcomes(confirmed=0.30, assumed=0.08, escalated=0.26, agent_resolved=0.26, abandoned=0.10)

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="steady", summary="the same traffic around the clock, self-service resolution 0.76"),
        Scenario(name="daily", summary="the rhythm of working days and weekends", rhythm=1.0),
        Scenario(
            name="resolution-drop",
            summary="from its start half of the self-service resolutions fail, and contacts triple",
            behaviour=Behaviour(outcomes=_DROPPED, issues=1.3, satisfied=0.6),
        ),
        Scenario(
            name="spam-burst",
            summary="every 10 minutes a minute of sign-ups by programs, most of them flagged later",
            burst=Burst(first_ms=_MINUTE, length_ms=_MINUTE, every_ms=10 * _MINUTE, factor=3.0),
        ),
        Scenario(
            name="late-data",
            summary="a quarter of the events arrives minutes to hours late, and many arrive twice",
            delivery=Delivery(late=0.25, late_by_ms=(2 * _MINUTE, 2 * _HOUR), delayed=0.1, duplicates=0.05),
        ),
        Scenario(
            name="outage",
            summary="every 10 minutes producers are cut off for 3 minutes, then send what they kept",
            delivery=replace(
                Delivery(),
                outage=Stretch(first_ms=2 * _MINUTE, length_ms=3 * _MINUTE, every_ms=10 * _MINUTE),
            ),
        ),
    )
}
"""Every scenario by its name."""

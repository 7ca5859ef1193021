"""Surveys: what was asked, and the latest answer to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from schemas import events as e
from streams.core.dimensions import UNKNOWN, Dimensions
from streams.core.facts.surveys import Answer, Request, SurveyFacts
from streams.core.group import Group
from streams.core.groups.counts import KEPT_MINUTES
from streams.core.measures import Contribution
from streams.core.time import MINUTE_MS

if TYPE_CHECKING:
    from schemas.events import Event, SurveyAnswerData
    from streams.core.customer import Customer
    from streams.core.join import Told
    from streams.core.rules import Rules

MAX_REQUESTS: Final = 512
"""Requests, and answers, that are remembered of one customer; beyond, the oldest are forgotten."""

T = TypeVar("T", Answer, Request)


def box(data: SurveyAnswerData, low: int, high: int) -> int:
    """The answer on a scale of whole numbers from ``low`` to ``high``, the nearest one (a half counts up).

    An answer's own scale begins at ``low`` too, and ends at its `scale`.
    """
    if isinstance(data.score, str):
        return high if data.score == "good" else low
    if data.scale <= low:
        return high
    # Exact, so that a half is a half on every machine: with whole numbers if the answer is one, else as a fraction.
    above, steps, of = data.score - low, high - low, data.scale - low
    whole = int(above)
    if whole == above:
        place = (2 * whole * steps + of) // (2 * of)
    else:
        place = math.floor(Fraction(above) * steps / of + Fraction(1, 2))
    return min(high, max(low, low + place))


def class_of(score: int) -> str:
    """What an nps score from 0 to 10 makes of a customer."""
    return "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"


# Constants of the module, for what is compared with the type of every event (docs/decisions/007-compiled-core.md).
_SURVEY_SENT: Final = e.SurveySent
_SURVEY_RESPONDED: Final = e.SurveyResponded


class Surveys(Group[SurveyFacts]):
    """Net promoter score, satisfaction and effort."""

    name: ClassVar[str] = "surveys"
    measures: ClassVar[tuple[str, ...]] = (
        "nps",
        "nps_by_survey",
        "csat",
        "csat_points",
        "csat_requests",
        "ces",
    )
    facts = SurveyFacts
    types: ClassVar[tuple[type[Event], ...]] = (e.SurveySent, e.SurveyResponded)
    follows_profile: ClassVar[bool] = True
    ignores_known: ClassVar[bool] = True
    expires: ClassVar[bool] = True

    def touches(self, event: Event) -> bool:
        """Only csat requests and complete nps answers are remembered; all answers of the other kinds."""
        if type(event) is _SURVEY_SENT:
            return event.data.kind == "csat"
        return type(event) is _SURVEY_RESPONDED and (event.data.kind != "nps" or event.data.complete)

    def join(self, facts: SurveyFacts, told: Told, dimensions: Dimensions) -> None:
        """Join a request or an answer."""
        event = told.event
        channel = dimensions.fold("channel", event.channel) or UNKNOWN
        if type(event) is _SURVEY_SENT:
            survey = dimensions.fold("survey", event.data.survey)
            _earliest(facts.requests, event.data.request_id, (told.time, channel, survey))
        elif type(event) is _SURVEY_RESPONDED:
            data = event.data
            survey = dimensions.fold("survey", data.survey)
            if data.kind == "nps":
                _latest(facts.nps, survey, (told.time, box(data, 0, 10)))
                return
            feature = dimensions.fold("feature", event.feature) or UNKNOWN
            answer = (
                told.time,
                box(data, 1, 5 if data.kind == "csat" else 7),
                data.kind,
                channel,
                survey,
                feature,
            )
            own = data.request_id or f"\0{event.source or ''}\0{event.id}"
            _latest(facts.answers, f"{data.kind} {own}", answer)
        _forget(facts)

    def merge(self, facts: SurveyFacts, other: SurveyFacts) -> None:
        """Join all answers and requests."""
        for survey, scored in other.nps.items():
            _latest(facts.nps, survey, scored)
        for key, answer in other.answers.items():
            _latest(facts.answers, key, answer)
        for key, request in other.requests.items():
            _earliest(facts.requests, key, request)
        _forget(facts)

    def contributions(self, facts: SurveyFacts, c: Customer, rules: Rules) -> list[Contribution]:
        """Return the nps class overall and by survey, each answer at its minute, each request at its sending."""
        del rules
        out: list[Contribution] = []
        if facts.nps:
            time, score = max(facts.nps.values())
            out.append(("nps", (class_of(score), c.plan or UNKNOWN), time // MINUTE_MS, 1))
            out += [
                ("nps_by_survey", (class_of(score), survey), time // MINUTE_MS, 1)
                for survey, (time, score) in facts.nps.items()
            ]
        for answer in facts.answers.values():
            out += _answered(answer)
        out += [_requested(facts, key) for key in facts.requests]
        return out

    def values(self, facts: SurveyFacts) -> Iterable[tuple[str, str]]:
        """Yield channels, surveys and features."""
        yield from (("survey", survey) for survey in facts.nps)
        for _, _, _, channel, survey, feature in facts.answers.values():
            yield from (("channel", channel), ("survey", survey), ("feature", feature))
        for _, channel, survey in facts.requests.values():
            yield from (("channel", channel), ("survey", survey))

    def expire(self, facts: SurveyFacts, newest: int) -> list[Contribution]:
        """Give up requests and answers that no window reaches any more; of both, those that belong together."""
        oldest = (newest - KEPT_MINUTES) * MINUTE_MS
        closed: list[Contribution] = []
        for request in [key for key, request in facts.requests.items() if request[0] < oldest]:
            answer = facts.answers.get(f"csat {request}")
            if answer is None or answer[0] < oldest:
                closed.append(_requested(facts, request))
                del facts.requests[request]
        for key in [key for key, answer in facts.answers.items() if answer[0] < oldest]:
            if key.removeprefix("csat ") not in facts.requests:
                closed += _answered(facts.answers.pop(key))
        return closed


def _answered(answer: Answer) -> Iterator[Contribution]:
    time, points, kind, channel, survey, feature = answer
    minute = time // MINUTE_MS
    if kind == "csat":
        yield "csat", ("1" if points >= 4 else "0", channel, survey), minute, 1
        yield "csat_points", (channel, survey), minute, points
    else:
        yield "ces", (str(points), survey, feature), minute, 1


def _requested(facts: SurveyFacts, request: str) -> Contribution:
    time, channel, survey = facts.requests[request]
    answered = "1" if f"csat {request}" in facts.answers else "0"
    return "csat_requests", (answered, channel, survey), time // MINUTE_MS, 1


def _latest(known: dict[str, T] | dict[str, tuple[int, int]], key: str, value: T | tuple[int, int]) -> None:
    before = known.get(key)
    if before is None or value > before:
        known[key] = value  # type: ignore[assignment]  # of the mapping's own kind


def _earliest(known: dict[str, Request], key: str, value: Request) -> None:
    before = known.get(key)
    if before is None or value < before:
        known[key] = value


def _forget(facts: SurveyFacts) -> None:
    for known in (facts.answers, facts.requests):
        if len(known) > MAX_REQUESTS:
            del known[min(known, key=lambda key: (known[key][0], key))]

"""What was asked in surveys, and the answers."""

from __future__ import annotations

import msgspec

Answer = tuple[int, int, str, str, str, str]
"""Time (ms), box, kind (csat or ces), channel, survey, feature."""


Request = tuple[int, str, str]
"""Time (ms), channel, survey."""


class SurveyFacts(msgspec.Struct, array_like=True, gc=False):
    """Answers and requests of a customer."""

    nps: dict[str, tuple[int, int]] = {}
    """The latest complete nps answer by survey: time (ms) and score, 0 to 10."""
    answers: dict[str, Answer] = {}
    """The latest csat or ces answer by request; an answer to no request stands for itself."""
    requests: dict[str, Request] = {}
    """The earliest sending of each csat request."""

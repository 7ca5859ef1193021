"""The tests of the rules about the service itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from app.config.links import LinkSettings
from app.generation import names
from app.generation.pipeline_rules import LABELS, absent_annotations, stalled_annotations
from app.generation.queries import STALE_AFTER_S
from app.generation.rule_tests import AFTERWARDS, EXPORTERS, Case, Document, clock
from app.generation.timing import ABSENT_HOLD, STALLED_HOLD

SOON: Final = 60
"""When something happens here: last week does not matter."""


def pipeline_cases(links: LinkSettings) -> list[Case]:
    """Return the tests of the alerts about the service itself."""
    # The evaluation time stands still from the change on, so a minute after the limit its age is beyond it.
    begins = STALE_AFTER_S // 60 + 1
    fires = begins + STALLED_HOLD
    stalled = {
        "exp_labels": dict(LABELS),
        "exp_annotations": dict(stalled_annotations(links, f"{fires}m 0s")),
    }
    absent = {"exp_labels": dict(LABELS), "exp_annotations": dict(absent_annotations(links))}
    one, two = (f'{names.EVALUATION}{{instance="{exporter}"}}' for exporter in EXPORTERS)
    moves = clock(SOON + AFTERWARDS, 1)
    ends = clock(SOON, 1)
    stands = f"{ends} {SOON * 60}x{AFTERWARDS}"
    # Prometheus takes a series for gone when it has had no sample for five minutes.
    gone = 5 + ABSENT_HOLD + 1
    last = AFTERWARDS - 1

    def case(
        name: str, alert: str, values: tuple[str, str], expect: Mapping[int, Sequence[Document]]
    ) -> Case:
        return Case(name, alert, {one: values[0], two: values[1]}, expect, change=SOON, step=1)

    return [
        case(
            "fires when the evaluation time stands still",
            names.STALLED,
            (stands, stands),
            {fires - 1: (), fires: (stalled,)},
        ),
        case(
            "is silent while it moves at one of two exporters",
            names.STALLED,
            (moves, stands),
            {fires: (), last: ()},
        ),
        case(
            "fires when no exporter is there any more",
            names.ABSENT,
            (ends, ends),
            {ABSENT_HOLD: (), gone: (absent,)},
        ),
        case(
            "is silent while one of two exporters is there",
            names.ABSENT,
            (moves, ends),
            {gone: (), last: ()},
        ),
    ]

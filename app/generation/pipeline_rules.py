"""The rules about the service itself: how old the figures are, and who is told when they are too old.

Every alert on a KPI is silent while the figures are old, so somebody has to be told that they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.config.links import LinkSettings
from app.generation import names
from app.generation.queries import STALE_AFTER_S
from app.generation.rules import Alert, Group, Record
from app.generation.timing import ABSENT_HOLD, STALLED_HOLD, duration, spoken
from app.generation.wording import links_of

LABELS: Mapping[str, str] = {"severity": "critical"}


def pipeline_group(links: LinkSettings) -> Group:
    """Return the rules about the service itself."""
    return Group(
        names.group(names.PIPELINE_FILE),
        (
            Record(names.LAG, f"time() - max({names.EVALUATION})"),
            Alert(
                name=names.STALLED,
                expression=f"{names.LAG} > {STALE_AFTER_S}",
                hold=duration(STALLED_HOLD),
                labels=LABELS,
                annotations=stalled_annotations(links, "{{ $value | humanizeDuration }}"),
            ),
            Alert(
                name=names.ABSENT,
                expression=f"absent({names.EVALUATION})",
                hold=duration(ABSENT_HOLD),
                labels=LABELS,
                annotations=absent_annotations(links),
            ),
        ),
    )


def stalled_annotations(links: LinkSettings, age: str) -> Mapping[str, str]:
    """Return the annotations of the alert on figures that stand still; ``age`` is how old they are."""
    return {
        "summary": f"The KPIs stand still: they are complete up to {age} ago",
        "description": (
            f"For {spoken(STALLED_HOLD)} the evaluation time has been more than {STALE_AFTER_S} s behind. Until it"
            " moves again no alert on a KPI can fire."
        ),
        **links_of(names.STALLED, names.PIPELINE, links),
    }


def absent_annotations(links: LinkSettings) -> Mapping[str, str]:
    """Return the annotations of the alert on figures that are not there."""
    return {
        "summary": "No exporter publishes an evaluation time",
        "description": (
            f"For {spoken(ABSENT_HOLD)} Prometheus has not seen {names.EVALUATION} from any exporter. No KPI is"
            " watched."
        ),
        **links_of(names.ABSENT, names.PIPELINE, links),
    }

"""The topics: there, co-partitioned, with the right clean-up."""

from __future__ import annotations

from collections.abc import Sequence

from app.check.finding import Finding, fail, ok
from app.kafka.topics import TopicReport

SUBJECT = "topics"


def topic_findings(reports: Sequence[TopicReport], partitions: int) -> list[Finding]:
    """Return what is to be said of the topics."""
    missing = [report for report in reports if report.status == "missing"]
    if len(missing) == len(reports):
        return [
            fail(
                SUBJECT,
                f"none of the {len(reports)} topics exists",
                "Create them with: selfserve topics. If they should be there, check kafka.topic_prefix and"
                " kafka.bootstrap_servers.",
                [report.name for report in reports],
            )
        ]
    found = [
        fail(
            SUBJECT,
            problem,
            "Run `selfserve topics` after it: it creates what is missing and verifies the rest.",
        )
        for report in reports
        for problem in report.problems
    ]
    good = [report for report in reports if report.good]
    remarks = [remark for report in good for remark in report.remarks]
    if good:
        number = "all" if len(good) == len(reports) else f"{len(good)} of"
        text = f"{number} {len(reports)} topics are right; co-partitioned ones have {partitions} partitions"
        found.append(ok(SUBJECT, text, [f"note: {remark}" for remark in remarks]))
    return found

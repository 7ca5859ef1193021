"""The topics: there, co-partitioned, with the right clean-up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    found = list(_problems(reports))
    good = [report for report in reports if report.good]
    if len(good) == len(reports):
        remarks = [f"note: {remark}" for report in good for remark in report.remarks]
        text = f"all {len(reports)} topics are right; co-partitioned ones have {partitions} partitions"
        found.append(ok(SUBJECT, text, remarks))
    elif good:
        found.append(ok(SUBJECT, f"{len(good)} of {len(reports)} topics are right"))
    return found


def _problems(reports: Sequence[TopicReport]) -> Iterator[Finding]:
    """Yield the problems. One that several topics have is told once."""
    same: dict[str, list[tuple[str, str]]] = {}
    for report in reports:
        for problem in report.problems:
            same.setdefault(problem.replace(report.name, ""), []).append((report.name, problem))
    for (_, problem), *others in same.values():
        details = [f"the same is true of {', '.join(name for name, _ in others)}"] if others else []
        remedy = "Run `selfserve topics` after it: it creates what is missing and verifies the rest."
        yield fail(SUBJECT, problem, remedy, details)

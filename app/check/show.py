"""Findings as people and as programs read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app import __version__
from app.check.finding import Finding

_WIDTH = 10
"""Of the longest subject."""


def lines(finding: Finding) -> Iterator[str]:
    """Yield the lines of one finding: its status, what it is about, and below it what belongs to it."""
    yield f"{finding.status.upper():4}  {finding.subject:{_WIDTH}} {finding.text}"
    indent = " " * (4 + 2 + _WIDTH + 1)
    for detail in finding.details:
        yield f"{indent}{detail}"
    if finding.remedy:
        yield f"{indent}→ {finding.remedy}"


def summary(findings: Sequence[Finding]) -> str:
    """Return the last line."""
    failed = sum(1 for finding in findings if finding.status == "fail")
    warned = sum(1 for finding in findings if finding.status == "warn")
    if failed:
        return f"{failed} failed, {warned} to be looked at" if warned else f"{failed} failed"
    return f"Nothing failed, {warned} to be looked at." if warned else "All is well."


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return everything as one JSON object."""
    return {
        "version": __version__,
        "ok": all(finding.status != "fail" for finding in findings),
        "findings": [
            {
                "status": finding.status,
                "subject": finding.subject,
                "text": finding.text,
                "details": list(finding.details),
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }

"""Keeps the figures of runs on a page, the newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.bench.environment import source_tree
from app.bench.errors import BenchmarkError
from app.bench.plan import LEAST_ROUNDS_RECORDED
from app.bench.report import Report, to_markdown

PAGE: Final = "docs/benchmarks.md"
"""Below the root of the source tree."""
MARKER: Final = "<!-- Runs, the newest first; `selfserve bench --record` writes here. -->"
EMPTY: Final = "None has been recorded yet."


def page() -> Path:
    """Return the page. Raises ``BenchmarkError`` where there is none to write to."""
    tree = source_tree()
    if tree is None:
        raise BenchmarkError("Figures are recorded in the source tree of what is measured: call this there.")
    file = tree / PAGE
    if not file.is_file() or MARKER not in file.read_text(encoding="utf-8"):
        raise BenchmarkError(
            f"{file} is not there, or lacks the line after which figures are recorded: {MARKER}"
        )
    return file


def check_recordable(rounds: int) -> None:
    """Raise ``BenchmarkError`` if a run could not be recorded: better before it than after it."""
    if rounds < LEAST_ROUNDS_RECORDED:
        raise BenchmarkError(
            f"A recorded figure is the median of at least {LEAST_ROUNDS_RECORDED} rounds, not of {rounds}."
        )
    page()


def with_run(text: str, section: str) -> str:
    """Return a page with one more run, before the others. Raises ``ValueError`` if the page has no marker."""
    before, marker, after = text.partition(MARKER)
    if not marker:
        raise ValueError("the page has no marker")
    others = after.replace(f"\n{EMPTY}\n", "", 1).strip("\n")
    sections = [section.strip("\n"), *filter(None, [others])]
    return before + MARKER + "\n\n" + "\n\n".join(sections) + "\n"


def record(report: Report) -> Path:
    """Write a run to the page, and return the page."""
    file = page()
    file.write_text(with_run(file.read_text(encoding="utf-8"), to_markdown(report)), encoding="utf-8")
    return file

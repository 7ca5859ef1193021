"""The troubleshooting page quotes messages: they must be those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import streams.errors
from app.errors import UserError
from streams.errors import STALLED_EXIT_CODE, WorkerError
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "troubleshooting.md").read_text()


def headings() -> list[str]:
    """Return the headings of the section of messages."""
    section = PAGE.partition("\n## Messages\n")[2].partition("\n## ")[0]
    return re.findall(r"^### (.+)$", section, re.MULTILINE)


def messages() -> str:
    """Return the source with literals joined as Python joins them."""
    sources = [
        path.read_text()
        for folder in ("app", "streams")
        for path in sorted(Path(REPOSITORY, folder).rglob("*.py"))
    ]
    return re.sub(r"\"\s*\n\s*f?\"", "", "\n".join(sources))


def test_there_are_messages() -> None:
    assert len(headings()) >= 10


@pytest.mark.parametrize("heading", headings())
def test_every_heading_is_part_of_a_message(heading: str) -> None:
    assert heading.lower() in messages().lower()


def test_every_exit_code_is_explained() -> None:
    explained = set(map(int, re.findall(r"^\| ([0-9]+) \|", PAGE, re.MULTILINE)))
    raised = {
        kind.exit_code
        for kind in vars(streams.errors).values()
        if isinstance(kind, type) and issubclass(kind, WorkerError)
    }

    assert explained == raised | {0, UserError.exit_code, STALLED_EXIT_CODE}

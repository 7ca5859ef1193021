"""Files of events: NDJSON, one event a line, plain or gzip, or standard input as ``-``."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from app.errors import UserError

STDIN = "-"


class Line(NamedTuple):
    """One line of a file that is not blank, without its end."""

    file: str
    number: int
    raw: bytes

    @property
    def place(self) -> str:
        """Where it stands, for a message."""
        return f"{self.file}:{self.number}"


def open_events(name: str) -> IO[bytes]:
    """Open a file for reading; gzip is recognised by its first bytes. Raises UserError if it cannot be read."""
    if name == STDIN:
        return sys.stdin.buffer
    path = Path(name)
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror or error}") from error


def read_lines(names: tuple[str, ...]) -> Iterator[Line]:
    """Yield the lines of all files in their order. Raises UserError if one cannot be read, or is damaged."""
    for name in names:
        shown = "<stdin>" if name == STDIN else name
        file = open_events(name)
        try:
            for number, raw in enumerate(file, 1):
                line = raw.strip()
                if line:
                    yield Line(shown, number, line)
        except (OSError, EOFError) as error:
            raise UserError(f"{shown} cannot be read to its end: {error}") from error
        finally:
            if name != STDIN:
                file.close()

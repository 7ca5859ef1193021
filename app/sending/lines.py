"""Files of events, line by line: plain or compressed, or standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from app.errors import UserError

STDIN: Final = "-"
MAX_LINE_BYTES: Final = 1_000_000
"""The longest line that is kept; longer ones are cut there, which is beyond every limit that follows."""

_GZIP: Final = b"\x1f\x8b"


class Line(NamedTuple):
    """One line without its end; ``number`` counts from 1."""

    file: str
    number: int
    raw: bytes


def total_bytes(files: Sequence[str]) -> int | None:
    """Return the size of all files on disk, or ``None`` if one is standard input or no regular file.

    Raises ``UserError`` for files that are not there.
    """
    missing = [file for file in files if file != STDIN and not Path(file).exists()]
    directories = [file for file in files if file != STDIN and Path(file).is_dir()]
    if missing or directories:
        wrong = [f"{file}: there is no such file" for file in missing]
        wrong += [f"{file}: is a directory; name the files in it" for file in directories]
        raise UserError("\n".join(wrong))
    if not all(file != STDIN and Path(file).is_file() for file in files):
        return None
    return sum(Path(file).stat().st_size for file in files)


def read_lines(files: Sequence[str], on_bytes: Callable[[int], None]) -> Iterator[Line]:
    """Yield every line that is not blank, file after file.

    Compressed files are recognised by their content. ``on_bytes`` is told how many bytes have been read from disk,
    as they are. Raises ``UserError`` when a file cannot be read to its end.
    """
    for file in files:
        name = "standard input" if file == STDIN else file
        number = 0
        try:
            with _opened(file, on_bytes) as stream:
                while raw := stream.readline(MAX_LINE_BYTES):
                    number += 1
                    part = raw
                    while len(part) == MAX_LINE_BYTES and not part.endswith(b"\n"):
                        part = stream.readline(MAX_LINE_BYTES)
                    raw = raw.strip()
                    if raw:
                        yield Line(name, number, raw)
        except (OSError, EOFError, zlib.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UserError(f"{name}:{number + 1}: cannot be read on: {reason}") from error


class _Counted(io.RawIOBase):
    """A raw stream that says how much is read from it."""

    def __init__(self, raw: io.BufferedIOBase, on_bytes: Callable[[int], None]) -> None:
        self._raw = raw
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._raw.read1(len(buffer))
        buffer[: len(data)] = data
        self._on_bytes(len(data))
        return len(data)


@contextmanager
def _opened(file: str, on_bytes: Callable[[int], None]) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        # A binary stream by its type; what it is in fact can hand out what has arrived without waiting for more.
        standard_input = cast("io.BufferedReader", sys.stdin.buffer)
        raw = standard_input if file == STDIN else stack.enter_context(Path(file).open("rb"))
        stream = io.BufferedReader(_Counted(raw, on_bytes), 1 << 20)
        if stream.peek(2)[:2] == _GZIP:
            yield io.BufferedReader(gzip.GzipFile(fileobj=stream), 1 << 20)
        else:
            yield stream

"""One line on standard error that is kept up to date while a command runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType

_INTERVAL_S = 0.5


class LiveLine:
    """Shows what ``text`` returns, twice a second, on a terminal; shows nothing where standard error is none."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-line", daemon=True)
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> None:
        if self._shown:
            self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._done.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(_INTERVAL_S):
            self._write(self._text())
        self._write("")

    @staticmethod
    def _write(text: str) -> None:
        # Erase the line, then write; the cursor stays at its beginning, so that other output overwrites it.
        sys.stderr.write(f"\r\x1b[2K{text}\r")
        sys.stderr.flush()

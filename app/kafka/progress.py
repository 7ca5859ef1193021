"""Progress of the download: one line that grows on a terminal, a few whole lines anywhere else."""

from __future__ import annotations

import threading
from typing import TextIO


class FetchProgress:
    """Counts files as they arrive. Safe to call from several threads."""

    def __init__(self, what: str, total: int, stream: TextIO) -> None:
        self._what = what
        self._total = total
        self._stream = stream
        self._on_terminal = stream.isatty()
        self._files = 0
        self._bytes = 0
        self._quarters = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Say what is going to be fetched."""
        self._write(f"Fetching {self._what}: {self._total} files, once", whole=True)

    def arrived(self, size: int) -> None:
        """Count one more file of ``size`` bytes."""
        with self._lock:
            self._files += 1
            self._bytes += size
            quarters = 4 * self._files // self._total
            # A log shall not fill with dozens of lines that say nothing.
            if self._on_terminal or quarters > self._quarters:
                self._quarters = quarters
                line = f"Fetching {self._what}: {self._files}/{self._total} files, {self._bytes / 1e6:.1f} MB"
                self._write(line, whole=self._files == self._total)

    def interrupted(self) -> None:
        """End a line that is still growing, so that what is written next begins a new one."""
        if self._on_terminal and 0 < self._files < self._total:
            self._stream.write("\n")
            self._stream.flush()

    def _write(self, line: str, *, whole: bool) -> None:
        if not self._on_terminal:
            self._stream.write(line + "\n")
        else:
            self._stream.write(f"\r\x1b[K{line}" + ("\n" if whole and self._files else ""))
        self._stream.flush()

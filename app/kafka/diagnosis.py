"""From the end of a broker's log to a message that says what to do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from app.kafka.ports import port_in_use
from app.kafka.storage import no_space

_TAIL = 16 * 1024
_LINES = 8
_WIDTH = 240
_TELLING = re.compile(r" (ERROR|FATAL) |Exception|Error: |OutOfMemory|Caused by")


def explain_failure(
    *, what: str, files: Sequence[Path], title: str, data: Path, port: int, heap_mb: int
) -> str:
    """Return ``what`` happened, the likely cause if the log names a known one, and what the end of the log reports.

    ``files`` are the log files, the one whose end matters more last; ``title`` introduces what is shown of them.
    """
    text = "\n".join(_tail(file) for file in files)
    parts = [what]
    if cause := _cause(text, data=data, port=port, heap_mb=heap_mb):
        parts.append(cause)
    else:
        parts.append("The log should say why. If it does not, start with a new data directory.")
    if shown := _telling_lines(text):
        parts.append(f"{title}:\n" + "\n".join(f"  {line}" for line in shown))
    return "\n".join(parts)


def _telling_lines(text: str) -> list[str]:
    """Return the last lines that report an error, or the last ones of any kind when none does."""
    lines = [line.strip()[:_WIDTH] for line in text.splitlines() if line.strip()]
    return [line for line in lines if _TELLING.search(line)][-_LINES:] or lines[-_LINES:]


def _cause(text: str, *, data: Path, port: int, heap_mb: int) -> str | None:
    if re.search(r"Address already in use|BindException", text):
        return port_in_use(port, "clients")
    if "Failed to acquire lock" in text:
        return f"Another Kafka uses the data in {data}. Stop it, or choose another directory with --data-dir."
    if "No space left on device" in text:
        return no_space(data, shutil.disk_usage(data).free)
    if re.search(r"OutOfMemoryError|Could not reserve enough space|insufficient memory", text):
        return (
            f"Java had not enough memory with a heap of {heap_mb} MB. Free some memory, or give the heap another "
            "size (heap_mb)."
        )
    if re.search(r"InconsistentClusterIdException|Invalid cluster\.id", text):
        return f"The data in {data} belongs to another cluster: choose another directory with --data-dir."
    if re.search(r"ConfigException|Missing required configuration|Unknown configuration", text):
        return "A property handed to the broker is not one it accepts."
    return None


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - _TAIL))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""

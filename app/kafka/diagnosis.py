"""From the end of a broker's log to a message that says what to do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from app.kafka.ports import port_in_use
from app.kafka.storage import no_space

_TAIL = 16 * 1024
_LINES = 15


def explain_failure(
    *, what: str, files: Sequence[Path], title: str, data: Path, port: int, heap_mb: int
) -> str:
    """Return ``what`` happened, the likely cause if the log names a known one, and the end of the log.

    ``files`` are the log files, the more telling one last; ``title`` introduces what is shown of them.
    """
    text = "\n".join(_tail(file) for file in files)
    parts = [what]
    if cause := _cause(text, data=data, port=port, heap_mb=heap_mb):
        parts.append(cause)
    else:
        parts.append("The log below should say why. If it does not, start with a new data directory.")
    shown = [line for line in text.splitlines() if line.strip()][-_LINES:]
    if shown:
        parts.append(f"{title}:\n" + "\n".join(f"  {line[:300]}" for line in shown))
    return "\n".join(parts)


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

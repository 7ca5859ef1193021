"""Commands that read more events than their memory holds, as processes of their own."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import environment, eventually

BEGIN = 1_767_225_600_000
SPAN = 3_600_000
CUSTOMERS = 20


def write(file: Path, events: int) -> Path:
    """Events of few customers within an hour, in no order of time."""
    with file.open("w") as out:
        for n in range(events):
            event = {
                "id": f"e{n}",
                "type": "page.viewed",
                "time": BEGIN + n * 7919 % events * SPAN // events,
                "user_id": f"u{n % CUSTOMERS}",
            }
            out.write(json.dumps(event) + "\n")
    return file


def evaluate(file: Path, *options: str) -> tuple[list[str], int]:
    """The lines of ``evaluate`` at the end of the hour, and the most memory that it took (bytes)."""
    out = file.with_suffix(".out")
    with out.open("w") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "evaluate", str(file), "--at", str(BEGIN + SPAN), *options],
            stdout=stdout,
            env=environment(),
            cwd=file.parent,
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return out.read_text().splitlines(), usage.ru_maxrss * 1024


def test_memory_does_not_grow_with_the_number_of_events(tmp_path: Path) -> None:
    few, many = write(tmp_path / "few", 60_000), write(tmp_path / "many", 300_000)
    options = ("--sort-memory", "8", "--temporary-directory", str(tmp_path), "--windows", "1h")
    of_few, memory_of_few = evaluate(few, *options)
    of_many, memory_of_many = evaluate(many, *options)
    # In memory 240,000 more events take some 130 MB.
    assert memory_of_many - memory_of_few < 8_000_000
    for lines in (of_few, of_many):
        [active] = [
            found["value"]
            for found in map(json.loads, lines)
            if found["metric"] == "kpi_active_users"
            and all(value == "all" for name, value in found["labels"].items() if name != "window")
        ]
        assert active == CUSTOMERS
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_temporary_files_are_gone_however_the_command_ends(tmp_path: Path, number: signal.Signals) -> None:
    options = ("--sort-memory", "1", "--temporary-directory", str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "evaluate", "-", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        # Whoever starts the tests in the background has SIGINT ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  (no threads here)
    )
    assert process.stdin is not None
    process.stdin.write(write(tmp_path / "events", 20_000).read_bytes())
    process.stdin.flush()

    def open_there() -> list[str]:
        links = Path(f"/proc/{process.pid}/fd").iterdir()
        return [target for target in map(os.readlink, links) if target.startswith(f"{tmp_path}/")]

    try:
        eventually(open_there, "a temporary file is open")
        process.send_signal(number)
        assert process.wait(30) != 0
    finally:
        process.kill()
        process.stdin.close()
    assert [path.name for path in tmp_path.iterdir()] == ["events"]


def test_a_disk_without_space_ends_the_command_with_advice(tmp_path: Path) -> None:
    file = write(tmp_path / "events", 40_000)
    done = subprocess.run(
        [sys.executable, "-m", "app", "evaluate", str(file), "--sort-memory", "1"],
        capture_output=True,
        text=True,
        env=environment(TMPDIR=str(tmp_path)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        check=False,
    )
    assert done.returncode == 2
    assert f"{tmp_path}: sorting cannot use it for temporary files: File too large" in done.stderr
    assert "--temporary-directory" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["events"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--temporary-directory", "nowhere"), "nowhere: there is no such directory"),
        (("--sort-memory", "0"), "a whole number from 1 to 1000000"),
    ],
)
def test_mistakes_in_the_options_are_explained_before_anything_is_read(
    options: tuple[str, str], message: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "evaluate", "-", *options],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=tmp_path,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2
    assert message in done.stderr

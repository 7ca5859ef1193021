from __future__ import annotations

from pathlib import Path

import pytest

from app.kafka.diagnosis import explain_failure


def explain(tmp_path: Path, log: str) -> str:
    (tmp_path / "broker.out").write_text("")
    (tmp_path / "broker.log").write_text(log)
    return explain_failure(
        what="Kafka ended.",
        files=[tmp_path / "broker.out", tmp_path / "broker.log", tmp_path / "absent"],
        title="The end of its log",
        data=tmp_path,
        port=9999,
        heap_mb=96,
    )


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("java.net.BindException: Address already in use", "choose another port with --port"),
        ("Failed to acquire lock on file .lock in log", "Another Kafka uses the data in"),
        ("java.io.IOException: No space left on device", "Make room, or choose a directory elsewhere"),
        ("java.lang.OutOfMemoryError: Java heap space", "a heap of 96 MB"),
        ("InconsistentClusterIdException: The Cluster ID x", "belongs to another cluster"),
        ("org.apache.kafka.common.config.ConfigException: Invalid value", "not one it accepts"),
        ("something never seen before", "The log should say why"),
    ],
)
def test_a_known_cause_comes_with_what_to_do(tmp_path: Path, line: str, advice: str) -> None:
    message = explain(tmp_path, f"12:00:00 INFO starting\n12:00:00 ERROR {line}\n12:00:00 INFO ending\n")
    assert message.startswith("Kafka ended.\n")
    assert advice in message
    assert message.endswith(f"The end of its log:\n  12:00:00 ERROR {line}")


def test_only_the_end_of_a_long_log_is_shown(tmp_path: Path) -> None:
    message = explain(tmp_path, "".join(f"line {number}\n" for number in range(100_000)))
    assert "line 99999" in message
    assert message.count("\n") < 20

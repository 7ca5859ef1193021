from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kafka.artifacts import JarCache
from app.kafka.errors import KafkaStartError
from app.kafka.lockfile import LOCK_FILE, Artifact, kafka_version, read_lock_file
from tests.app.kafka.repository import Repository, serve
from tests.support.processes import environment


@pytest.fixture
def repository() -> Iterator[Repository]:
    with serve() as repository:
        yield repository


def fetch(directory: Path, repository: Repository, *artifacts: Artifact) -> tuple[list[Path], str]:
    progress = io.StringIO()
    jars = JarCache(directory, repository=repository.url).class_path(
        artifacts, what="Example 1.0", stream=progress
    )
    return jars, progress.getvalue()


def test_the_lock_file_pins_every_jar_once() -> None:
    artifacts = read_lock_file()
    assert len({f"{a.group}:{a.name}" for a in artifacts}) == len(artifacts) > 40
    assert kafka_version(artifacts).startswith("4.")


def test_a_line_without_a_checksum_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "artifacts.txt"
    broken.write_text(LOCK_FILE.read_text() + "org.example:unpinned:1.0\n")
    with pytest.raises(
        ValueError, match=r"artifacts\.txt:\d+: expected .* found 'org\.example:unpinned:1\.0'"
    ):
        read_lock_file(broken)


def test_missing_jars_are_fetched_in_the_order_of_the_lock_file(
    tmp_path: Path, repository: Repository
) -> None:
    artifacts = [repository.add(f"part{number}", bytes(100 * number)) for number in range(1, 9)]
    jars, progress = fetch(tmp_path, repository, *artifacts)
    assert [jar.read_bytes() for jar in jars] == [bytes(100 * number) for number in range(1, 9)]
    assert progress.splitlines() == [
        "Fetching Example 1.0: 8 files, once",
        "Fetching Example 1.0: 2/8 files, 0.0 MB",
        "Fetching Example 1.0: 4/8 files, 0.0 MB",
        "Fetching Example 1.0: 6/8 files, 0.0 MB",
        "Fetching Example 1.0: 8/8 files, 0.0 MB",
    ]


def test_a_filled_cache_asks_nobody_and_says_nothing(tmp_path: Path, repository: Repository) -> None:
    artifacts = [repository.add("one", b"1"), repository.add("two", b"22")]
    first, _ = fetch(tmp_path, repository, *artifacts)
    repository.requests.clear()
    again, progress = fetch(tmp_path, repository, *artifacts)
    assert (again, progress, repository.requests.total()) == (first, "", 0)


def test_a_jar_that_changed_in_the_cache_is_fetched_again(tmp_path: Path, repository: Repository) -> None:
    artifact = repository.add("one", b"as published")
    (jar,), _ = fetch(tmp_path, repository, artifact)
    jar.write_bytes(b"as changed")
    (jar,), progress = fetch(tmp_path, repository, artifact)
    assert jar.read_bytes() == b"as published"
    assert f"{jar} is not what it was" in progress


def test_a_jar_that_was_only_touched_is_not_fetched_again(tmp_path: Path, repository: Repository) -> None:
    artifact = repository.add("one", b"1")
    (jar,), _ = fetch(tmp_path, repository, artifact)
    repository.requests.clear()
    os.utime(jar, ns=(1, 1))
    fetch(tmp_path, repository, artifact)
    assert repository.jar_requests == 0


def test_a_wrong_checksum_names_the_artifact_and_both_sums_and_keeps_nothing(
    tmp_path: Path, repository: Repository
) -> None:
    good = repository.add("good", b"good")
    bad = repository.add("bad", b"as pinned")
    repository.files[str(bad.path)] = b"as served"
    with pytest.raises(KafkaStartError) as caught:
        fetch(tmp_path, repository, good, bad)
    message = str(caught.value)
    assert "org.example:bad:1.0 has the wrong checksum" in message
    assert f"expected  sha256 {bad.sha256}" in message
    assert "found     sha256 " in message
    assert repository.url in message
    assert "nothing was started" in message
    assert not (tmp_path / bad.path).exists()


# jgo leaves the response that refused a file open, until it is collected.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_arrived_before_a_failure_is_not_fetched_again(tmp_path: Path, repository: Repository) -> None:
    good = repository.add("good", b"good")
    late = repository.add("late", b"late")
    content = repository.files.pop(str(late.path))
    with pytest.raises(
        KafkaStartError, match=r"org\.example:late:1\.0 could not be fetched: .* does not hand it out"
    ):
        fetch(tmp_path, repository, good, late)
    gc.collect()
    fetch(tmp_path, repository, good)
    repository.files[str(late.path)] = content
    repository.requests.clear()
    fetch(tmp_path, repository, good, late)
    assert repository.requests[str(good.path)] == 0
    assert repository.requests[str(late.path)] == 1


def test_without_a_network_the_message_says_what_to_do(
    tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = repository.add("one", b"1")
    monkeypatch.setattr("app.kafka.download.time.sleep", lambda _: None)
    cache = JarCache(tmp_path, repository="http://127.0.0.1:1")
    with pytest.raises(KafkaStartError) as caught:
        cache.class_path([artifact], what="Example", stream=io.StringIO())
    message = str(caught.value)
    assert (
        "org.example:one:1.0 is not in the cache and could not be fetched from http://127.0.0.1:1" in message
    )
    assert "Connection refused" in message
    for way_out in ("HTTPS_PROXY", "SELFSERVE_MAVEN_REPOSITORY", "SELFSERVE_CACHE", "--bootstrap-servers"):
        assert way_out in message


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, repository: Repository) -> None:
    artifact = repository.add("one", b"1")
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    with pytest.raises(
        KafkaStartError, match=r"cache directory .*file.* cannot be written to(.|\n)*SELFSERVE_CACHE"
    ):
        fetch(occupied / "cache", repository, artifact)


def test_what_an_interrupted_download_left_behind_does_no_harm(
    tmp_path: Path, repository: Repository
) -> None:
    artifact = repository.add("one", b"whole")
    part = tmp_path / "incoming" / artifact.path
    part.parent.mkdir(parents=True)
    part.write_bytes(b"who")
    (jar,), _ = fetch(tmp_path, repository, artifact)
    assert jar.read_bytes() == b"whole"


def test_two_processes_that_find_an_empty_cache_fetch_everything_once(
    tmp_path: Path, repository: Repository
) -> None:
    artifacts = [repository.add(f"part{number}", os.urandom(50_000)) for number in range(20)]
    lock_file = tmp_path / "artifacts.txt"
    lock_file.write_text("".join(f"{a.coordinate} {a.sha256}\n" for a in artifacts))
    program = (
        "import sys; from pathlib import Path\n"
        "from app.kafka.artifacts import JarCache; from app.kafka.lockfile import read_lock_file\n"
        f"cache = JarCache(Path({str(tmp_path / 'cache')!r}), repository={repository.url!r})\n"
        f"jars = cache.class_path(read_lock_file(Path({str(lock_file)!r})), what='Example', stream=sys.stderr)\n"
        "print(sum(jar.stat().st_size for jar in jars))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment()
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0] for process in both] == ["1000000\n"] * 2
    assert repository.jar_requests == 20


def test_on_a_terminal_progress_stays_on_one_line(tmp_path: Path, repository: Repository) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    artifacts = [repository.add(name, name.encode()) for name in ("one", "two", "three")]
    terminal = Terminal()
    JarCache(tmp_path, repository=repository.url).class_path(artifacts, what="Example", stream=terminal)
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().endswith("3/3 files, 0.0 MB\n")

"""Files of events, read line by line."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from app.errors import UserError
from app.sending.lines import MAX_LINE_BYTES, read_lines, total_bytes


def read(*files: Path | str) -> list[tuple[int, bytes]]:
    return [(line.number, line.raw) for line in read_lines([str(f) for f in files], lambda _: None)]


def test_blank_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_bytes(b'{"a":1}\n\n  \r\n {"b":2}\r\n{"c":3}')
    assert read(file) == [(1, b'{"a":1}'), (4, b'{"b":2}'), (5, b'{"c":3}')]


def test_files_follow_one_another_and_lines_name_theirs(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\n")
    (tmp_path / "b").write_bytes(b"2\n")
    found = list(read_lines([str(tmp_path / "a"), str(tmp_path / "b")], lambda _: None))
    assert [(Path(line.file).name, line.number, line.raw) for line in found] == [
        ("a", 1, b"1"),
        ("b", 1, b"2"),
    ]


def test_compressed_files_are_recognised_by_their_content(tmp_path: Path) -> None:
    file = tmp_path / "no-suffix"
    file.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert read(file) == [(1, b"one"), (2, b"two")]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert read(tmp_path / "empty") == []


def test_a_line_beyond_the_limit_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "long"
    file.write_bytes(b"x" * (3 * MAX_LINE_BYTES + 5) + b"\nnext\n")
    first, second = read(file)
    assert (first[0], len(first[1])) == (1, MAX_LINE_BYTES)
    assert second == (2, b"next")


def test_standard_input_is_read_compressed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"a\nb\n", gzip.compress(b"a\nb\n")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert read("-") == [(1, b"a"), (2, b"b")]


@pytest.mark.parametrize("compressed", [False, True])
def test_bytes_are_counted_as_they_are_on_disk(tmp_path: Path, compressed: bool) -> None:
    content = b'{"some":"event"}\n' * 100_000
    file = tmp_path / "events"
    file.write_bytes(gzip.compress(content) if compressed else content)
    counted = 0

    def count(n: int) -> None:
        nonlocal counted
        counted += n

    assert len(list(read_lines([str(file)], count))) == 100_000
    assert counted == file.stat().st_size == total_bytes([str(file)])


def test_a_damaged_file_is_named_with_the_line_that_was_reached(tmp_path: Path) -> None:
    file = tmp_path / "cut.gz"
    file.write_bytes(gzip.compress(b"one\ntwo\n")[:-12])
    with pytest.raises(UserError, match=r"cut\.gz:\d+: cannot be read on: Compressed file ended"):
        read(file)


def test_missing_files_and_directories_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        total_bytes([str(tmp_path / "nothing"), str(tmp_path)])
    assert (
        str(caught.value)
        == f"{tmp_path}/nothing: there is no such file\n{tmp_path}: is a directory; name the files in it"
    )


def test_the_size_of_standard_input_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\n")
    assert total_bytes([str(tmp_path / "a"), "-"]) is None

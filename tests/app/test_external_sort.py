"""Sorting byte strings of which few fit into memory."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import external_sort
from app.errors import UserError
from app.external_sort import OVERHEAD, ExternalSort, Room


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def sorted_by(records: list[bytes], memory: int) -> list[bytes]:
    with closing(ExternalSort(Room(memory))) as sort:
        for record in records:
            sort.add(record)
        return list(sort.read())


@given(st.lists(st.binary(max_size=40), max_size=60), st.integers(1, 2_000))
def test_it_is_the_order_whatever_fits_into_memory(records: list[bytes], memory: int) -> None:
    assert sorted_by(records, memory) == sorted(records)


@given(st.lists(st.binary(max_size=3), max_size=80))
def test_runs_beyond_those_that_are_merged_at_once_become_longer_runs(records: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(external_sort, "FAN_IN", 2)
        assert sorted_by(records, 1) == sorted(records)


def test_files_are_open_in_proportion_to_the_logarithm() -> None:
    with closing(ExternalSort(Room(10))) as sort:
        before = open_files()
        for n in range(5_000):
            sort.add(b"%d" % (n * 7919 % 5_003))
        assert open_files() - before < 2 * external_sort.FAN_IN
        assert sort.held_bytes <= 10
        assert sum(1 for _ in sort.read()) == 5_000
    assert open_files() == before


def test_what_fits_is_not_written(tmp_path: Path) -> None:
    with closing(ExternalSort(Room(10 * (1 + OVERHEAD), str(tmp_path / "nowhere")))) as sort:
        for n in range(10):
            sort.add(b"%d" % n)
        assert sort.written_bytes == 0
        with pytest.raises(UserError, match=r"nowhere: sorting cannot use it.*No such file or directory"):
            sort.add(b"x")


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> Any:
        return io.BufferedRandom(io.FileIO("/dev/full", "r+"))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with closing(ExternalSort(Room(100, str(tmp_path)))) as sort, pytest.raises(UserError) as caught:
        sort.add(bytes(100))
    message = str(caught.value)
    assert str(tmp_path) in message
    assert os.strerror(errno.ENOSPC) in message
    assert "--temporary-directory" in message


def test_temporary_files_have_no_names(tmp_path: Path) -> None:
    with closing(ExternalSort(Room(1, str(tmp_path)))) as sort:
        sort.add(b"a")
        assert sort.written_bytes > 0
        assert not list(tmp_path.iterdir())

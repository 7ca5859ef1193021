"""Files of events in the order of the events, compared with sorting them in memory."""

from __future__ import annotations

import gzip
import json
import random
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import event_files
from app.errors import UserError
from app.event_files import EventFiles
from app.event_order import place_of
from app.external_sort import Room
from app.sending.lines import Line
from schemas.reasons import Refusal
from streams.core.batch import Timed, identity_in, in_order, order_of
from tests.oracle.generate import random_events
from tests.support.figures import timed

SMALL = Room(4_000)
BAD = b'{"id": 1}'


def line(event: dict[str, Any]) -> bytes:
    return json.dumps({k: v for k, v in event.items() if k != "topic"}).encode()


def plainly(events: list[Timed], *, by_account: bool = False) -> list[Timed]:
    """The stable sort in memory, without the repetitions."""
    seen: set[int] = set()
    out = []
    for event in in_order(events, by_account=by_account):
        identity = identity_in(event)
        if not (event.event.is_bot or event.event.is_test):
            if identity in seen:
                continue
            seen.add(identity)
        out.append(event)
    return out


def read_back(
    files: list[str], room: Room, *, by_account: bool = False
) -> tuple[list[Timed], EventFiles, list[str]]:
    refused: list[str] = []

    def refuse(found: Line, refusal: Refusal) -> None:
        refused.append(f"{Path(found.file).name}:{found.number}:{refusal.reason}")

    with closing(EventFiles(files, room, by_account=by_account)) as events:
        events.scan(refuse)
        return list(events.in_order()), events, refused


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 30_000), st.booleans())
def test_it_is_the_stable_sort_in_memory(
    tmp_path_factory: pytest.TempPathFactory, seed: int, memory: int, by_account: bool
) -> None:
    rng = random.Random(seed)
    directory = tmp_path_factory.mktemp("files")
    events = random_events(rng, rng.randint(0, 60))
    for event in events:
        if rng.random() < 0.5:  # many at one millisecond, where the order is decided by more than time
            event["time"] = events[0]["time"] // 60_000 * 60_000
        if rng.random() < 0.2:  # repetitions, also such as say something else
            event["id"] = rng.choice(events)["id"]
    events += rng.sample(events, len(events) // 4)
    files: list[str] = []
    read: list[dict[str, Any]] = []
    bad: list[str] = []
    while events or not files:
        n = rng.randint(0, len(events)) if len(files) < 4 else len(events)
        some, events = events[:n], events[n:]
        if rng.random() < 0.5:
            some.sort(key=lambda e: int(e["time"]))
        elif rng.random() < 0.5:
            rng.shuffle(some)
        lines = [line(event) for event in some]
        name = f"{len(files)}.ndjson"
        if rng.random() < 0.3:
            at = rng.randint(0, len(lines))
            lines.insert(at, BAD)
            bad.append(f"{name}:{at + 1}:{'schema'}")
        raw = b"".join(found + b"\n" for found in lines)
        path = directory / name
        path.write_bytes(gzip.compress(raw) if rng.random() < 0.3 else raw)
        files.append(str(path))
        read += some

    found, scanned, refused = read_back(files, Room(memory), by_account=by_account)

    everything = [timed({k: v for k, v in event.items() if k != "topic"}) for event in read]
    assert found == plainly(everything, by_account=by_account)
    assert refused == bad
    assert scanned.events == len(read)
    assert scanned.first == min((event.time for event in everything), default=None)
    assert scanned.last == max((event.time for event in everything), default=None)


NAMES = st.text(st.sampled_from("\0\1ab\xff\u20ac\U0001f600"), max_size=3)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), NAMES), max_size=12))
def test_places_sort_as_events_do(keys: list[tuple[int, bool, str]]) -> None:
    events = [
        timed(
            {"id": "i", "type": "user.deleted", "time": time, "user_id": "u"}
            if deletion
            else {"id": "i", "type": "user.identified", "time": time, "user_id": name or "-"}
        )
        for time, deletion, name in keys
    ]
    places = [place_of(event, n, by_account=False) for n, event in enumerate(events)]
    expected = sorted(range(len(events)), key=lambda n: order_of(events[n], by_account=False))
    assert sorted(range(len(events)), key=places.__getitem__) == expected


def ordered_files(directory: Path, parts: int) -> list[str]:
    events = sorted(random_events(random.Random(3), 400), key=lambda e: int(e["time"]))
    for n, event in enumerate(events):
        event["id"] = f"{n}"
    size = -(-len(events) // parts)
    files = []
    for n in range(parts):
        path = directory / f"{n}.ndjson"
        path.write_bytes(b"".join(line(event) + b"\n" for event in events[n * size : (n + 1) * size]))
        files.append(str(path))
    return files


@pytest.mark.parametrize("parts", [1, 3, 40])
def test_files_in_order_are_read_again_instead_of_being_written(tmp_path: Path, parts: int) -> None:
    files = ordered_files(tmp_path, parts)
    for given_files in (files, files[::-1]):
        found, scanned, _ = read_back(given_files, SMALL)
        assert scanned.written_bytes == 0 or (parts == 40 and given_files == files[::-1])
        assert [t.time for t in found] == sorted(t.time for t in found)
        assert len(found) == 400


def test_of_a_file_with_late_events_only_what_follows_the_first_is_written(tmp_path: Path) -> None:
    file = Path(ordered_files(tmp_path, 1)[0])
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[1:300], lines[0], *lines[300:]]))
    found, scanned, _ = read_back([str(file)], SMALL)
    assert len(found) == 400
    assert 0 < scanned.written_bytes < 2 * sum(map(len, lines[300:]))


@pytest.mark.parametrize("change", ["shorter", "other order", "longer line"])
def test_a_file_that_changes_meanwhile_is_an_error(tmp_path: Path, change: str) -> None:
    file = Path(ordered_files(tmp_path, 1)[0])
    lines = file.read_bytes().splitlines(keepends=True)
    with closing(EventFiles([str(file)], SMALL, by_account=False)) as events:
        events.scan(lambda *_: None)
        changed = {
            "shorter": lines[:-1],
            "other order": lines[::-1],
            "longer line": [*lines[:-1], BAD + b"\n"],
        }
        file.write_bytes(b"".join(changed[change]))
        with pytest.raises(UserError, match=r"0\.ndjson: changed while it was read"):
            list(events.in_order())


def test_what_was_added_to_a_file_meanwhile_is_left_out(tmp_path: Path) -> None:
    file = Path(ordered_files(tmp_path, 1)[0])
    with closing(EventFiles([str(file)], SMALL, by_account=False)) as events:
        events.scan(lambda *_: None)
        with file.open("ab") as out:
            out.write(b'{"id":"new","type":"page.viewed","time":99999999999999,"user_id":"u"}\n')
        assert len(list(events.in_order())) == 400


def test_more_files_than_are_read_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "SEQUENCES", 2)
    files = ordered_files(tmp_path, 5)[::-1]
    found, scanned, _ = read_back(files, SMALL)
    assert [t.time for t in found] == sorted(t.time for t in found)
    assert len(found) == 400
    assert scanned.written_bytes > 0

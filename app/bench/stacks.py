"""Where a worker's time goes: sampled stacks, each given to the part of the program that it was busy with.

A stack is read from its root on. The table says which frames open a part; a *closing* one keeps everything below it,
because shared code (the client's record builder, a decoder written in C) works for whoever called it. Stacks that end
in a wait, for the network or for the interpreter's lock, are no work and are left out.

Of a compiled core one sees the functions that the C compiler has left, by the names that mypyc gave them, without lines.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from app.bench.environment import repository

DECODE: Final = "decode"
DEDUPLICATION: Final = "deduplication"
FACTS: Final = "facts and panes"
BUILDING: Final = "checkpoint building"
SENDING: Final = "sending and compression"
FETCHING: Final = "fetching and protocol"
DELIVERY: Final = "Faust and asyncio"
OTHER: Final = "other"

PARTS: Final = (DECODE, DEDUPLICATION, FACTS, BUILDING, SENDING, FETCHING, DELIVERY, OTHER)


class Frame(NamedTuple):
    """One frame: the function's own name, the path below the package's root (``streams/core/panes.py``), the line."""

    function: str
    path: str
    line: int
    file: str


class Rule(NamedTuple):
    """Frames of modules whose path begins with ``path`` belong to ``part``.

    With ``functions`` only these, with ``source`` only lines whose text holds it.
    """

    path: str
    part: str
    functions: frozenset[str] = frozenset()
    source: str = ""
    closing: bool = False


def _named(*names: str) -> frozenset[str]:
    return frozenset(names)


RULES: Final = (
    Rule("streams/core/partition.py", DECODE, source="decode(raw)", closing=True),
    Rule("schemas/", DECODE),
    # A compiled caller has no line to tell the call by; what the worker reads as JSON are events.
    Rule("msgspec/_core", DECODE, _named("JSONDecoder_decode"), closing=True),
    Rule("streams/core/partition.py", DEDUPLICATION, _named("_repeated"), closing=True),
    Rule("streams/core/deduplication.py", DEDUPLICATION),
    Rule("streams/core/partition.py", BUILDING, _named("take_changes"), closing=True),
    Rule("streams/core/changelog.py", BUILDING, _named("take_state", "take_panes"), closing=True),
    Rule("streams/core/", FACTS),
    Rule("streams/checkpoint.py", BUILDING, _named("_batches", "_pack", "_pack_changelog"), closing=True),
    Rule("streams/checkpoint.py", SENDING),
    Rule("aiokafka/producer/", SENDING, closing=True),
    Rule("aiokafka/consumer/", FETCHING, closing=True),
    Rule("aiokafka/", FETCHING),
    Rule("streams/consumer_thread.py", FETCHING),
    Rule("streams/fast_records.py", FETCHING),
    Rule("streams/", DELIVERY),
    Rule("faust/", DELIVERY),
    Rule("mode/", DELIVERY),
    Rule("asyncio/", DELIVERY),
    Rule("uvloop/", DELIVERY),
    Rule("concurrent/", DELIVERY),
    Rule("threading.py", DELIVERY),
)
"""The first rule that fits a frame says what it is; frames that none fits leave open what the frames above them said."""

WAITS: Final = frozenset(
    {
        "epoll_wait",
        "epoll_pwait",
        "pthread_cond_wait",
        "pthread_cond_timedwait",
        "pthread_cond_clockwait",
        "sem_wait",
        "sem_timedwait",
        "sem_clockwait",
        "PyThread_acquire_lock_timed",
    }
)
"""Functions of the system in which a thread waits. Below them are only nameless ones."""
_WAITS_WITHIN: Final = 3

_FRAME: Final = re.compile(r"(?P<function>.+) \((?P<file>.+?)(?::(?P<line>\d+))?\)")
_BELOW_ROOT: Final = re.compile(r"^.*/(?:site-packages|python3\.\d+)/")
_ROOT: Final = f"{repository()}/"
_LIBRARY: Final = "selfserve__mypyc."
"""The beginning of the name of the file that has all of the compiled core (`hatch_build.py`)."""
_COMPILED: Final = re.compile(r"CPy(?:Def|Py)_(?P<module>[a-z]+(?:_[a-z]+)*)___(?P<function>.+)")
"""A function of it, ``CPyDef_MODULE___FUNCTION`` or ``CPyDef_MODULE___CLASS___METHOD``."""


def parse_frame(text: str) -> Frame:
    """Read a frame as py-spy writes it, ``function (file:line)``."""
    found = _FRAME.fullmatch(text)
    if found is None:
        return Frame(text, "", 0, "")
    file = found["file"]
    if file.rpartition("/")[2].startswith(_LIBRARY) and (compiled := _COMPILED.fullmatch(found["function"])):
        function = compiled["function"].partition("___")
        return Frame(function[2] or function[0], f"streams/core/{compiled['module']}.py", 0, file)
    path = _BELOW_ROOT.sub("", file)
    if path == file:
        path = file.removeprefix(_ROOT)
    return Frame(found["function"].rpartition(".")[2], path, int(found["line"] or 0), file)


def waits(stack: Sequence[Frame]) -> bool:
    """Whether a stack, given from its root to its leaf, ends in a wait."""
    return any(frame.function in WAITS for frame in stack[-_WAITS_WITHIN:])


def part_of(
    stack: Iterable[Frame],
    rules: Iterable[Rule] = RULES,
    *,
    line_of: Callable[[str, int], str] = linecache.getline,
) -> str:
    """Return the part of a stack, given from its root to its leaf."""
    rules = tuple(rules)
    part = OTHER
    for frame in stack:
        for rule in rules:
            if (
                frame.path.startswith(rule.path)
                and (not rule.functions or frame.function in rule.functions)
                and (not rule.source or rule.source in line_of(frame.file, frame.line))
            ):
                part = rule.part
                if rule.closing:
                    return part
                break
    return part


def samples_by_part(raw: str) -> Mapping[str, int]:
    """Count the samples that were at work, by part, in py-spy's raw format: ``frame;frame;… n`` a line, root first."""
    counts = dict.fromkeys(PARTS, 0)
    for line in raw.splitlines():
        stack, _, n = line.rpartition(" ")
        frames = [parse_frame(text) for text in stack.split(";")]
        if not waits(frames):
            counts[part_of(frames)] += int(n)
    return counts

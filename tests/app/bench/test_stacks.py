"""Which part of the worker a sampled stack is given to."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from app.bench.environment import repository
from app.bench.stacks import (
    BUILDING,
    DECODE,
    DEDUPLICATION,
    DELIVERY,
    FACTS,
    FETCHING,
    OTHER,
    PARTS,
    RULES,
    SENDING,
    Frame,
    parse_frame,
    part_of,
    samples_by_part,
    waits,
)

ROOT = repository()
LIBRARY = "/opt/python/lib/python3.11"
PACKAGES = f"{ROOT}/.venv/lib/python3.11/site-packages"

LOOP = [f"run_worker ({ROOT}/streams/worker.py:49)", f"Runner.run ({LIBRARY}/asyncio/runners.py:118)"]
AGENT = [
    *LOOP,
    f"Agent._execute_actor ({PACKAGES}/faust/agents/agent.py:698)",
    f"Owner.apply ({ROOT}/streams/owner.py:82)",
]
CHECKPOINT = [*LOOP, f"Checkpoints._transaction ({ROOT}/streams/checkpoint.py:105)"]
PARTITION = f"{ROOT}/streams/core/partition.py"
LIBRARY_OF_CORE = f"{PACKAGES}/selfserve__mypyc.cpython-311-x86_64-linux-gnu.so"
CODEC = f"{PACKAGES}/msgspec/_core.cpython-311-x86_64-linux-gnu.so"
COMPILED = [*AGENT, f"CPyPy_partition___PartitionState___process ({LIBRARY_OF_CORE})"]


def line_with(text: str) -> int:
    lines = Path(PARTITION).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ([f"main ({ROOT}/app/cli/__init__.py:89)"], OTHER),
        (LOOP, DELIVERY),
        (AGENT, DELIVERY),
        ([*AGENT, f"PartitionState.process ({PARTITION}:{line_with('event = decode(raw)')})"], DECODE),
        ([*AGENT, f"PartitionState.process ({PARTITION}:{line_with('for record in records')})"], FACTS),
        ([*AGENT, f"process ({PARTITION}:1)", f"move ({ROOT}/streams/core/panes.py:81)"], FACTS),
        ([*AGENT, f"process ({PARTITION}:1)", f"PartitionState._repeated ({PARTITION}:1)"], DEDUPLICATION),
        (
            [
                *AGENT,
                f"PartitionState._repeated ({PARTITION}:1)",
                f"seen ({ROOT}/streams/core/deduplication.py:3)",
            ],
            DEDUPLICATION,
        ),
        # Facts are encoded for a checkpoint: that is the checkpoint's work, whatever module does it.
        (
            [
                *CHECKPOINT,
                f"PartitionState.take_changes ({PARTITION}:1)",
                f"f ({ROOT}/streams/core/customer.py:1)",
            ],
            BUILDING,
        ),
        (
            [
                *CHECKPOINT,
                f"_pack_changelog ({ROOT}/streams/checkpoint.py:1)",
                f"append ({PACKAGES}/aiokafka/x.py:1)",
            ],
            BUILDING,
        ),
        (CHECKPOINT, SENDING),
        (
            [*LOOP, f"f ({PACKAGES}/aiokafka/producer/sender.py:1)", f"g ({PACKAGES}/aiokafka/codec.py:177)"],
            SENDING,
        ),
        (
            [
                *LOOP,
                f"f ({PACKAGES}/aiokafka/consumer/fetcher.py:1)",
                f"g ({PACKAGES}/aiokafka/codec.py:185)",
            ],
            FETCHING,
        ),
        # The compiled core.
        ([*COMPILED, f"CPyDict_Get ({LIBRARY_OF_CORE})"], FACTS),
        ([*COMPILED, f"CPyDef_deduplication___Deduplication___expire ({LIBRARY_OF_CORE})"], DEDUPLICATION),
        ([*COMPILED, f"JSONDecoder_decode ({CODEC})", f"json_decode_struct ({CODEC})"], DECODE),
        ([*COMPILED, f"instant_ms ({PACKAGES}/schemas/instants.py:19)"], DECODE),
        ([*COMPILED, f"Struct_dealloc_nogc ({CODEC})"], FACTS),
        (
            [
                *CHECKPOINT,
                f"CPyDef_partition___PartitionState___take_changes ({LIBRARY_OF_CORE})",
                f"Encoder_encode ({CODEC})",
            ],
            BUILDING,
        ),
        # Frames of C code say nothing themselves.
        (
            [
                *LOOP,
                f"f ({PACKAGES}/aiokafka/consumer/fetcher.py:1)",
                "crc (/build/crc32c.c:123)",
                "0x7f (libc.so.6)",
            ],
            FETCHING,
        ),
    ],
)
def test_a_stack_belongs_to_the_part_that_works(stack: list[str], expected: str) -> None:
    assert part_of(parse_frame(text) for text in stack) == expected


def test_a_frame_is_read_with_its_own_name_and_its_place_below_the_package_root() -> None:
    path = f"{ROOT}/streams/core/panes.py"
    assert parse_frame(f"Panes.move.<locals>.step ({path}:81)") == Frame(
        "step", "streams/core/panes.py", 81, path
    )
    assert parse_frame(f"f ({PACKAGES}/mode/threads.py:9)").path == "mode/threads.py"
    assert parse_frame(f"f ({LIBRARY}/asyncio/tasks.py:9)").path == "asyncio/tasks.py"
    assert parse_frame("write (/usr/lib/libc.so.6)") == Frame(
        "write", "/usr/lib/libc.so.6", 0, "/usr/lib/libc.so.6"
    )
    assert parse_frame("no place") == Frame("no place", "", 0, "")


@pytest.mark.parametrize(
    ("function", "expected", "path"),
    [
        ("CPyPy_partitioner___murmur2", "murmur2", "streams/core/partitioner.py"),
        ("CPyDef_partition___PartitionState___process", "process", "streams/core/partition.py"),
        ("CPyDef_partition___PartitionState____join", "_join", "streams/core/partition.py"),
        ("CPyDef_issues___Course_____init__", "__init__", "streams/core/issues.py"),
    ],
)
def test_a_frame_of_the_compiled_core_is_read_like_that_of_its_source(
    function: str, expected: str, path: str
) -> None:
    assert parse_frame(f"{function} ({LIBRARY_OF_CORE})") == Frame(expected, path, 0, LIBRARY_OF_CORE)
    assert parse_frame(f"{function} (/elsewhere/other__mypyc.so)").function == function


def test_waiting_is_no_work() -> None:
    deep = [
        "f (a.py:1)",
        "take_gil (libpython.so)",
        "pthread_cond_timedwait (libc.so)",
        "0x1 (libc.so)",
        "0x2 (libc.so)",
    ]
    assert waits([parse_frame(text) for text in deep])
    assert not waits([parse_frame(text) for text in [*deep, "g (b.py:1)", "h (b.py:2)"]])


def test_samples_are_counted_by_part() -> None:
    raw = "\n".join(
        [
            ";".join([*AGENT, f"process ({PARTITION}:1)"]) + " 7",
            ";".join([*AGENT, f"process ({PARTITION}:2)"]) + " 5",
            ";".join(LOOP) + " 2",
            ";".join([*LOOP, "uv_run (core.c:464)", "epoll_pwait (libc.so)"]) + " 90",
        ]
    )
    assert samples_by_part(raw) == {**dict.fromkeys(PARTS, 0), FACTS: 12, DELIVERY: 2}


def test_the_rules_name_what_there_is() -> None:
    # A renamed module or function would silently move its time to another part.
    for rule in RULES:
        package = rule.path.split("/")[0].removesuffix(".py")
        root = Path(inspect.getfile(importlib.import_module(package))).parent
        file = root.parent / rule.path if "/" in rule.path else root / rule.path
        assert list(file.parent.glob(f"{file.name}*")), rule.path
        if file.is_file():
            text = file.read_text()
            assert all(f"def {name}(" in text for name in rule.functions), rule
            assert rule.source in text, rule


def test_the_decoder_written_in_c_has_the_name_of_the_rule() -> None:
    (rule,) = (rule for rule in RULES if rule.path.startswith("msgspec/"))
    symbols = Path(inspect.getfile(importlib.import_module("msgspec._core"))).read_bytes()
    assert all(name.encode() in symbols for name in rule.functions)

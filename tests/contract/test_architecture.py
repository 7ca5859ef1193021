"""What must hold for the repository as a whole and no linter checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PURE = ("streams/core", "app/catalogue")
IGNORED = {
    ".git",
    ".venv",
    "build",
    "dist",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
}

CLOCK_MODULES = {"time", "sched"}
CLOCK_CALLS = {
    "now",
    "utcnow",
    "today",
    "localtime",
    "gmtime",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "time_ns",
    "get_event_loop",
    "get_running_loop",
}

# Spelled so that this file does not match itself.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:wor[k]|roo[t]|hom[e]|User[s])/[\w.-]")
OUTSIDE = re.compile(r"\.\./share[d]\b|\bshare[d]/(?!data\b)[a-z]+\.md")


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))


def text_files() -> Iterator[tuple[Path, str]]:
    for path in sorted(REPOSITORY.rglob("*")):
        inside = path.relative_to(REPOSITORY)
        if (
            path.is_file()
            and not IGNORED.intersection(inside.parts)
            and not inside.name.startswith(".coverage")
        ):
            try:
                yield inside, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def of_datetime(node: ast.Attribute) -> bool:
    """Tell whether a class method of datetime is taken, which may be called elsewhere."""
    return ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}


def clock_reads(source: str) -> list[str]:
    """Return what a module does that could read a clock, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [
                f"{node.lineno}: import {a.name}" for a in node.names if a.name.split(".")[0] in CLOCK_MODULES
            ]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in CLOCK_MODULES:
            found.append(f"{node.lineno}: from {node.module} import")
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CLOCK_CALLS
        ):
            found.append(f"{node.lineno}: .{node.func.attr}()")
        elif isinstance(node, ast.Attribute) and node.attr in CLOCK_CALLS and of_datetime(node):
            found.append(f"{node.lineno}: .{node.attr}")
    return found


def streams_imports(source: str) -> set[str]:
    """Return the modules directly below ``streams`` that a module imports."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "streams":
            modules.update(f"streams.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            modules.add(node.module)
    return {module.split(".")[1] for module in modules if module.startswith("streams.")}


@pytest.mark.parametrize("folder", PURE)
def test_the_pure_parts_read_no_clock(folder: str) -> None:
    files = python_files(folder)

    assert files
    assert {
        str(path.relative_to(REPOSITORY)): reads for path in files if (reads := clock_reads(path.read_text()))
    } == {}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic as m",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\nclock = datetime.utcnow",
        "from datetime import date\ndate.today()",
        "import asyncio\nasyncio.get_running_loop().time()",
    ],
)
def test_a_clock_read_would_be_found(source: str) -> None:
    assert clock_reads(source)


def test_the_core_uses_nothing_of_the_engine_around_it() -> None:
    used = {
        str(path.relative_to(REPOSITORY)): streams_imports(path.read_text())
        for path in python_files("streams/core")
    }

    assert {path: modules for path, modules in used.items() if modules - {"core"}} == {}


@pytest.mark.parametrize(
    "source", ["import streams.worker", "from streams import worker", "from streams.worker import x as y"]
)
def test_such_an_import_would_be_found(source: str) -> None:
    assert streams_imports(source) == {"worker"}


def test_nothing_names_a_place_on_somebodys_machine() -> None:
    wrong = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATHS.search(line) or OUTSIDE.search(line)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    "line",
    ["see /ho" + "me/someone/x", "cd /wor" + "k/main", '"/ro' + 'ot/.cache"', "../sha" + "red/design.md"],
)
def test_such_a_place_would_be_found(line: str) -> None:
    assert MACHINE_PATHS.search(line) or OUTSIDE.search(line)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locked_requirements_are_hashed_and_name_no_server(name: str) -> None:
    text = (REPOSITORY / name).read_text()
    requirements = re.findall(r"^([a-z0-9][\w.-]*)==\S+(.*?)(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)

    assert len(requirements) > 20
    assert [project for project, rest in requirements if "--hash=sha256:" not in rest] == []
    assert not re.search(r"https?:|--(?:extra-)?index-url|--find-links|@ file:", text)


def test_the_development_lock_holds_the_versions_of_the_runtime_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][\w.-]*==[^\s\\]+", (REPOSITORY / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")

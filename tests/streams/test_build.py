"""What is tested is what was meant to be: the sources, or the compiled wheel."""

from __future__ import annotations

import ast
import importlib
import os
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import streams
from streams.build import core_build
from tests.conftest import REPOSITORY

MEANT = os.environ.get("SELFSERVE_TEST_CORE", "pure")
"""`scripts/test-compiled` says "compiled". In a source tree a compiled module would be an old one that hides its source."""
HATCH = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
    "wheel"
]
MODULES = [module.removesuffix(".py").replace("/", ".") for module in HATCH["hooks"]["custom"]["modules"]]


@pytest.mark.parametrize("name", MODULES)
def test_the_modules_are_compiled_where_they_are_meant_to_be(name: str) -> None:
    file = importlib.import_module(name).__file__
    assert file is not None
    assert file.endswith(tuple(EXTENSION_SUFFIXES)) == (MEANT == "compiled"), file


@pytest.mark.parametrize("name", MODULES)
def test_what_is_compiled_loses_no_class_keyword(name: str) -> None:
    # mypyc drops them without a word: a struct would lose its gc=False, and with it much memory.
    file = Path(streams.__file__).parent.parent / f"{name.replace('.', '/')}.py"
    classes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ClassDef)]
    assert [node.name for node in classes if node.keywords] == []


def test_the_build_is_told_by_the_main_module() -> None:
    assert "streams.core.partition" in MODULES
    assert core_build() == MEANT

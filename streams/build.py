"""Whether the core runs compiled, as in the wheel that production installs, or from its sources."""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Literal

CoreBuild = Literal["compiled", "pure"]


@cache
def core_build() -> CoreBuild:
    """Return what the core's main module is here. It is found, not imported: not every process needs it."""
    spec = importlib.util.find_spec("streams.core.partition")
    is_compiled = spec is not None and str(spec.origin).endswith(tuple(EXTENSION_SUFFIXES))
    return "compiled" if is_compiled else "pure"

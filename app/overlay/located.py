"""Values of the overlay file with the lines that they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.config.source import Located, Problem, did_you_mean

_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]+)\]")


def plain(found: Located) -> Any:
    """Return what was written as mappings, lists and scalars."""
    content = found.content
    if isinstance(content, dict):
        return {name: plain(value) for name, value in content.items()}
    if isinstance(content, tuple):
        return [plain(value) for value in content]
    return content


def inner(found: Located, path: str) -> tuple[Located, bool]:
    """Return the value that ``path`` (`bands[0].title`) leads to, or the last one on the way, and whether it is there."""
    for name, index in _STEP.findall(path):
        content = found.content
        if name and isinstance(content, dict) and name in content:
            found = content[name]
        elif index and isinstance(content, tuple) and int(index) < len(content):
            found = content[int(index)]
        else:
            return found, False
    return found, True


def mapping(found: Located, key: str, problems: list[Problem]) -> Mapping[str, Located]:
    """Return the entries of a mapping; what is none is a problem, nothing at all is an empty one."""
    if found.content is None:
        return {}
    if isinstance(found.content, dict):
        return found.content
    problems.append(Problem(found.where, key, f"found {found.written}; allowed: keys with values"))
    return {}


def unknown(found: Located, key: str, name: str, known: Iterable[str], what: str = "key") -> Problem:
    """Return the problem of a name that nobody knows."""
    known = list(known)
    hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
    return Problem(found.key_where or found.where, key, f"unknown {what} {name!r}{hint}")

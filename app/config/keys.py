"""Keys and sections: how a group of settings is declared once and then read, checked and documented."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from app.config.kinds import Kind
from app.config.source import Located, Override, Problem, RejectedError, did_you_mean

S = TypeVar("S")

_KEY = "selfserve.key"


@dataclass(frozen=True)
class Key:
    """One setting: its name in the file, the attribute that holds it, and what is known about it."""

    name: str
    attribute: str
    kind: Kind[Any]
    default: Any
    documentation: str
    environment: str | None = None


class Clash(NamedTuple):
    """What is wrong between keys of a section."""

    key: str
    """The name of the key that the message is about."""
    message: str
    others: tuple[str, ...] = ()
    """Names of the keys that it does not go together with: where it has its default, one of these was written."""


@dataclass(frozen=True)
class Section(Generic[S]):
    """A group of settings.

    ``build`` makes the section's object from its attributes, ``check`` returns what is wrong between keys.
    """

    name: str
    documentation: str
    keys: tuple[Key, ...]
    build: Callable[..., S]
    check: Callable[[S], list[Clash]] = lambda _: []


@dataclass(frozen=True)
class Origins:
    """What was said about the settings of one section, by source; the later source wins."""

    file: Located | None
    environ: Mapping[str, str]
    cli: Mapping[str, Override]


def key(default: Any, kind: Kind[Any], documentation: str, *, environment: str | None = None) -> Any:
    """Declare a field of a section's dataclass.

    The name in the file is the field's name without the unit: ``session_timeout_ms`` is ``session_timeout``.
    """
    declared = {"kind": kind, "documentation": documentation, "environment": environment}
    return dataclasses.field(default=default, metadata={_KEY: declared})


def section_of(name: str, model: type[S], check: Callable[[S], list[Clash]] | None = None) -> Section[S]:
    """Return the section that a dataclass of ``key`` fields declares; its docstring is the documentation."""
    keys = tuple(
        Key(
            name=declared.name.removesuffix("_ms"),
            attribute=declared.name,
            default=declared.default,
            **declared.metadata[_KEY],
        )
        for declared in dataclasses.fields(model)  # type: ignore[arg-type]  # every model is a dataclass
    )
    documentation = (model.__doc__ or "").strip()
    if check is None:
        return Section(name, documentation, keys, model)
    return Section(name, documentation, keys, model, check)


def read_section(section: Section[S], origins: Origins) -> tuple[S | None, list[Problem], dict[str, str]]:
    """Return the section, what is wrong with it, and the place that each key was set at.

    The section is ``None`` when something is wrong. Places are by dotted key; what kept its default has none.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    places: dict[str, str] = {}
    entries = _entries(section, origins.file, problems)
    for setting in section.keys:
        dotted = f"{section.name}.{setting.name}"
        values[setting.attribute] = setting.default
        found = _winner(setting, dotted, entries, origins)
        if found is None:
            continue
        places[dotted] = found.where
        try:
            values[setting.attribute] = setting.kind.read(found)
        except RejectedError as rejected:
            problems.append(rejected.problem(dotted))
    if problems:
        return None, problems, places
    built = section.build(**values)
    problems += [_clashing(section.name, clash, places) for clash in section.check(built)]
    return (None if problems else built), problems, places


def _clashing(section: str, clash: Clash, places: Mapping[str, str]) -> Problem:
    """A clash, at the key that somebody wrote."""
    key = f"{section}.{clash.key}"
    if key not in places:
        for other in (f"{section}.{name}" for name in clash.others):
            if other in places:
                return Problem(places[other], other, f"does not fit the default of {key}: {clash.message}")
    return Problem(places.get(key, "default"), key, clash.message)


def _winner(setting: Key, dotted: str, entries: Mapping[str, Located], origins: Origins) -> Located | None:
    override = origins.cli.get(dotted)
    if override is not None:
        return setting.kind.from_text(override.text, f"option {override.option}")
    # An empty variable is how compose files and manifests say "not set".
    if setting.environment is not None and (text := origins.environ.get(setting.environment, "")):
        return setting.kind.from_text(text, f"environment {setting.environment}")
    return entries.get(setting.name)


def _entries(section: Section[S], file: Located | None, problems: list[Problem]) -> dict[str, Located]:
    # A section whose keys are all commented out is written as nothing.
    if file is None or file.content is None:
        return {}
    if not isinstance(file.content, dict):
        problems.append(Problem(file.where, section.name, f"found {file.written}; allowed: keys with values"))
        return {}
    known = [setting.name for setting in section.keys]
    for name, found in file.content.items():
        if name not in known:
            message = "unknown key" + (did_you_mean(name, known) or f"; known: {', '.join(known)}")
            problems.append(Problem(found.key_where or found.where, f"{section.name}.{name}", message))
    return file.content

"""The kinds of value that a setting can have: what is allowed, how it is read, how it is written."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from app.config.durations import format_duration, parse_duration
from app.config.source import Content, Located, RejectedError

T = TypeVar("T")


class Kind(ABC, Generic[T]):
    """One kind of value."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What is allowed, to complete the sentence "allowed: …"."""

    @property
    def choices(self) -> Iterable[str]:
        """Names to suggest from when a value is not allowed."""
        return ()

    @abstractmethod
    def read(self, found: Located) -> T:
        """Return the value, or raise ``RejectedError``."""

    @abstractmethod
    def show(self, value: T) -> str:
        """Return the value as it is written in the file."""

    def from_text(self, text: str, where: str) -> Located:
        """Return what an environment variable or an option says, as the file would have said it."""
        return Located(self._content(text), repr(text), where)

    def _content(self, text: str) -> Content:
        return text

    def reject(self, found: Located, note: str = "") -> RejectedError:
        """Return the error for a value that this kind does not allow."""
        return RejectedError(found, allowed=self.allowed, note=note, choices=self.choices)


@dataclass(frozen=True)
class Text(Kind[str]):
    """A text that a pattern matches; ``form`` describes it."""

    form: str
    pattern: str
    note: Callable[[str], str | None] | None = None
    """Says what is wrong with a text of the right form, or nothing."""
    names: tuple[str, ...] = ()
    """Names to suggest from."""

    @property
    def allowed(self) -> str:
        """The form."""
        return self.form

    @property
    def choices(self) -> Iterable[str]:
        """The names."""
        return self.names

    def read(self, found: Located) -> str:
        """Return the text."""
        if not isinstance(found.content, str) or not re.fullmatch(self.pattern, found.content):
            raise self.reject(found)
        if self.note is not None and (note := self.note(found.content)):
            raise self.reject(found, note)
        return found.content

    def show(self, value: str) -> str:
        """Return the text, in quotes where YAML needs them."""
        return value if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/,-]*", value) else f'"{value}"'


@dataclass(frozen=True)
class Choice(Kind[str]):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        return ", ".join(self.words[:-1]) + " or " + self.words[-1]

    @property
    def choices(self) -> Iterable[str]:
        """The words, for suggestions."""
        return self.words

    def read(self, found: Located) -> str:
        """Return the word."""
        if found.content not in self.words:
            raise self.reject(found)
        return str(found.content)

    def show(self, value: str) -> str:
        """Return the word."""
        return value


@dataclass(frozen=True)
class Integer(Kind[int]):
    """A whole number within bounds, both included."""

    minimum: int
    maximum: int

    @property
    def allowed(self) -> str:
        """The bounds."""
        return f"a whole number from {self.minimum} to {self.maximum}"

    def read(self, found: Located) -> int:
        """Return the number."""
        if type(found.content) is not int or not self.minimum <= found.content <= self.maximum:
            raise self.reject(found)
        return found.content

    def show(self, value: int) -> str:
        """Return its digits."""
        return str(value)

    def _content(self, text: str) -> Content:
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


@dataclass(frozen=True)
class Duration(Kind[int]):
    """A duration within bounds, both included; all in milliseconds."""

    minimum: int
    maximum: int

    @property
    def allowed(self) -> str:
        """The bounds and the form."""
        bounds = f"from {format_duration(self.minimum)} to {format_duration(self.maximum)}"
        return f"a duration {bounds}, written like 500ms, 90s, 30m, 1h30m or 35d"

    def read(self, found: Located) -> int:
        """Return the milliseconds."""
        if not isinstance(found.content, str):
            raise self.reject(found, "a unit is missing" if type(found.content) is int else "")
        try:
            milliseconds = parse_duration(found.content)
        except ValueError as error:
            raise self.reject(found, str(error)) from None
        if not self.minimum <= milliseconds <= self.maximum:
            raise self.reject(found, "out of bounds")
        return milliseconds

    def show(self, value: int) -> str:
        """Return the duration with its units."""
        return format_duration(value)


@dataclass(frozen=True)
class TimeZone(Kind[str]):
    """A name of the IANA time zone database."""

    @property
    def allowed(self) -> str:
        """What a zone's name looks like."""
        return "the name of an IANA time zone, such as UTC or Europe/Berlin"

    @property
    def choices(self) -> Iterable[str]:
        """All zones that this system knows."""
        return sorted(available_timezones())

    def read(self, found: Located) -> str:
        """Return the name."""
        name = found.content
        # These mean something else on each machine.
        if not isinstance(name, str) or name in {"localtime", "posixrules", "Factory"}:
            raise self.reject(found)
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise self.reject(found, "no such zone") from None
        return name

    def show(self, value: str) -> str:
        """Return the name."""
        return value

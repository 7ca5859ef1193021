"""Kinds of value that are made of other kinds: what may be left out, lists and mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.config.kinds import Kind
from app.config.source import Content, Located, RejectedError

T = TypeVar("T")


@dataclass(frozen=True)
class Optional(Kind["T | None"], Generic[T]):
    """A value that may be left out by writing ``none``."""

    inner: Kind[T]

    @property
    def allowed(self) -> str:
        """What the value may be."""
        return f"{self.inner.allowed}, or none"

    def read(self, found: Located) -> T | None:
        """Return the value, or ``None``."""
        if found.content is None or found.content == "none":
            return None
        try:
            return self.inner.read(found)
        except RejectedError as rejected:
            raise RejectedError(
                rejected.found, allowed=self.allowed, note=rejected.note, choices=rejected.choices
            ) from None

    def show(self, value: T | None) -> str:
        """Return the value, or ``none``."""
        return "none" if value is None else self.inner.show(value)

    def _content(self, text: str) -> Content:
        return self.inner.from_text(text, "").content


@dataclass(frozen=True)
class ListOf(Kind[tuple[str, ...]]):
    """A list of different texts, at least one unless it may be empty; in an environment variable they are separated by commas."""

    inner: Kind[str]
    what: str
    may_be_empty: bool = False

    @property
    def allowed(self) -> str:
        """What the list may hold."""
        return f"a list of {self.what}, each once{'; [] for none' if self.may_be_empty else ', at least one'}"

    def read(self, found: Located) -> tuple[str, ...]:
        """Return the texts in their order."""
        if not isinstance(found.content, tuple) or not (found.content or self.may_be_empty):
            raise self.reject(found)
        values: list[str] = []
        for index, item in enumerate(found.content):
            try:
                value = self.inner.read(item)
            except RejectedError as rejected:
                raise rejected.under(f"[{index}]") from None
            if value in values:
                raise self.reject(item, "given twice").under(f"[{index}]")
            values.append(value)
        return tuple(values)

    def show(self, value: tuple[str, ...]) -> str:
        """Return the list on one line."""
        return "[" + ", ".join(self.inner.show(item) for item in value) + "]"

    def from_text(self, text: str, where: str) -> Located:
        """Return the parts of a text that is separated by commas."""
        parts = [part.strip() for part in text.split(",")]
        items = tuple(self.inner.from_text(part, where) for part in parts if part)
        return Located(items, repr(text), where)


@dataclass(frozen=True)
class MapOf(Kind["Mapping[str, T]"], Generic[T]):
    """Values by name. What the file does not name keeps its default."""

    inner: Kind[T]
    name: Kind[str]
    what: str
    defaults: Mapping[str, T] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        """What the names and the values may be."""
        return f"{self.what}, each with {self.inner.allowed}"

    def read(self, found: Located) -> Mapping[str, T]:
        """Return the defaults with the entries of the file over them."""
        if not isinstance(found.content, dict):
            raise self.reject(found)
        values = dict(self.defaults)
        for name, item in found.content.items():
            where = item.key_where or item.where
            self.name.read(Located(name, repr(name), where))
            try:
                values[name] = self.inner.read(item)
            except RejectedError as rejected:
                raise rejected.under(f".{name}") from None
        return values

    def show(self, value: Mapping[str, T]) -> str:
        """Return the mapping on one line."""
        return "{" + ", ".join(f"{name}: {self.inner.show(item)}" for name, item in value.items()) + "}"

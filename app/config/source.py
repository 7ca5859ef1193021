"""Where a setting was found, and the error that says so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from app.errors import UserError

Content: TypeAlias = "bool | int | float | str | tuple[Located, ...] | dict[str, Located] | None"


@dataclass(frozen=True)
class Located:
    """A value as it was found, not yet checked.

    ``written`` is how its author wrote it, ``where`` is ``file:line``, an environment variable or an option.
    """

    content: Content
    written: str
    where: str
    key_where: str | None = None
    """Where the key of a mapping's entry stands, when that may differ from the value's place."""


@dataclass(frozen=True)
class Override:
    """A setting from the command line: its text, and the option that it was given with."""

    text: str
    option: str


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one setting."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.message}" if self.key else f"{self.where}: {self.message}"


class SettingsError(UserError):
    """The settings are wrong. ``problems`` has all that was found, so that one reading is enough."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RejectedError(ValueError):
    """A value that its key does not allow.

    ``found`` is the part at fault, ``path`` leads to it from the key (``[2]``, ``.chat``), ``note`` says what is
    wrong with it and ``allowed`` what would be right; ``choices`` are the names that it could have been meant to be.
    """

    def __init__(
        self, found: Located, *, allowed: str, note: str = "", path: str = "", choices: Iterable[str] = ()
    ) -> None:
        super().__init__(note or allowed)
        self.found = found
        self.allowed = allowed
        self.note = note
        self.path = path
        self.choices = tuple(choices)

    def under(self, step: str) -> RejectedError:
        """Return the same rejection seen from one level further out."""
        return RejectedError(
            self.found, allowed=self.allowed, note=self.note, path=step + self.path, choices=self.choices
        )

    def problem(self, key: str) -> Problem:
        """Return the problem to show for the setting ``key``."""
        note = f" ({self.note})" if self.note else ""
        message = f"found {self.found.written}{note}; allowed: {self.allowed}"
        return Problem(
            self.found.where, key + self.path, message + did_you_mean(self.found.written, self.choices)
        )


def did_you_mean(written: str, choices: Iterable[str]) -> str:
    """Return a closing question that names the nearest of ``choices``, or nothing when none is near."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(written.strip("'\"").lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[near[0]]}?" if near else ""

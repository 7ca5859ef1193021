"""Passwords: texts that are never shown, and that no settings file and no option can hold."""

from __future__ import annotations

from app.config.kinds import Kind
from app.config.source import Located, RejectedError

HIDDEN = "(hidden)"


class Secret(str):
    """A text that shows itself as ``(hidden)``, also in a log, an f-string and the ``repr`` of what holds it.

    Whoever needs the text encodes it or joins it; both clients of Kafka do.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, _: str) -> str:
        return HIDDEN


class Password(Kind["Secret | None"]):
    """A password in an environment variable, or none.

    A file that many may read, and a command line that everybody on the machine can see, are no places for one.
    """

    @property
    def allowed(self) -> str:
        """Where it may stand."""
        return "none here; the password itself only in the environment variable"

    def read(self, found: Located) -> Secret | None:
        """Return the password."""
        if found.content is None or found.content == "none":
            return None
        if not isinstance(found.content, Secret):
            raise RejectedError(Located(None, HIDDEN, found.where), allowed=self.allowed)
        return found.content

    def show(self, value: Secret | None) -> str:
        """Return whether there is one."""
        return "none" if value is None else HIDDEN

    def from_text(self, text: str, where: str) -> Located:
        """Return what a variable says; a line break at the end is nobody's password."""
        return Located(Secret(text.rstrip("\r\n")), HIDDEN, where)

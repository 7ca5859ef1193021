"""What is checked between the keys of every section that describes an HTTP server."""

from __future__ import annotations

from typing import Protocol

from app.config.keys import Clash


class Certified(Protocol):
    """A section with a certificate and its key."""

    @property
    def certificate_file(self) -> str | None:
        """The certificate."""

    @property
    def key_file(self) -> str | None:
        """The key, if that stands elsewhere."""


def misplaced_key(section: Certified) -> list[Clash]:
    """Return the problem of a key without a certificate, if it is there."""
    if section.key_file is not None and section.certificate_file is None:
        return [
            Clash("key_file", "there is no certificate_file beside it, so this port would not be encrypted")
        ]
    return []

"""The servers by name. Imports nothing: the health check of containers runs every few seconds."""

from __future__ import annotations

from typing import Final, Literal

Role = Literal["worker", "exporter"]
ROLES: Final[tuple[Role, ...]] = ("worker", "exporter")


def realm(role: Role) -> str:
    """Return what a server calls what it protects; `selfserve check` knows it by that."""
    return f"selfserve {role}"

"""Who may read: names with bcrypt hashes, from a file in the form of htpasswd."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import bcrypt
import structlog

log = structlog.get_logger(__name__)

_LINE: Final = re.compile(r"([^:\s\x00-\x1f]{1,200}):(\$2[aby]\$(?:0[4-9]|1[0-9])\$[./A-Za-z0-9]{53})")
_LONGEST: Final = 72
"""Bytes that bcrypt looks at; a longer password would be as good as its beginning."""


class UsersFileError(ValueError):
    """The file of users cannot be used."""


class Users:
    """The users of a file, which is read again when it has changed.

    What cannot be read then is logged, and the users from before stay. Raises `UsersFileError` if there are none to
    begin with.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = _state(path)
        self._hashes = read_users(path)
        # A scrape every few seconds must not cost a bcrypt each. Kept are digests under a key that nobody knows, one a
        # user, so that memory holds neither passwords nor what could be guessed from faster than the file itself.
        self._key = secrets.token_bytes(32)
        self._verified: dict[str, bytes] = {}
        self._hashing = asyncio.Lock()

    async def verify(self, name: str, password: bytes) -> bool:
        """Return whether this is the password of a user of that name.

        Takes as long for a name that does not exist as for a wrong password.
        """
        self._renew()
        known = self._hashes.get(name)
        stored = known if known is not None else next(iter(self._hashes.values()))
        digest = hmac.digest(self._key, stored + b"\0" + password, "sha256")
        if known is not None and hmac.compare_digest(self._verified.get(name, b""), digest):
            return True
        # One at a time: guessing keeps one core busy at most.
        async with self._hashing:
            right = await asyncio.to_thread(_matches, password, stored)
        if known is None or not right:
            return False
        self._verified[name] = digest
        return True

    def _renew(self) -> None:
        state = _state(self._path)
        if state == self._seen:
            return
        self._seen = state
        try:
            self._hashes = read_users(self._path)
        except UsersFileError as error:
            log.warning("the changed file of users cannot be used, those from before stay", reason=str(error))
        else:
            self._verified = {name: seen for name, seen in self._verified.items() if name in self._hashes}
            log.info("the users were read again", file=self._path, users=len(self._hashes))


def read_users(path: str) -> Mapping[str, bytes]:
    """Return the hashes by name. Empty lines and those that begin with ``#`` are left out. Raises `UsersFileError`."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsersFileError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise UsersFileError(f"{path} is not a text in UTF-8") from error
    users: dict[str, bytes] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            # The line is not shown: it may hold a password.
            raise UsersFileError(
                f"{path}:{number}: not a user with a bcrypt hash, as `htpasswd -nB USER` writes it"
            )
        if match[1] in users:
            raise UsersFileError(f"{path}:{number}: {match[1]} is there twice")
        users[match[1]] = match[2].encode()
    if not users:
        raise UsersFileError(f"{path} has no users; `htpasswd -nB USER` writes a line for one")
    return users


def _matches(password: bytes, stored: bytes) -> bool:
    if len(password) > _LONGEST or b"\0" in password:
        return False
    return bcrypt.checkpw(password, stored)


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

"""Encryption and basic authentication of an HTTP server, as its section of the settings says."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from app.errors import UserError
from app.tls import Part, TlsFileError, TlsFiles, server_context
from app.web.roles import Role, realm
from app.web.users import Users, UsersFileError

OPEN: Final = ("/healthz", "/readyz")
"""Answered to everybody: probes carry no password, and these pages no figures."""

_KEYS: Final[Mapping[Part, str]] = {
    "authorities": "certificate_file",
    "certificate": "certificate_file",
    "key": "key_file",
}


class AccessSettings(Protocol):
    """What the sections of both servers have."""

    @property
    def certificate_file(self) -> str | None:
        """The server's certificate."""

    @property
    def key_file(self) -> str | None:
        """Its key, if that stands elsewhere."""

    @property
    def users_file(self) -> str | None:
        """Users and their hashes."""


@dataclass(frozen=True)
class Access:
    """How a server is reached and by whom."""

    role: Role
    tls: ssl.SSLContext | None = None
    users: Users | None = None

    @property
    def scheme(self) -> str:
        """How its URL begins."""
        return "http" if self.tls is None else "https"

    def application(self) -> web.Application:
        """Return an application without routes that lets in who may."""
        if self.users is None:
            return web.Application()
        return web.Application(middlewares=[_authentication(self.users, realm(self.role))])


def access_of(role: Role, section: AccessSettings, places: Mapping[str, str]) -> Access:
    """Return the access that a section of the settings describes.

    ``places`` are where keys were set. Raises ``UserError`` that names the key of a file that cannot be used.
    """
    tls = users = None
    if section.certificate_file is not None:
        try:
            tls = server_context(TlsFiles(certificate=section.certificate_file, key=section.key_file))
        except TlsFileError as error:
            raise _wrong(role, _KEYS[error.part], str(error), places) from error
    if section.users_file is not None:
        try:
            users = Users(section.users_file)
        except UsersFileError as error:
            raise _wrong(role, "users_file", str(error), places) from error
    return Access(role, tls, users)


def _authentication(users: Users, protected: str) -> Middleware:
    refusal = {
        "WWW-Authenticate": f'Basic realm="{protected}", charset="UTF-8"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is not None and resource.canonical in OPEN:
            return await handler(request)
        said = _credentials(request.headers.get("Authorization", ""))
        if said is None or not await users.verify(*said):
            return web.Response(status=401, text="a user and a password are needed\n", headers=refusal)
        return await handler(request)

    return authenticate


def _credentials(header: str) -> tuple[str, bytes] | None:
    """Return name and password of an Authorization header, if it has them."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return (name.decode(), password) if colon else None
    except ValueError:
        return None


def _wrong(role: Role, name: str, message: str, places: Mapping[str, str]) -> UserError:
    dotted = f"{role}.{name}"
    place = places.get(dotted)
    return UserError(f"{place}: {dotted}: {message}" if place else f"{dotted}: {message}")

"""TLS contexts whose certificates may be renewed on disk while the program runs."""

from __future__ import annotations

import os
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import structlog

from app.config.secret import Secret

if TYPE_CHECKING:
    from typing import Self

log = structlog.get_logger(__name__)

Part = Literal["authorities", "certificate", "key"]


@dataclass(frozen=True)
class TlsFiles:
    """Where a side's TLS material is, in PEM form.

    ``authorities`` vouch for the other side; ``certificate`` is one's own, and its ``key`` may stand in the same file.
    """

    authorities: str | None = None
    certificate: str | None = None
    key: str | None = None
    password: Secret | None = None
    """What an encrypted key is opened with."""


class TlsFileError(ValueError):
    """One of the files cannot be used; ``part`` says which."""

    def __init__(self, part: Part, message: str) -> None:
        super().__init__(message)
        self.part = part


class RenewableContext(ssl.SSLContext):
    """A context that looks at its files whenever a connection is made, and reads those that have changed again.

    Connections that exist go on as they are. What cannot be used is logged, and what was read before stays in use.
    Authorities are added: one that was taken out of the file is trusted until the end of the process.
    """

    def __new__(cls, protocol: ssl._SSLMethod, files: TlsFiles) -> Self:  # noqa: ARG004  # as in `__init__`
        """Make a context: the base class takes its protocol here."""
        return super().__new__(cls, protocol)

    def __init__(self, protocol: ssl._SSLMethod, files: TlsFiles) -> None:
        """Read the files. Raises `TlsFileError`."""
        self.files = files
        self._renewal = threading.Lock()
        self.minimum_version = ssl.TLSVersion.TLSv1_2
        self._seen = _state(files)
        _load(self, files)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """As in the base class."""
        self._renew()
        return super().wrap_socket(*arguments, **options)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """As in the base class; event loops make their connections so."""
        self._renew()
        return super().wrap_bio(*arguments, **options)

    def _renew(self) -> None:
        with self._renewal:
            # Looked at before reading: what changes meanwhile is read again next time.
            state = _state(self.files)
            if state == self._seen:
                return
            self._seen = state
            try:
                # A certificate that was written before its key does not fit, and would leave this context without one.
                _load(ssl.SSLContext(self.protocol), self.files)
                _load(self, self.files)
            except TlsFileError as error:
                log.warning("a changed certificate cannot be used, the one before stays", reason=str(error))
            else:
                log.info("certificates were read again", files=[path for path, _ in state])


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what a client verifies servers with: their authority and their name. Raises `TlsFileError`."""
    context = RenewableContext(ssl.PROTOCOL_TLS_CLIENT, files)
    if files.authorities is None:
        context.load_default_certs()
    return context


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what a server shows its certificate with. Raises `TlsFileError`."""
    return RenewableContext(ssl.PROTOCOL_TLS_SERVER, files)


def _load(context: ssl.SSLContext, files: TlsFiles) -> None:
    if files.authorities is not None:
        _text("authorities", files.authorities)
        try:
            context.load_verify_locations(files.authorities)
        except ssl.SSLError as error:
            raise TlsFileError(
                "authorities", f"{files.authorities} has no certificate in PEM form"
            ) from error
    if files.certificate is not None:
        _load_own(context, files.certificate, files)


def _load_own(context: ssl.SSLContext, certificate: str, files: TlsFiles) -> None:
    if "-----BEGIN CERTIFICATE-----" not in _text("certificate", certificate):
        raise TlsFileError("certificate", f"{certificate} has no certificate in PEM form")
    part: Part = "certificate" if files.key is None else "key"
    path = files.key or certificate
    key = _text(part, path)
    if "PRIVATE KEY-----" not in key:
        raise TlsFileError(part, f"{path} has no private key in PEM form")
    try:
        # Without a function OpenSSL would ask for a password on the terminal.
        context.load_cert_chain(certificate, files.key, password=lambda: files.password or "")
    except (ssl.SSLError, OSError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            raise TlsFileError(part, f"the key in {path} is not that of {certificate}") from error
        if "ENCRYPTED" in key:
            what = "its password is another" if files.password else "a password is needed"
            raise TlsFileError(part, f"the key in {path} is encrypted, and {what}") from error
        raise TlsFileError(part, f"{certificate} and the key in {path} cannot be used: {error}") from error


def _text(part: Part, path: str) -> str:
    try:
        with open(path, encoding="latin-1") as file:  # noqa: PTH123  # a path as it was written
            return file.read()
    except OSError as error:
        raise TlsFileError(part, f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error


def _state(files: TlsFiles) -> tuple[tuple[str, tuple[int, int, int] | None], ...]:
    """Return what changes with the files, links followed."""
    found: list[tuple[str, tuple[int, int, int] | None]] = []
    for path in (files.authorities, files.certificate, files.key):
        if path is None:
            continue
        try:
            state = os.stat(path)  # noqa: PTH116  # as above
        except OSError:
            found.append((path, None))
        else:
            found.append((path, (state.st_mtime_ns, state.st_size, state.st_ino)))
    return tuple(found)

"""Certificates for tests, made when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as files in PEM form."""

    certificate: Path
    key: Path
    both: Path
    """Key and certificates in one file."""


class Authority:
    """A certificate authority that writes into a directory."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self._authority = trustme.CA()
        self._directory = directory
        self.file = directory / f"{name}.pem"
        """Its own certificate."""
        self._authority.cert_pem.write_to_path(str(self.file))

    def issue(self, *identities: str, name: str = "server", password: str | None = None) -> Issued:
        """Issue a certificate for host names or addresses; with a password its key is encrypted."""
        issued = self._authority.issue_cert(*identities, common_name=name)
        certificate, key, both = (self._directory / f"{name}.{kind}" for kind in ("crt", "key", "pem"))
        chain = b"".join(pem.bytes() for pem in issued.cert_chain_pems)
        private = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        # Java reads keys in this form alone.
        written = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()
            if password is None
            else serialization.BestAvailableEncryption(password.encode()),
        )
        certificate.write_bytes(chain)
        key.write_bytes(written)
        both.write_bytes(written + chain)
        return Issued(certificate, key, both)

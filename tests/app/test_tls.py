"""TLS contexts: files that cannot be used, and certificates that are renewed while connections are made."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.config.secret import Secret
from app.tls import RenewableContext, TlsFileError, TlsFiles, client_context
from tests.support.certificates import Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder)


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "localhost") -> ssl.SSLObject:
    """Return the client's side of a connection in memory. Raises `ssl.SSLError`."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(back, there, server_hostname=name)
    theirs = server.wrap_bio(there, back, server_side=True)
    for _ in range(3):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours


def serial(connection: ssl.SSLObject) -> object:
    certificate = connection.getpeercert()
    assert certificate is not None
    return certificate["serialNumber"]


def server_files(certificate: Path, key: Path) -> RenewableContext:
    return RenewableContext(ssl.PROTOCOL_TLS_SERVER, TlsFiles(certificate=str(certificate), key=str(key)))


def replace_files(source: tuple[Path, Path], target: tuple[Path, Path]) -> None:
    for old, new in zip(source, target, strict=True):
        shutil.copy(old, f"{new}.new")
        Path(f"{new}.new").replace(new)


class TestClient:
    def test_it_verifies_authority_and_name(self, authority: Authority, folder: Path) -> None:
        issued = authority.issue("localhost", name="verified")
        server = server_files(issued.certificate, issued.key)
        other = Authority(folder, "other")
        client = client_context(TlsFiles(authorities=str(authority.file)))

        assert shake_hands(client, server).version() == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            shake_hands(client, server, "example.org")
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            shake_hands(client_context(TlsFiles(authorities=str(other.file))), server)

    def test_without_a_file_it_trusts_whom_the_system_trusts(self) -> None:
        assert client_context(TlsFiles()).verify_mode == ssl.CERT_REQUIRED

    def test_old_versions_of_tls_are_not_spoken(self) -> None:
        assert client_context(TlsFiles()).minimum_version == ssl.TLSVersion.TLSv1_2


class TestFiles:
    def test_a_key_may_stand_in_the_file_of_its_certificate(self, authority: Authority) -> None:
        client_context(TlsFiles(certificate=str(authority.issue("a", name="one-file").both)))

    def test_an_encrypted_key_is_opened_with_its_password(self, authority: Authority) -> None:
        issued = authority.issue("a", name="locked", password="open")
        files = TlsFiles(certificate=str(issued.certificate), key=str(issued.key), password=Secret("open"))

        client_context(files)

    @pytest.mark.parametrize(
        ("password", "reason"), [(None, "a password is needed"), ("wrong", "its password is another")]
    )
    def test_it_never_asks_on_the_terminal(
        self, authority: Authority, password: str | None, reason: str
    ) -> None:
        issued = authority.issue("a", name="asked", password="open")
        secret = None if password is None else Secret(password)
        with pytest.raises(TlsFileError, match=f"encrypted, and {reason}") as caught:
            client_context(
                TlsFiles(certificate=str(issued.certificate), key=str(issued.key), password=secret)
            )
        assert caught.value.part == "key"

    def test_what_cannot_be_used_says_which_file_and_why(self, authority: Authority, folder: Path) -> None:
        mine, other = authority.issue("a", name="mine"), authority.issue("a", name="another")
        junk = folder / "junk"
        junk.write_text("hello\n")
        ca, certificate, key = str(authority.file), str(mine.certificate), str(mine.key)
        cases = [
            (TlsFiles(authorities="/no/ca"), "authorities", "cannot read /no/ca: no such file or directory"),
            (TlsFiles(authorities=key), "authorities", f"{key} has no certificate in PEM form"),
            (TlsFiles(ca, "/no/crt", key), "certificate", "cannot read /no/crt"),
            (TlsFiles(ca, str(junk), key), "certificate", "junk has no certificate in PEM form"),
            (TlsFiles(ca, certificate, "/no/key"), "key", "cannot read /no/key"),
            (TlsFiles(ca, certificate, str(junk)), "key", "junk has no private key in PEM form"),
            (TlsFiles(ca, certificate, str(other.key)), "key", f"is not that of {certificate}"),
            (TlsFiles(ca, certificate), "certificate", f"{certificate} has no private key in PEM form"),
        ]
        for files, part, reason in cases:
            with pytest.raises(TlsFileError) as caught:
                client_context(files)
            assert caught.value.part == part
            assert reason in str(caught.value)


class TestRenewal:
    def test_the_next_connection_gets_the_renewed_certificate(
        self, authority: Authority, folder: Path
    ) -> None:
        first, second = (
            authority.issue("localhost", name="first"),
            authority.issue("localhost", name="second"),
        )
        live = (folder / "live.crt", folder / "live.key")
        replace_files((first.certificate, first.key), live)
        server = server_files(*live)
        client = client_context(TlsFiles(authorities=str(authority.file)))
        before = serial(shake_hands(client, server))

        replace_files((second.certificate, second.key), live)

        after = serial(shake_hands(client, server))
        assert after != before
        assert serial(shake_hands(client, server)) == after

    def test_a_half_written_pair_leaves_the_one_before_in_use(
        self, authority: Authority, folder: Path
    ) -> None:
        first, second = (
            authority.issue("localhost", name="third"),
            authority.issue("localhost", name="fourth"),
        )
        live = (folder / "half.crt", folder / "half.key")
        replace_files((first.certificate, first.key), live)
        server = server_files(*live)
        client = client_context(TlsFiles(authorities=str(authority.file)))
        before = serial(shake_hands(client, server))

        replace_files((second.certificate,), live[:1])  # type: ignore[arg-type]
        with capture_logs() as logs:
            assert serial(shake_hands(client, server)) == before
            assert serial(shake_hands(client, server)) == before
        assert [entry["event"] for entry in logs] == [
            "a changed certificate cannot be used, the one before stays"
        ]
        live[1].unlink()
        assert serial(shake_hands(client, server)) == before

        replace_files((second.certificate, second.key), live)
        assert serial(shake_hands(client, server)) != before

    def test_an_added_authority_is_trusted_from_the_next_connection_on(
        self, authority: Authority, folder: Path
    ) -> None:
        issued = authority.issue("localhost", name="fifth")
        server = server_files(issued.certificate, issued.key)
        bundle = folder / "bundle.pem"
        shutil.copy(Authority(folder, "old").file, bundle)
        client = client_context(TlsFiles(authorities=str(bundle)))
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(client, server)

        bundle.write_bytes(bundle.read_bytes() + authority.file.read_bytes())

        assert serial(shake_hands(client, server))

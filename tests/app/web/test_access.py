"""Who is let in, and over what: real servers, real requests."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest
from aiohttp import ClientSession, web

from app.check.ports import Address, port_finding
from app.config.exporter import ExporterSettings
from app.config.source import SettingsError
from app.errors import UserError
from app.exporter.http import Server
from app.settings import load_settings
from app.tls import TlsFiles, client_context
from app.web.access import OPEN, Access, access_of
from tests.support.certificates import Authority

PASSWORD = "zwölf,:x"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


ANN = {"Authorization": basic("ann", PASSWORD)}
PATHS = ("/metrics", *OPEN)


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("users") / "users"
    path.write_bytes(b"ann:" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4)) + b"\n")
    return path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def application(access: Access) -> web.Application:
    made = access.application()

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=f"page {request.path}")

    for path in PATHS:
        made.router.add_get(path, page)
    return made


def serve(access: Access, scenario: Callable[[str], Awaitable[None]]) -> None:
    async def run() -> None:
        server = Server(application(access), "127.0.0.1", 0, access)
        url = await server.start()
        try:
            await scenario(url.rstrip("/"))
        finally:
            await server.stop()

    asyncio.run(run())


def test_without_users_everybody_reads_everything() -> None:
    async def scenario(url: str) -> None:
        async with ClientSession() as session:
            for path in PATHS:
                assert (await session.get(url + path)).status == 200

    serve(access_of("exporter", ExporterSettings(), {}), scenario)


def test_with_users_only_the_health_pages_are_open(users: Path) -> None:
    async def scenario(url: str) -> None:
        async with ClientSession() as session:
            for path in OPEN:
                assert (await session.get(url + path)).status == 200
            for path in ("/metrics", "/", "/nowhere", "/healthz/", "/metrics?x=/healthz"):
                answer = await session.get(url + path)
                assert (path, answer.status) == (path, 401)
                assert (
                    answer.headers["WWW-Authenticate"] == 'Basic realm="selfserve exporter", charset="UTF-8"'
                )
                assert "page" not in await answer.text()
            assert await (await session.get(url + "/metrics", headers=ANN)).text() == "page /metrics"
            assert (await session.get(url + "/nowhere", headers=ANN)).status == 404

    serve(access_of("exporter", ExporterSettings(users_file=str(users)), {}), scenario)


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !",
        "Basic YW5u",  # ann, without a colon
        "Basic /w==",  # no UTF-8
        "Bearer x",
        basic("ann", "wrong"),
        basic("ANN", PASSWORD),
        basic("ann", PASSWORD[:-1]),
    ],
)
def test_what_is_no_right_password_is_refused(users: Path, header: str) -> None:
    async def scenario(url: str) -> None:
        async with ClientSession() as session:
            answer = await session.get(f"{url}/metrics", headers={"Authorization": header})
            assert answer.status == 401

    serve(access_of("worker", ExporterSettings(users_file=str(users)), {}), scenario)


def test_a_certificate_makes_it_https_and_a_renewed_one_is_used(authority: Authority, tmp_path: Path) -> None:
    first, second = authority.issue("localhost", name="first"), authority.issue("localhost", name="second")
    live = tmp_path / "live.pem"
    live.write_bytes(first.both.read_bytes())
    trust = client_context(TlsFiles(authorities=str(authority.file)))

    async def serial(port: int) -> object:
        _, writer = await asyncio.open_connection("localhost", port, ssl=trust)
        certificate = writer.get_extra_info("peercert")
        writer.close()
        return certificate["serialNumber"]

    async def scenario(url: str) -> None:
        assert url.startswith("https://127.0.0.1:")
        port = int(url.rpartition(":")[2])
        async with ClientSession() as session:
            answer = await session.get(f"https://localhost:{port}/metrics", ssl=trust)
            assert await answer.text() == "page /metrics"
        before = await serial(port)
        live.write_bytes(second.both.read_bytes())
        assert await serial(port) != before

    serve(access_of("exporter", ExporterSettings(certificate_file=str(live)), {}), scenario)


def test_check_recognises_a_protected_server(authority: Authority, users: Path) -> None:
    issued = authority.issue("elsewhere.example.org", name="elsewhere")
    section = ExporterSettings(certificate_file=str(issued.both), users_file=str(users))

    async def scenario(url: str) -> None:
        address = Address("exporter", "127.0.0.1", int(url.rpartition(":")[2]), encrypted=True)
        finding = await asyncio.to_thread(port_finding, address)
        assert finding.status == "ok", finding
        assert finding.text.endswith("is answered by selfserve, which asks for a user, and it is ready")
        finding = await asyncio.to_thread(port_finding, replace(address, role="worker"))
        assert "is answered by selfserve's exporter" in finding.text

    serve(access_of("exporter", section, {}), scenario)


def test_check_notices_that_the_running_one_is_not_encrypted() -> None:
    async def scenario(url: str) -> None:
        address = Address("exporter", "127.0.0.1", int(url.rpartition(":")[2]), encrypted=True)
        finding = await asyncio.to_thread(port_finding, address)
        assert finding.status == "fail"
        assert "without encryption, and exporter.certificate_file is set" in finding.text

    serve(Access("exporter"), scenario)


def test_a_file_that_cannot_be_used_names_key_file_and_line(tmp_path: Path, authority: Authority) -> None:
    issued, other = authority.issue("a", name="a"), authority.issue("a", name="b")
    config = tmp_path / "my.yaml"

    def refused(**keys: Path | str) -> str:
        config.write_text("worker:\n" + "".join(f"  {name}: {value}\n" for name, value in keys.items()))
        settings = load_settings(config)
        with pytest.raises(UserError) as caught:
            access_of("worker", settings.worker, settings.places)
        return str(caught.value)

    assert refused(users_file="/no/users").startswith(f"{config}:2: worker.users_file: cannot read /no/users")
    assert refused(certificate_file="/no/crt").startswith(
        f"{config}:2: worker.certificate_file: cannot read /no/crt"
    )
    assert refused(certificate_file=issued.certificate, key_file=other.key).startswith(
        f"{config}:3: worker.key_file: the key in {other.key} is not that of"
    )


@pytest.mark.parametrize("section", ["worker", "exporter"])
def test_a_key_without_a_certificate_is_a_mistake(tmp_path: Path, section: str) -> None:
    config = tmp_path / "my.yaml"
    config.write_text(f"{section}:\n  key_file: a.key\n")
    with pytest.raises(SettingsError, match=rf"my.yaml:2: {section}\.key_file: there is no certificate_file"):
        load_settings(config)


def test_what_is_older_than_tls_1_2_is_refused(authority: Authority) -> None:
    access = access_of(
        "exporter", ExporterSettings(certificate_file=str(authority.issue("a", name="old").both)), {}
    )

    assert access.tls is not None
    assert access.tls.minimum_version == ssl.TLSVersion.TLSv1_2

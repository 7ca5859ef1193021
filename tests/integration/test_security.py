"""Everything over TLS, SASL and client certificates: a real broker that insists on them, real workers and exporters."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bcrypt
import pytest

from app.config.secret import Secret
from app.kafka.obstacle import obstacle
from app.tls import TlsFiles, client_context
from streams.core.time import MINUTE_MS
from tests.support.certificates import Authority
from tests.support.exporters import Exporter, Exporters
from tests.support.processes import eventually
from tests.support.prometheus import prometheus
from tests.support.secured import EXPORTER, OPERATOR, PASSWORD, PRODUCER, WORKER, SecuredKafka, secured_kafka
from tests.support.workers import Service, Worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PREFIX: Final = "secured."
READER_PASSWORD: Final = "ten green bottles"
USERS: Final = 20
EVERYBODY: Final = {"window": "1d"} | dict.fromkeys(("plan", "segment", "role", "platform"), "all")
START_MS: Final = 1_767_600_000_000


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    directory = tmp_path_factory.mktemp("secured")
    with secured_kafka(directory, prefix=PREFIX, group=f"{PREFIX}group") as broker:
        yield broker


def events(directory: Path) -> Path:
    """Write a visit of each of `USERS` customers."""
    file = directory / "events.jsonl"
    lines = [
        {
            "id": str(n),
            "type": "session.started",
            "source": "test",
            "time": START_MS + n * 100,
            "user_id": f"u{n}",
        }
        for n in range(USERS)
    ]
    # The evaluation time follows the events.
    lines.append({**lines[-1], "id": "last", "time": START_MS + MINUTE_MS})
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def run(service: Service, *arguments: str, user: str | None = None) -> str:
    """Run a command that has to succeed; return its output."""
    done = service.run(*arguments, **({} if user is None else {"SELFSERVE_KAFKA_USER": user}))
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout


def active_users(exporter: Exporter) -> float | None:
    return exporter.value("kpi_active_users", **EVERYBODY)


@dataclass
class Installation:
    service: Service
    worker: Worker
    exporter: Exporter
    authority: Authority
    certificate: Path
    """Of the HTTP ports, with its key."""
    password: Path
    """Of the user `reader`."""


@pytest.fixture(scope="module")
def installation(broker: SecuredKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation over SASL_SSL with SCRAM, each part as a user with its own rights, and HTTPS with users."""
    directory = tmp_path_factory.mktemp("installation")
    authority = Authority(directory, "http-ca")
    issued = authority.issue("127.0.0.1", name="http")
    (directory / "kafka-password").write_text(f"{PASSWORD}\n")
    password = directory / "reader-password"
    password.write_text(READER_PASSWORD)
    hashed = bcrypt.hashpw(READER_PASSWORD.encode(), bcrypt.gensalt(rounds=5)).decode()
    (directory / "users").write_text(f"reader:{hashed}\n")
    http = {"certificate_file": str(issued.both), "users_file": str(directory / "users")}
    kafka = {
        "security_protocol": "SASL_SSL",
        "ca_file": str(broker.authority.file),
        "sasl_mechanism": "SCRAM-SHA-512",
        "user": WORKER,
        "password_file": str(directory / "kafka-password"),
    }
    service = Service(
        broker.scram,
        PREFIX,
        directory,
        partitions=2,
        # Whoever logs everything logs no password.
        settings={"kafka": kafka, "worker": http, "exporter": http | {"port": 0}, "log": {"level": "debug"}},
    )
    service.configure()
    exporters = Exporters(service.config)
    try:
        assert "created" in run(service, "topics", user=OPERATOR)
        worker, exporter = service.start(), exporters.start(SELFSERVE_KAFKA_USER=EXPORTER)
        for process in (worker, exporter):
            process.trust = client_context(TlsFiles(authorities=str(authority.file)))
            token = base64.b64encode(f"reader:{READER_PASSWORD}".encode()).decode()
            process.headers = {"Authorization": f"Basic {token}"}
        run(service, "send", str(events(directory)), user=PRODUCER)
        worker.wait_ready()
        yield Installation(service, worker, exporter, authority, issued.both, password)
        assert worker.stop() == 0
        assert PASSWORD not in worker.text() + exporter.text()
    finally:
        exporters.stop()
        service.__exit__()


class TestScramAndHttps:
    def test_events_become_figures(self, installation: Installation) -> None:
        exporter = installation.exporter
        eventually(lambda: active_users(exporter) == USERS, "the figures are there")

        assert installation.worker.url is not None
        assert installation.worker.url.startswith("https://")
        assert installation.worker.owned() == 2

    def test_only_health_is_told_without_a_password(self, installation: Installation) -> None:
        for process in (installation.worker, installation.exporter):
            told, process.headers = process.headers, {}
            try:
                pages = ("healthz", "readyz", "metrics", "api/v1/kpis", "")
                assert [process.get(page)[0] for page in pages] == [200, 200, 401, 401, 401]
            finally:
                process.headers = told
            assert process.get("metrics")[0] == 200

    def test_check_finds_all_well(self, installation: Installation) -> None:
        worker, exporter = (
            int(str(process.url).rstrip("/").rpartition(":")[2])
            for process in (installation.worker, installation.exporter)
        )
        installation.service.configure(worker={"port": worker}, exporter={"port": exporter})

        told = run(installation.service, "check", user=OPERATOR)

        assert told.endswith("\nAll is well.\n"), told
        assert "kafka.password_file = " in told
        assert told.count("is answered by selfserve, which asks for a user, and it is ready") == 2
        assert run(installation.service, "check", "--alive") == "alive\n"

    def test_what_is_kept_can_be_read(self, installation: Installation) -> None:
        assert "panes and facts agree" in run(installation.service, "verify")

    @pytest.mark.prometheus
    def test_prometheus_scrapes_it(self, installation: Installation, tmp_path: Path) -> None:
        job = {
            "job_name": "selfserve",
            "scheme": "https",
            "tls_config": {"ca_file": str(installation.authority.file)},
            "basic_auth": {"username": "reader", "password_file": str(installation.password)},
            "static_configs": [
                {"targets": [str(installation.exporter.url).removeprefix("https://").rstrip("/")]}
            ],
        }
        with prometheus(job, tmp_path) as query:
            eventually(
                lambda: query(
                    'kpi_active_users{window="1d",plan="all",segment="all",role="all",platform="all"}'
                ),
                "Prometheus has the value",
            )
            assert query('up{job="selfserve"}')[0]["value"][1] == "1"

    def test_a_renewed_certificate_is_shown_without_a_restart(self, installation: Installation) -> None:
        address = str(installation.exporter.url).removeprefix("https://").rstrip("/")
        host, _, port = address.partition(":")
        before = ssl.get_server_certificate((host, int(port)))

        shutil.copy(installation.authority.issue("127.0.0.1", name="renewed").both, installation.certificate)

        assert ssl.get_server_certificate((host, int(port))) != before
        assert installation.exporter.get("metrics")[0] == 200


def test_a_pipeline_with_client_certificates(broker: SecuredKafka, tmp_path: Path) -> None:
    kafka = {
        "security_protocol": "SSL",
        "ca_file": str(broker.authority.file),
        "certificate_file": str(broker.client.certificate),
        "key_file": str(broker.client.key),
    }
    settings = {"kafka": kafka, "exporter": {"port": 0}, "worker": {"clock": "wall"}}
    service = Service(broker.mutual, "mutual.", tmp_path, partitions=2, settings=settings)
    service.configure()
    exporters = Exporters(service.config)
    try:
        run(service, "topics")
        worker, exporter = service.start(), exporters.start()
        run(service, "simulate", "--rate", "200", "--duration", "2s", "--customers", "500")
        worker.wait_ready()
        eventually(lambda: (active_users(exporter) or 0) > 0, "the figures are there")
        assert worker.stop() == 0
    finally:
        exporters.stop()
        service.__exit__()


@dataclass
class Clients:
    """What a client may be told; keyword arguments for both libraries."""

    broker: SecuredKafka
    directory: Path

    def tls(self, *, authority: Authority | None = None, own: bool = False) -> dict[str, Any]:
        trusted, client = authority or self.broker.authority, self.broker.client
        files = TlsFiles(
            authorities=str(trusted.file),
            certificate=str(client.certificate) if own else None,
            key=str(client.key) if own else None,
        )
        return {"security_protocol": "SSL", "ssl_context": client_context(files)}

    def stranger(self) -> dict[str, Any]:
        """A certificate from an authority that the broker does not know."""
        issued = Authority(self.directory, "strangers").issue("x", name="stranger")
        files = TlsFiles(str(self.broker.authority.file), str(issued.certificate), str(issued.key))
        return {"security_protocol": "SSL", "ssl_context": client_context(files)}

    def sasl(
        self, mechanism: str, password: str = PASSWORD, *, user: str = WORKER, tls: bool = False
    ) -> dict[str, Any]:
        return {
            **(self.tls() if tls else {}),
            "security_protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
            "sasl_mechanism": mechanism,
            "sasl_plain_username": user,
            "sasl_plain_password": Secret(password),
        }


@pytest.fixture
def clients(broker: SecuredKafka, tmp_path: Path) -> Clients:
    return Clients(broker, tmp_path)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("plain", lambda _: {}),
        ("tls", lambda c: c.tls()),
        ("mutual", lambda c: c.tls(own=True)),
        ("scram", lambda c: c.sasl("SCRAM-SHA-512", tls=True)),
        ("clear", lambda c: c.sasl("SCRAM-SHA-256")),
        ("clear", lambda c: c.sasl("PLAIN")),
    ],
)
def test_what_the_listener_expects_meets_no_obstacle(
    clients: Clients, address: str, client: Callable[[Clients], dict[str, Any]]
) -> None:
    assert obstacle(getattr(clients.broker, address), client(clients)) is None


@pytest.mark.parametrize(
    ("address", "client", "cause", "reason", "remedy"),
    [
        ("scram", lambda c: c.sasl("SCRAM-SHA-512", "wrong", tls=True), "authentication", "user worker is refused", "kafka.password_file"),
        ("scram", lambda c: c.sasl("SCRAM-SHA-512", user="eve", tls=True), "authentication", "user eve is refused", "kafka.user"),
        ("scram", lambda c: c.sasl("SCRAM-SHA-256", tls=True), "authentication", "does not accept SCRAM-SHA-256", "kafka.sasl_mechanism"),
        ("clear", lambda c: c.sasl("PLAIN", "wrong"), "authentication", "user worker is refused with PLAIN", "SELFSERVE_KAFKA_PASSWORD"),
        ("scram", lambda c: c.tls(), "authentication", "closed at the first request", "SASL_SSL"),
        ("clear", lambda _: {}, "authentication", "closed at the first request", "SASL_SSL or SASL_PLAINTEXT"),
        ("tls", lambda c: c.sasl("SCRAM-SHA-512", tls=True), "authentication", "asks for no user", "SSL or PLAINTEXT"),
        ("tls", lambda c: c.tls(authority=Authority(c.directory, "other")), "tls", "an authority that is not in kafka.ca_file", "kafka.ca_file"),
        ("tls", lambda _: {"security_protocol": "SSL", "ssl_context": client_context(TlsFiles())}, "tls", "not in what this system trusts", "kafka.ca_file"),
        ("mutual", lambda c: c.tls(), "tls", "asks for a client certificate", "kafka.certificate_file"),
        ("mutual", lambda c: c.stranger(), "tls", "does not accept the certificate in", "kafka.certificate_file"),
        ("plain", lambda c: c.tls(), "tls", "closed at the beginning of TLS", "PLAINTEXT"),
        ("tls", lambda _: {}, "tls", "speaks TLS, and kafka.security_protocol is PLAINTEXT", "SSL or SASL_SSL"),
        ("scram", lambda c: c.sasl("PLAIN"), "tls", "speaks TLS, and kafka.security_protocol is SASL_PLAINTEXT", "SASL_SSL"),
    ],
)  # fmt: skip
def test_obstacles_are_told_apart(
    clients: Clients,
    address: str,
    client: Callable[[Clients], dict[str, Any]],
    cause: str,
    reason: str,
    remedy: str,
) -> None:
    found = obstacle(getattr(clients.broker, address), client(clients))

    assert found is not None
    assert found.cause == cause
    assert reason in found.reason
    assert remedy in found.remedy
    assert PASSWORD not in repr(found)


def test_a_broker_under_a_name_that_is_not_in_its_certificate(clients: Clients) -> None:
    found = obstacle(clients.broker.tls.replace("localhost", "127.0.0.1"), clients.tls())

    assert found is not None
    assert found.cause == "tls"
    assert "another name" in found.reason
    assert "127.0.0.1" in found.reason
    assert "advertised.listeners" in found.remedy


class TestCommands:
    """Each ends with a message that says what to do, and with the exit code of an outside cause."""

    def service(self, broker: SecuredKafka, directory: Path, address: str, **kafka: str) -> Service:
        service = Service(address, "refused.", directory, settings={"kafka": kafka, "exporter": {"port": 0}})
        service.configure()
        return service

    def test_a_wrong_password_ends_a_worker(self, broker: SecuredKafka, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("swordfish")
        service = self.service(
            broker,
            tmp_path,
            broker.scram,
            security_protocol="SASL_SSL",
            ca_file=str(broker.authority.file),
            sasl_mechanism="SCRAM-SHA-512",
            user=WORKER,
            password_file=str(tmp_path / "password"),
        )
        done = service.run("worker")

        assert done.returncode == 2
        assert done.stderr.startswith(f"Error: Kafka refuses the authentication at {broker.scram}.\n")
        assert "user worker is refused with SCRAM-SHA-512" in done.stderr
        assert "Traceback" not in done.stderr
        assert "swordfish" not in done.stdout + done.stderr

    def test_a_wrong_authority_ends_an_exporter(self, broker: SecuredKafka, tmp_path: Path) -> None:
        other = Authority(tmp_path, "other")
        service = self.service(broker, tmp_path, broker.tls, security_protocol="SSL", ca_file=str(other.file))
        done = service.run("exporter")

        assert done.returncode == 2
        assert f"Error: TLS with Kafka fails at {broker.tls}.\n" in done.stderr
        assert "an authority that is not in kafka.ca_file" in done.stderr
        assert "Traceback" not in done.stderr

    def test_check_names_a_missing_client_certificate(self, broker: SecuredKafka, tmp_path: Path) -> None:
        service = self.service(
            broker, tmp_path, broker.mutual, security_protocol="SSL", ca_file=str(broker.authority.file)
        )
        done = service.run("check", "--json")

        assert done.returncode == 1
        (failed,) = [found for found in json.loads(done.stdout)["findings"] if found["status"] == "fail"]
        assert failed["subject"] == "kafka"
        assert failed["text"] == f"TLS with Kafka fails at {broker.mutual}"
        assert "asks for a client certificate" in failed["details"][0]
        assert "kafka.certificate_file" in failed["details"][1]

    def test_a_listener_that_wants_more_than_it_is_told_ends_topics(
        self, broker: SecuredKafka, tmp_path: Path
    ) -> None:
        done = self.service(broker, tmp_path, broker.clear).run("topics")

        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: Kafka refuses the authentication at {broker.clear}.\n")
        assert "kafka.sasl_mechanism" in done.stderr

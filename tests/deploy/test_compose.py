"""The compose file: valid, and in agreement with the program, its settings and Prometheus' configuration."""

from __future__ import annotations

import copy
import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import click
import jsonschema
import pytest
import yaml
from jsonschema.validators import Draft7Validator, validator_for
from kafka.admin import ConfigResource, KafkaAdminClient

from app import __version__
from app.cli import main
from app.config.source import SettingsError
from app.settings import SECTIONS, Settings, load_settings
from tests.conftest import REPOSITORY
from tests.deploy.support import (
    PROMETHEUS,
    compose,
    compose_schema,
    prometheus_configuration,
    scrape_jobs,
    services,
)
from tests.support.kafka import SharedKafka

SERVICES = services()
OWN = [name for name, service in SERVICES.items() if "build" in service]
RUNNING = [name for name in SERVICES if name not in {"topics", "simulate"}]

PASSWORD = "GF_SECURITY_ADMIN_PASSWORD"

# What the image reads itself, and what every Java program of Kafka's reads.
NO_PROPERTY = {"CLUSTER_ID", "KAFKA_HEAP_OPTS"}


def validate(document: dict[str, Any]) -> None:
    schema = compose_schema()
    # The schema names its draft in a way that the library does not know.
    validator = Draft7Validator if "draft-07" in schema["$schema"] else validator_for(schema)
    validator.check_schema(schema)
    validator(schema).validate(document)


def environment(service: str) -> dict[str, str]:
    """Return the variables of a service, with the defaults of those that are passed on."""
    variables: dict[str, str] = SERVICES[service].get("environment", {})
    return {name: re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value) for name, value in variables.items()}


def port(service: str) -> int:
    """Return the only port that a service publishes, which is the same on both sides."""
    (published,) = SERVICES[service]["ports"]
    match = re.fullmatch(r"127\.0\.0\.1:([0-9]+):\1", published)
    assert match is not None
    return int(match[1])


def inside(service: str, path: str) -> Path | None:
    """Return the file of the repository that a container finds at ``path``, if one is mounted there."""
    volumes: list[str] = SERVICES[service]["volumes"]
    for volume in volumes:
        source, target, *_ = volume.split(":")
        if source.startswith(".") and PurePosixPath(path).is_relative_to(target):
            return REPOSITORY / source / PurePosixPath(path).relative_to(target)
    return None


def settings(service: str) -> Settings:
    """Return the settings that a service runs with."""
    return load_settings(REPOSITORY / "deploy" / "selfserve.yaml", environ=environment(service))


class TestForm:
    def test_it_follows_the_compose_specification(self) -> None:
        validate(compose())

    @pytest.mark.parametrize("key", ["imgae", "health_check"])
    def test_a_misspelt_key_does_not(self, key: str) -> None:
        document = copy.deepcopy(compose())
        document["services"]["worker"][key] = "x"

        with pytest.raises(jsonschema.ValidationError, match=key):
            validate(document)

    @pytest.mark.parametrize("name", SERVICES)
    def test_every_image_has_a_full_version(self, name: str) -> None:
        assert re.fullmatch(r"[a-z/]+:v?[0-9]+\.[0-9]+\.[0-9]+", SERVICES[name]["image"])

    @pytest.mark.parametrize("name", OWN)
    def test_our_own_image_has_the_version_of_the_program(self, name: str) -> None:
        assert SERVICES[name]["image"] == f"selfserve:{__version__}"
        assert (REPOSITORY / SERVICES[name]["build"]["dockerfile"]).is_file()

    @pytest.mark.parametrize("name", RUNNING)
    def test_what_keeps_running_has_a_health_check_and_comes_back(self, name: str) -> None:
        assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert SERVICES[name]["restart"] == "unless-stopped"

    @pytest.mark.parametrize("name", SERVICES)
    def test_everything_has_limits(self, name: str) -> None:
        assert SERVICES[name]["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}

    @pytest.mark.parametrize("name", SERVICES)
    def test_no_container_has_privileges(self, name: str) -> None:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]

    @pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"kafka"}))
    def test_nothing_but_volumes_can_be_written(self, name: str) -> None:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["tmpfs"] == ["/tmp"]

    @pytest.mark.parametrize("name", SERVICES)
    def test_ports_are_published_on_this_machine_alone(self, name: str) -> None:
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))

    @pytest.mark.parametrize("name", SERVICES)
    def test_volumes_are_declared_and_files_exist(self, name: str) -> None:
        for volume in SERVICES[name].get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (REPOSITORY / source).exists()
                assert volume.endswith(":ro")
            else:
                assert source in compose()["volumes"]

    @pytest.mark.parametrize("name", SERVICES)
    def test_conditions_can_be_met(self, name: str) -> None:
        for other, how in SERVICES[name].get("depends_on", {}).items():
            match how["condition"]:
                case "service_healthy":
                    assert "test" in SERVICES[other]["healthcheck"]
                case "service_completed_successfully":
                    assert SERVICES[other]["restart"] == "no"
                case condition:
                    assert condition == "service_started"

    def test_there_are_two_workers(self) -> None:
        assert SERVICES["worker"]["deploy"]["replicas"] == 2

    def test_nothing_secret_is_in_it(self) -> None:
        names = [name for service in SERVICES for name in environment(service)]

        assert [name for name in names if re.search(r"PASS|SECRET|TOKEN|KEY", name)] == [PASSWORD]
        assert SERVICES["grafana"]["environment"][PASSWORD] == "${SELFSERVE_GRAFANA_PASSWORD:-}"


class TestProgram:
    @pytest.mark.parametrize("name", OWN)
    def test_every_variable_is_one_of_a_setting(self, name: str) -> None:
        known = {key.environment for section in SECTIONS for key in section.keys}

        assert environment(name).keys() <= known

    @pytest.mark.parametrize("name", OWN)
    def test_the_settings_can_be_read(self, name: str) -> None:
        assert settings(name).kafka.bootstrap_servers == "kafka:19092"

    def test_a_wrong_value_would_be_noticed(self) -> None:
        with pytest.raises(SettingsError, match="SELFSERVE_LOG_FORMAT"):
            load_settings(environ={**environment("worker"), "SELFSERVE_LOG_FORMAT": "xml"})

    @pytest.mark.parametrize("name", OWN)
    def test_every_command_line_is_understood(self, name: str) -> None:
        lines = [SERVICES[name]["command"]]
        check = SERVICES[name]["healthcheck"].get("test", ["CMD", "selfserve"])
        assert check[:2] == ["CMD", "selfserve"]
        if len(check) > 2:
            lines.append(check[2:])
        for command, *arguments in lines:
            found = main.get_command(click.Context(main), command)
            assert found is not None, command
            # Everything but running it: an unknown option or a value out of bounds is an error.
            found.make_context(command, list(arguments))

    def test_ports_are_those_of_the_settings(self) -> None:
        defaults = settings("exporter")

        assert SERVICES["exporter"]["ports"] == [
            f"127.0.0.1:{defaults.exporter.port}:{defaults.exporter.port}"
        ]
        assert defaults.exporter.listen == defaults.worker.listen == "0.0.0.0"

    @pytest.mark.parametrize(
        ("job", "service"), [("selfserve-exporter", "exporter"), ("selfserve-worker", "worker")]
    )
    def test_prometheus_scrapes_every_container(self, job: str, service: str) -> None:
        port = getattr(settings(service), service).port

        assert scrape_jobs()[job]["dns_sd_configs"] == [{"names": [service], "type": "A", "port": port}]

    def test_prometheus_reads_the_files_that_are_mounted(self) -> None:
        prometheus = SERVICES["prometheus"]

        assert options("prometheus")["config.file"] == "/etc/prometheus/prometheus.yml"
        assert inside("prometheus", "/etc/prometheus/prometheus.yml") == PROMETHEUS / "prometheus.yml"
        assert f"prometheus:{options('prometheus')['storage.tsdb.path']}" in prometheus["volumes"]
        for pattern in prometheus_configuration()["rule_files"]:
            assert list(PROMETHEUS.glob(pattern))


def options(service: str) -> dict[str, str]:
    """Return the options of a command line, without their dashes."""
    arguments: list[str] = SERVICES[service]["command"]
    return dict(argument.removeprefix("--").split("=", 1) for argument in arguments)


class TestAlerts:
    def test_prometheus_sends_them_to_alertmanager(self) -> None:
        (managers,) = prometheus_configuration()["alerting"]["alertmanagers"]

        assert managers == {"static_configs": [{"targets": [f"alertmanager:{port('alertmanager')}"]}]}
        assert "alertmanager" in SERVICES["prometheus"]["depends_on"]

    def test_alertmanager_reads_the_files_that_are_mounted(self) -> None:
        file = inside("alertmanager", options("alertmanager")["config.file"])

        assert file == REPOSITORY / "deploy" / "alertmanager" / "alertmanager.yml"
        for pattern in yaml.safe_load(file.read_text())["templates"]:
            assert list(file.parent.glob(pattern))
        volume = f"alertmanager:{options('alertmanager')['storage.path']}"
        assert volume in SERVICES["alertmanager"]["volumes"]

    @pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
    def test_links_lead_to_the_published_port(self, name: str) -> None:
        assert options(name)["web.external-url"] == f"http://127.0.0.1:{port(name)}/"

    def test_prometheus_keeps_what_alerts_look_back_at(self) -> None:
        days = int(options("prometheus")["storage.tsdb.retention.time"].removesuffix("d"))

        assert days > 22


class TestGrafana:
    def provisioned(self, name: str) -> dict[str, Any]:
        file = inside("grafana", f"/etc/grafana/provisioning/{name}/selfserve.yml")
        assert file is not None
        document: dict[str, Any] = yaml.safe_load(file.read_text())
        return document

    def test_its_datasource_is_the_prometheus_of_the_compose_file(self) -> None:
        (datasource,) = self.provisioned("datasources")["datasources"]

        assert datasource["url"] == f"http://prometheus:{port('prometheus')}"

    def test_it_finds_the_dashboards_and_opens_the_overview(self) -> None:
        (provider,) = self.provisioned("dashboards")["providers"]
        folder = provider["options"]["path"]
        home = environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]

        assert inside("grafana", folder) == REPOSITORY / "deploy" / "grafana" / "dashboards"
        assert PurePosixPath(home).parent == PurePosixPath(folder)
        file = inside("grafana", home)
        assert file is not None
        assert file.is_file()

    def test_whoever_reaches_it_may_look_and_no_more(self) -> None:
        assert environment("grafana")["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
        assert environment("grafana")["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
        assert environment("grafana")["GF_USERS_ALLOW_SIGN_UP"] == "false"

    def administrator_password(self, given: str, folder: Path) -> str:
        """Start the container's command with a program that prints the password in the place of Grafana."""
        program = folder / "run.sh"
        program.write_text(f'#!/bin/sh\nprintf %s "${PASSWORD}"\n')
        program.chmod(0o755)
        (script,) = SERVICES["grafana"]["command"]
        # Compose writes a dollar that is not its own twice.
        script = script.replace("$$", "$").replace("/run.sh", str(program))
        command = [*SERVICES["grafana"]["entrypoint"], script]
        environ = {"PATH": "/usr/bin:/bin", PASSWORD: given}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout

    def test_its_administrator_has_the_password_that_is_given(self, tmp_path: Path) -> None:
        assert self.administrator_password("a b'c$d", tmp_path) == "a b'c$d"

    def test_without_one_its_administrator_has_a_password_that_nobody_knows(self, tmp_path: Path) -> None:
        first, second = (self.administrator_password("", tmp_path) for _ in range(2))

        assert len(first) == len(second) == 32
        assert first != second


class TestBroker:
    def listeners(self, key: str) -> dict[str, str]:
        return dict(entry.split("://") for entry in environment("kafka")[key].split(","))

    def test_clients_find_it_where_they_look(self) -> None:
        advertised = self.listeners("KAFKA_ADVERTISED_LISTENERS")

        assert advertised["CONTAINERS"] == environment("worker")["SELFSERVE_BOOTSTRAP_SERVERS"]
        published = SERVICES["kafka"]["ports"][0].rpartition(":")[0]
        assert advertised["MACHINE"] == published == Settings().kafka.bootstrap_servers

    def test_it_listens_where_it_says(self) -> None:
        listeners, advertised = (
            self.listeners("KAFKA_LISTENERS"),
            self.listeners("KAFKA_ADVERTISED_LISTENERS"),
        )

        for name, address in advertised.items():
            assert listeners[name] == ":" + address.rpartition(":")[2]
        protocols = environment("kafka")["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
        assert {entry.partition(":")[0] for entry in protocols} == listeners.keys()

    def test_its_data_outlive_the_container(self) -> None:
        assert f"kafka:{environment('kafka')['KAFKA_LOG_DIRS']}" in SERVICES["kafka"]["volumes"]

    @pytest.mark.kafka
    def test_kafka_knows_every_property(self, kafka: SharedKafka) -> None:
        with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
            node = str(admin.describe_cluster()["brokers"][0]["broker_id"])
            known = admin.describe_configs([ConfigResource("broker", node)], config_filter="all")
        given = environment("kafka").keys() - NO_PROPERTY
        properties = {name.removeprefix("KAFKA_").replace("_", ".").lower() for name in given}

        # A property that Kafka does not know is one that it would silently ignore.
        assert properties - known["broker"][node].keys() == set()

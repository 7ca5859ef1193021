"""Settings of encryption and authentication: what belongs together, and that no password is ever shown."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from app.check.configuration import configuration_findings
from app.config.kafka import KafkaSettings
from app.config.secret import Secret
from app.config.source import SettingsError
from app.settings import Settings, load_settings

PASSWORD = "swordfish"
SCRAM = "kafka:\n  security_protocol: SASL_SSL\n  sasl_mechanism: SCRAM-SHA-512\n  user: selfserve\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str = "", **environ: str) -> Settings:
    path = Path("my.yaml")
    path.write_text(text)
    return load_settings(path, environ=environ)


def message(text: str = "", **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(text, **environ)
    return str(caught.value)


class TestPasswords:
    def test_it_comes_from_the_environment_without_the_line_break_of_a_file(self) -> None:
        password = load(SCRAM, SELFSERVE_KAFKA_PASSWORD=PASSWORD + "\n").kafka.password

        assert password is not None
        assert password.encode() == PASSWORD.encode()

    def test_it_is_shown_nowhere(self) -> None:
        settings = load(SCRAM, SELFSERVE_KAFKA_PASSWORD=PASSWORD)
        (finding,) = configuration_findings(settings)
        password = settings.kafka.password

        assert "kafka.password = (hidden)  (environment SELFSERVE_KAFKA_PASSWORD)" in finding.details
        shown = [
            repr(settings),
            str(settings),
            repr(finding),
            f"{password}",
            f"{password:>20}",
            str(password),
        ]
        shown += ["%s %r" % (password, {"password": password}), "{}".format(password)]  # noqa: UP031, UP032
        assert [text for text in shown if PASSWORD in text] == []

    @pytest.mark.parametrize("name", ["password", "key_password"])
    @pytest.mark.parametrize("value", [PASSWORD, "4711", f"[{PASSWORD}]"])
    def test_a_settings_file_is_no_place_for_it(self, name: str, value: str) -> None:
        said = message(f"kafka:\n  {name}: {value}\n")

        assert said == (
            f"my.yaml:2: kafka.{name}: found (hidden); allowed: none here; the password itself only in the"
            " environment variable"
        )

    def test_clients_join_and_encode_it(self) -> None:
        secret = Secret(PASSWORD)

        joined = "\0".join(["me", secret])  # noqa: FLY002  # as both do
        assert joined == f"me\0{PASSWORD}"
        assert secret.encode() == PASSWORD.encode()
        assert secret == PASSWORD


class TestCombinations:
    def test_every_key_of_one_kind_can_be_said_with_its_protocol(self) -> None:
        text = (
            "kafka:\n  security_protocol: SASL_SSL\n  sasl_mechanism: PLAIN\n  user: $ConnectionString\n"
            "  password_file: /run/password\n  ca_file: /run/ca.pem\n  certificate_file: me.pem\n"
            "  key_file: me.key\n  key_password_file: me.password\n"
        )
        kafka = load(text).kafka

        assert kafka.encrypted
        assert kafka.authenticated
        assert kafka.user == "$ConnectionString"

    @pytest.mark.parametrize(
        ("protocol", "encrypted", "authenticated"),
        [
            ("PLAINTEXT", False, False),
            ("SSL", True, False),
            ("SASL_PLAINTEXT", False, True),
            ("SASL_SSL", True, True),
        ],
    )
    def test_the_protocol_says_what_there_is(
        self, protocol: str, encrypted: bool, authenticated: bool
    ) -> None:
        kafka = KafkaSettings(security_protocol=protocol)  # type: ignore[arg-type]

        assert (kafka.encrypted, kafka.authenticated) == (encrypted, authenticated)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "kafka:\n  ca_file: ca.pem\n",
                (
                    "my.yaml:2: kafka.ca_file: kafka.security_protocol is PLAINTEXT, without encryption; choose SSL or"
                    " SASL_SSL, or leave this out"
                ),
            ),
            (
                "kafka:\n  security_protocol: SSL\n  user: me\n",
                (
                    "my.yaml:3: kafka.user: kafka.security_protocol is SSL, which asks for no user; choose SASL_SSL or"
                    " SASL_PLAINTEXT, or leave this out"
                ),
            ),
            (
                "kafka:\n  security_protocol: SSL\n  key_file: me.key\n",
                "my.yaml:3: kafka.key_file: there is no kafka.certificate_file that it would belong to",
            ),
            (
                f"{SCRAM}  password_file: a\n  sasl_mechanism: GSSAPI\n".replace(
                    "  sasl_mechanism: SCRAM-SHA-512\n", ""
                ),
                (
                    "my.yaml:5: kafka.sasl_mechanism: found 'GSSAPI'; allowed: SCRAM-SHA-256, SCRAM-SHA-512 or PLAIN,"
                    " or none"
                ),
            ),
            (
                SCRAM,
                (
                    "my.yaml:2: kafka.security_protocol: SASL_SSL needs kafka.password_file or the environment variable"
                    " SELFSERVE_KAFKA_PASSWORD"
                ),
            ),
        ],
    )
    def test_a_wrong_one_names_key_file_and_line(self, text: str, expected: str) -> None:
        assert message(text) == expected

    def test_everything_that_authentication_lacks_is_said_at_once(self) -> None:
        assert message(SELFSERVE_KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT").splitlines() == [
            "environment SELFSERVE_KAFKA_SECURITY_PROTOCOL: kafka.security_protocol: SASL_PLAINTEXT needs "
            + rest
            for rest in (
                "kafka.sasl_mechanism",
                "kafka.user",
                "kafka.password_file or the environment variable SELFSERVE_KAFKA_PASSWORD",
            )
        ]

    def test_a_password_in_two_places_is_one_too_many(self) -> None:
        said = message(f"{SCRAM}  password_file: a\n", SELFSERVE_KAFKA_PASSWORD=PASSWORD)

        assert said == "my.yaml:5: kafka.password_file: there is kafka.password, too; say one of them"

    def test_a_password_without_authentication_is_not_silently_unused(self) -> None:
        assert message(SELFSERVE_KAFKA_PASSWORD=PASSWORD).startswith(
            "environment SELFSERVE_KAFKA_PASSWORD: kafka.password: kafka.security_protocol is PLAINTEXT"
        )

    @pytest.mark.parametrize(
        "user", ["a b", "a,b", "a=b", "", "ä", *map("".join, itertools.product("a", "\t\x7f"))]
    )
    def test_users_that_clients_would_write_differently_are_refused(self, user: str) -> None:
        with pytest.raises(SettingsError, match="without spaces, commas and equals signs"):
            load('kafka:\n  user: "' + user.replace("\t", "\\t").replace("\x7f", "\\x7f") + '"\n')

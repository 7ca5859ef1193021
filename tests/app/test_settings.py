"""Settings: where they come from, which source wins, and what a mistake is answered with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config.documentation import default_file
from app.config.durations import format_duration
from app.config.source import Override, SettingsError
from app.settings import SECTIONS, Settings, load_settings
from streams.core.definitions import Definitions

KEYS = {
    f"{section.name}.{setting.name}": (section, setting) for section in SECTIONS for setting in section.keys
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "my.yaml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def message_for(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(text))
    return str(caught.value)


def mistakes(path: Path) -> str:
    try:
        load_settings(path)
    except SettingsError as error:
        return str(error)
    return "nothing wrong"


def value_of(settings: Settings, dotted: str) -> Any:
    section, setting = KEYS[dotted]
    return getattr(getattr(settings, section.name), setting.attribute)


class TestSources:
    def test_without_any_source_everything_has_its_default(self) -> None:
        settings = load_settings()

        assert settings == Settings()
        assert settings.kafka.bootstrap_servers == "127.0.0.1:9092"
        assert settings.kafka.group == "selfserve"
        assert settings.kafka.partitions == 12
        assert settings.worker.checkpoint_interval_ms == 1_000
        assert settings.exporter.port == 8000
        assert settings.definitions == Definitions()
        assert settings.places == {}

    def test_the_documented_default_file_says_what_no_file_says(self) -> None:
        settings = load_settings(write(default_file(SECTIONS)))

        assert settings.places.keys() == KEYS.keys()
        assert dataclasses.replace(settings, file=None, places={}) == Settings()

    def test_selfserve_yaml_of_the_working_directory_is_read(self) -> None:
        write("worker:\n  port: 9001\n", "selfserve.yaml")

        settings = load_settings()

        assert settings.worker.port == 9001
        assert settings.file == Path("selfserve.yaml")
        assert settings.places == {"worker.port": "selfserve.yaml:2"}

    def test_a_named_file_replaces_it(self) -> None:
        write("worker:\n  port: 9001\n", "selfserve.yaml")

        assert load_settings(write("exporter:\n  port: 9002\n")).worker.port == 8001

    def test_the_environment_beats_the_file_and_an_option_beats_the_environment(self) -> None:
        path = write("kafka:\n  group: file\n  topic_prefix: file-\nworker:\n  checkpoint_interval: 3s\n")
        environ = {"SELFSERVE_GROUP": "environment", "SELFSERVE_CHECKPOINT_INTERVAL": "2s"}
        cli = {"worker.checkpoint_interval": Override("500ms", "--checkpoint-interval")}

        settings = load_settings(path, cli=cli, environ=environ)

        assert settings.kafka.topic_prefix == "file-"
        assert settings.kafka.group == "environment"
        assert settings.worker.checkpoint_interval_ms == 500
        assert settings.places == {
            "kafka.topic_prefix": "my.yaml:3",
            "kafka.group": "environment SELFSERVE_GROUP",
            "worker.checkpoint_interval": "option --checkpoint-interval",
        }

    def test_one_variable_can_set_a_key_of_two_sections(self) -> None:
        settings = load_settings(environ={"SELFSERVE_LISTEN": "0.0.0.0"})

        assert settings.worker.listen == settings.exporter.listen == "0.0.0.0"

    def test_an_empty_variable_is_not_set(self) -> None:
        assert load_settings(environ={"SELFSERVE_GROUP": ""}).kafka.group == "selfserve"

    def test_variables_that_kubernetes_sets_for_a_service_of_that_name_do_no_harm(self) -> None:
        environ = {"SELFSERVE_PORT": "tcp://10.0.0.1:8000", "SELFSERVE_SERVICE_HOST": "10.0.0.1"}

        assert load_settings(environ=environ) == Settings()

    @pytest.mark.parametrize(
        ("variable", "keys"),
        [
            ("SELFSERVE_BOOTSTRAP_SERVERS", {"kafka.bootstrap_servers"}),
            ("SELFSERVE_GROUP", {"kafka.group"}),
            ("SELFSERVE_TOPIC_PREFIX", {"kafka.topic_prefix"}),
            ("SELFSERVE_INSTANCE_ID", {"kafka.instance_id"}),
            ("SELFSERVE_LISTEN", {"worker.listen", "exporter.listen"}),
            ("SELFSERVE_CHECKPOINT_INTERVAL", {"worker.checkpoint_interval"}),
            ("SELFSERVE_KAFKA_SECURITY_PROTOCOL", {"kafka.security_protocol"}),
            ("SELFSERVE_KAFKA_CA_FILE", {"kafka.ca_file"}),
            ("SELFSERVE_KAFKA_CERTIFICATE_FILE", {"kafka.certificate_file"}),
            ("SELFSERVE_KAFKA_KEY_FILE", {"kafka.key_file"}),
            ("SELFSERVE_KAFKA_KEY_PASSWORD", {"kafka.key_password"}),
            ("SELFSERVE_KAFKA_KEY_PASSWORD_FILE", {"kafka.key_password_file"}),
            ("SELFSERVE_KAFKA_SASL_MECHANISM", {"kafka.sasl_mechanism"}),
            ("SELFSERVE_KAFKA_USER", {"kafka.user"}),
            ("SELFSERVE_KAFKA_PASSWORD", {"kafka.password"}),
            ("SELFSERVE_KAFKA_PASSWORD_FILE", {"kafka.password_file"}),
            (
                "SELFSERVE_HTTP_CERTIFICATE_FILE",
                {"worker.certificate_file", "exporter.certificate_file"},
            ),
            ("SELFSERVE_HTTP_KEY_FILE", {"worker.key_file", "exporter.key_file"}),
            ("SELFSERVE_HTTP_USERS_FILE", {"worker.users_file", "exporter.users_file"}),
            ("SELFSERVE_OVERLAY_FILE", {"overlay.file"}),
            ("SELFSERVE_LOG_LEVEL", {"log.level"}),
            ("SELFSERVE_LOG_FORMAT", {"log.format"}),
        ],
    )
    def test_the_names_of_the_variables_do_not_change(self, variable: str, keys: set[str]) -> None:
        assert {dotted for dotted, (_, setting) in KEYS.items() if setting.environment == variable} == keys

    def test_an_option_for_a_key_that_no_section_declares_is_a_programming_error(self) -> None:
        with pytest.raises(KeyError, match=r"worker\.prot"):
            load_settings(cli={"worker.prot": Override("1", "--prot")})

    @pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "kafka:\nworker: {}\n", "~\n"])
    def test_an_empty_file_or_section_changes_nothing(self, text: str) -> None:
        settings = load_settings(write(text))

        assert dataclasses.replace(settings, file=None) == Settings()


class TestValues:
    def test_inactivity_times_keep_the_defaults_of_channels_that_are_not_written(self) -> None:
        text = "definitions:\n  inactivity_times:\n    chat: 5m\n    phone: 1h\n    kiosk: none\n    default: 48h\n"

        definitions = load_settings(write(text)).definitions

        assert definitions.inactivity("chat") == 300_000
        assert definitions.inactivity("phone") == 3_600_000
        assert definitions.inactivity("kiosk") is None
        assert definitions.inactivity("fax") == 48 * 3_600_000
        assert definitions.inactivity("ivr") is None
        assert definitions.inactivity("social") == 24 * 3_600_000

    @pytest.mark.parametrize(
        ("text", "key", "says"),
        [
            (
                "health_weight_recency: 50, health_weight_depth: 0, health_weight_support: 0, health_weight_satisfaction: 0",
                "health_weight_recency",
                "at least two of its four parts",
            ),
            (
                "health_weight_support: 0, health_weight_satisfaction: 0",
                "health_weight_support",
                "use alone says little about health",
            ),
            ("health_good: 40, health_fair: 40", "health_fair", "40 is not below health_good, 40"),
        ],
    )
    def test_a_health_that_says_nothing_is_refused(self, text: str, key: str, says: str) -> None:
        message = message_for("definitions: {" + text + "}\n")
        assert f"definitions.{key}" in message
        assert says in message

    def test_definitions_from_a_file_are_a_value_of_the_core(self) -> None:
        text = (
            "definitions:\n  timezone: America/New_York\n  assumption_time: 48h\n  short_abandon: 10s\n"
            "  voice_channels: [phone]\n  active_events: [flow.*, feature.used]\n  max_dimension_values: 10\n"
            "  activation_milestones: [first report, invited]\n  key_action_milestones: [published]\n"
            "  free_plans: [gratis]\n  plan_order: [gratis, Plus 2]\n"
        )

        assert load_settings(write(text)).definitions == Definitions(
            timezone="America/New_York",
            assumption_ms=172_800_000,
            short_abandon_ms=10_000,
            voice_channels=("phone",),
            active_events=("flow.*", "feature.used"),
            max_dimension_values=10,
            activation_milestones=("first report", "invited"),
            key_action_milestones=("published",),
            free_plans=("gratis",),
            plan_order=("gratis", "Plus 2"),
        )

    @pytest.mark.parametrize("brokers", ["kafka:9092", "a.b-c:1,10.0.0.1:65535", "[::1]:9092,b:9092"])
    def test_brokers_are_host_and_port(self, brokers: str) -> None:
        environ = {"SELFSERVE_BOOTSTRAP_SERVERS": brokers}

        assert load_settings(environ=environ).kafka.bootstrap_servers == brokers

    @pytest.mark.parametrize(
        "brokers", ["kafka", "kafka:", "kafka:0", "a:1,,b:2", "a:70000", "http://a:1", "a:1, b:1"]
    )
    def test_what_is_no_broker_is_refused(self, brokers: str) -> None:
        with pytest.raises(SettingsError, match="allowed: host:port, several separated by commas"):
            load_settings(environ={"SELFSERVE_BOOTSTRAP_SERVERS": brokers})

    def test_none_is_a_value_only_where_it_is_allowed(self) -> None:
        assert load_settings(write("kafka:\n  instance_id: none\n")).kafka.instance_id is None
        assert "allowed: 1 to 200 letters" in message_for("kafka:\n  group: ~\n")

    @given(
        assumption=st.integers(2 * 3_600_000, 72 * 3_600_000),
        gap=st.integers(60_000, 7_200_000),
        port=st.integers(0, 65_535),
        group=st.from_regex(r"[A-Za-z0-9._-]{1,200}", fullmatch=True),
    )
    def test_every_allowed_value_comes_back_as_it_was_written(
        self, assumption: int, gap: int, port: int, group: str
    ) -> None:
        document = {
            "kafka": {"group": group},
            "worker": {"port": port},
            "definitions": {
                "assumption_time": format_duration(assumption),
                "session_gap": format_duration(gap),
            },
        }

        settings = load_settings(write(yaml.safe_dump(document)))

        assert settings.kafka.group == group
        assert settings.worker.port == port
        assert settings.definitions == msgspec.structs.replace(
            Definitions(), assumption_ms=assumption, session_gap_ms=gap
        )

    @pytest.mark.parametrize("dotted", KEYS)
    def test_every_key_is_documented_and_its_default_is_allowed(self, dotted: str) -> None:
        section, setting = KEYS[dotted]
        shown = setting.kind.show(setting.default)

        assert setting.documentation.endswith(".")
        assert value_of(Settings(), dotted) == setting.default or dotted == "definitions.inactivity_times"
        document = {section.name: {setting.name: yaml.safe_load(shown)}}
        settings = load_settings(write(yaml.safe_dump(document)))
        assert value_of(settings, dotted) == value_of(Settings(), dotted)


class TestMistakes:
    def test_everything_that_is_wrong_is_said_at_once(self) -> None:
        text = "kafka:\n  boostrap_servers: a:1\nworker:\n  port: 99999\n"
        with pytest.raises(SettingsError) as caught:
            load_settings(
                write(text),
                environ={"SELFSERVE_GROUP": "a b"},
                cli={"log.level": Override("inf", "--log-level")},
            )

        assert str(caught.value).splitlines() == [
            "my.yaml:2: kafka.boostrap_servers: unknown key; did you mean bootstrap_servers?",
            (
                "environment SELFSERVE_GROUP: kafka.group: found 'a b'; allowed: 1 to 200 letters, digits, dots,"
                " underscores or hyphens"
            ),
            "my.yaml:4: worker.port: found 99999; allowed: a whole number from 0 to 65535",
            "option --log-level: log.level: found 'inf'; allowed: debug, info, warning or error; did you mean info?",
        ]
        assert [problem.key for problem in caught.value.problems] == [
            "kafka.boostrap_servers",
            "kafka.group",
            "worker.port",
            "log.level",
        ]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("kafak:\n  group: a\n", "my.yaml:1: kafak: unknown section; did you mean kafka?"),
            (
                "zzz: 1\n",
                "my.yaml:1: zzz: unknown section; known: kafka, worker, exporter, log, links, alerts, overlay, sorting, definitions",
            ),
            ("\nport: 1\n", "my.yaml:2: port: unknown section; it belongs below worker or exporter"),
            (
                "exporter:\n  zzz: 1\n",
                (
                    "my.yaml:2: exporter.zzz: unknown key; known: listen, port, certificate_file, key_file,"
                    " users_file, stale_after, dimension_top"
                ),
            ),
            ("kafka: [1]\n", "my.yaml:1: kafka: found a list; allowed: keys with values"),
            ("kafka: yes\n", "my.yaml:1: kafka: found yes; allowed: keys with values"),
            ("- 1\n", "my.yaml:1: found a list; allowed: sections with keys"),
            ("hello\n", "my.yaml:1: found 'hello'; allowed: sections with keys"),
        ],
    )
    def test_an_unknown_name_is_answered_with_the_known_ones(self, text: str, expected: str) -> None:
        assert message_for(text) == expected

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("'8001'", "found '8001'; allowed: a whole number from 0 to 65535"),
            ("80.5", "found 80.5; allowed: a whole number"),
            ("true", "found true; allowed: a whole number"),
            ("-1", "found -1; allowed: a whole number"),
            ("", "found nothing; allowed: a whole number"),
            ("[8001]", "found a list; allowed: a whole number"),
            ("{a: 1}", "found a mapping; allowed: a whole number"),
            ("2020-01-01", "found 2020-01-01; allowed: a whole number"),
        ],
    )
    def test_a_whole_number_is_nothing_else(self, value: str, expected: str) -> None:
        assert f"my.yaml:2: worker.port: {expected}" in message_for(f"worker:\n  port: {value}\n")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("24", "found 24 (a unit is missing)"),
            ("'24'", "found '24' (a unit is missing)"),
            ("1.5h", "found '1.5h' (not a duration)"),
            ("soon", "found 'soon' (not a duration)"),
            ("1h", "found '1h' (out of bounds); allowed: a duration from 2h to 72h"),
            ("73h", "found '73h' (out of bounds)"),
            ("none", "found 'none' (not a duration)"),
            ("24:00:00", "found 24:00:00"),
        ],
    )
    def test_a_duration_has_a_unit_and_bounds(self, value: str, expected: str) -> None:
        message = message_for(f"definitions:\n  assumption_time: {value}\n")

        assert f"my.yaml:2: definitions.assumption_time: {expected}" in message
        assert "written like 500ms, 90s, 30m, 1h30m or 35d" in message

    @pytest.mark.parametrize(
        ("value", "ending"),
        [
            ("Europe/Berln", "; did you mean Europe/Berlin?"),
            ("europe/berlin", "; did you mean Europe/Berlin?"),
            ("localtime", ""),
            ("../etc/passwd", ""),
            ("America", ""),
            ("5", ""),
        ],
    )
    def test_a_time_zone_is_in_the_database(self, value: str, ending: str) -> None:
        message = message_for(f"definitions:\n  timezone: {value}\n")

        assert message.startswith("my.yaml:2: definitions.timezone: found ")
        assert "allowed: the name of an IANA time zone" in message
        assert message.endswith(ending)

    def test_the_part_of_a_list_or_a_mapping_that_is_wrong_has_its_own_line(self) -> None:
        text = (
            "definitions:\n  active_events:\n    - feature.used\n    - Feature\n"
            "  inactivity_times:\n    chat: 5 minutes\n"
            "  voice_channels: []\n  self_service_actions: [help.solved, help.solved]\n"
        )

        lines = message_for(text).splitlines()

        assert [line.split(" found")[0] for line in lines] == [
            "my.yaml:6: definitions.inactivity_times.chat:",
            "my.yaml:7: definitions.voice_channels:",
            "my.yaml:4: definitions.active_events[1]:",
            "my.yaml:8: definitions.self_service_actions[1]:",
        ]
        assert "or none" in lines[0]
        assert "given twice" in lines[3]

    @pytest.mark.parametrize("written", ["[]", "[activated, activated]", '["a,b"]', "[1]", "activated"])
    def test_what_is_no_list_of_milestones_is_refused(self, written: str) -> None:
        message = message_for(f"definitions:\n  first_value_milestones: {written}\n")

        assert message.startswith("my.yaml:2: definitions.first_value_milestones")

    @pytest.mark.parametrize(
        ("name", "ending"),
        [
            ("feature.usd", "; did you mean feature.used?"),
            ("flows.*", ""),
        ],
    )
    def test_an_event_type_that_no_event_has_is_refused(self, name: str, ending: str) -> None:
        message = message_for(f"definitions:\n  active_events: [{name}]\n")

        expected = (
            f"my.yaml:2: definitions.active_events[0]: found '{name}' (no event has that type); allowed: "
        )
        assert message.startswith(expected)
        assert message.endswith("flow.*" + ending)

    def test_the_name_of_a_channel_is_checked(self) -> None:
        message = message_for("definitions:\n  inactivity_times:\n    In App: 1h\n")

        assert message.startswith(
            "my.yaml:3: definitions.inactivity_times: found 'In App'; allowed: lower-case letters"
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "definitions:\n  deduplication_horizon: 30m\n",
                (
                    "my.yaml:2: definitions.deduplication_horizon: does not fit the default of"
                    " definitions.deduplication_horizon_product: 1h is longer than deduplication_horizon, 30m"
                ),
            ),
            (
                "definitions:\n  health_good: 1\n",
                (
                    "my.yaml:2: definitions.health_good: does not fit the default of definitions.health_fair:"
                    " 40 is not below health_good, 1"
                ),
            ),
            (
                "definitions:\n  health_fair: 80\n",
                "my.yaml:2: definitions.health_fair: 80 is not below health_good, 70",
            ),
            (
                "alerts:\n  stalled_hold: 3m\n",
                (
                    "my.yaml:2: alerts.stalled_hold: does not fit the default of alerts.burn_fast_hold:"
                    " is not longer than stalled_hold, so the alert would fire before the one that mutes it"
                ),
            ),
            (
                "worker:\n  checkpoint_interval: 20s\n  transaction_timeout: 20s\n",
                "my.yaml:3: worker.transaction_timeout: 20s is not longer than checkpoint_interval, 20s",
            ),
            (
                "worker:\n  checkpoint_interval: 10s\n  watchdog_timeout: 5s\n",
                "my.yaml:3: worker.watchdog_timeout: 5s is not longer than checkpoint_interval, 10s",
            ),
        ],
    )
    def test_keys_that_contradict_each_other_are_named(self, text: str, expected: str) -> None:
        assert message_for(text) == expected


class TestFiles:
    def test_a_named_file_must_be_there(self) -> None:
        with pytest.raises(
            SettingsError, match=r"^nowhere\.yaml: cannot read the settings: No such file or directory$"
        ):
            load_settings(Path("nowhere.yaml"))

    def test_a_directory_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="cannot read the settings: Is a directory"):
            load_settings(tmp_path)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("kafka:\n  group: [a\n", "my.yaml:3: not valid YAML"),
            ("kafka:\n\tgroup: a\n", "my.yaml:2: not valid YAML"),
            ("a: 1\n---\nb: 1\n", "my.yaml:2: not valid YAML"),
            (
                "kafka:\n  group: a\n  port: 1\n  group: b\n",
                "my.yaml:4: group: given twice, first at my.yaml:2",
            ),
            ("kafka: &a\n  group: x\nworker: *a\n", "YAML aliases are not supported"),
            ("kafka: &a [*a]\n", "YAML aliases are not supported"),
            ("? [a]\n: 1\n", "my.yaml:1: a key is a plain name"),
            (
                "kafka:\n  group: !!python/object:os.system x\n",
                "my.yaml:2: the YAML tag !!python/object:os.system",
            ),
            ("kafka:\n  group: !secret x\n", "my.yaml:2: the YAML tag !secret"),
            ("kafka:\n  group: 2020-01-01 x\n", "found '2020-01-01 x'"),
            ("[" * 5_000, "my.yaml"),
        ],
    )
    def test_what_is_not_plain_yaml_is_refused(self, text: str, expected: str) -> None:
        assert expected in message_for(text)

    def test_bytes_that_are_no_text_are_refused(self) -> None:
        Path("binary.yaml").write_bytes(b"\xff\x00\x80")

        with pytest.raises(SettingsError, match="not valid YAML"):
            load_settings(Path("binary.yaml"))

    def test_a_huge_file_is_refused_unread(self) -> None:
        path = write("#" * 1_000_001)

        with pytest.raises(SettingsError, match="too large"):
            load_settings(path)

    @given(st.text(max_size=60))
    def test_any_text_is_settings_or_a_settings_error(self, text: str) -> None:
        Path("any.yaml").write_text(text, encoding="utf-8")
        assert mistakes(Path("any.yaml")).startswith(("any.yaml", "nothing wrong"))

    @settings(max_examples=60)  # each is tried with every key
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
        )
    )
    def test_any_value_of_any_key_is_accepted_or_refused_by_name(self, value: Any) -> None:
        for section, setting in KEYS.values():
            document = {section.name: {setting.name: value}}
            Path("any.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
            found = mistakes(Path("any.yaml"))
            named = f"{section.name}.{setting.name}" in found
            assert named or found == "nothing wrong" or "aliases" in found

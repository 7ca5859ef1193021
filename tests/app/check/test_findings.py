"""What is said of settings, time zone, topics, group, clock and limits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from kafka import TopicPartition

from app.check.cluster import limit_findings, skew_finding
from app.check.configuration import configuration_findings
from app.check.finding import Finding, fail, ok, warn
from app.check.group import GroupState, Member, Position, lag_findings, member_findings
from app.check.show import document, lines, summary
from app.check.timezone import timezone_findings
from app.check.topics import topic_findings
from app.config.source import Override
from app.kafka.topics import TopicReport
from app.settings import Settings, load_settings

NOON = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def statuses(findings: list[Finding]) -> list[str]:
    return [finding.status for finding in findings]


class TestSettings:
    def test_every_value_that_was_said_is_shown_with_its_place(self, tmp_path: Path) -> None:
        file = tmp_path / "my.yaml"
        file.write_text("kafka:\n  group: night\ndefinitions:\n  assumption_time: 48h\n")
        settings = load_settings(
            file, cli={"log.level": Override("error", "--log-level")}, environ={"SELFSERVE_LISTEN": "::1"}
        )

        (finding,) = configuration_findings(settings)

        assert finding.status == "ok"
        assert finding.text == f"{file}; 5 said, the others have their defaults"
        assert finding.details == (
            f"kafka.group = night  ({file}:2)",
            'worker.listen = "::1"  (environment SELFSERVE_LISTEN)',
            'exporter.listen = "::1"  (environment SELFSERVE_LISTEN)',
            "log.level = error  (option --log-level)",
            f"definitions.assumption_time = 48h  ({file}:4)",
        )

    def test_defaults_are_not_listed(self) -> None:
        (finding,) = configuration_findings(Settings())

        assert (finding.text, finding.details) == ("no file; all have their defaults", ())

    def test_one_port_for_both_is_worth_knowing(self) -> None:
        settings = load_settings(cli={"worker.port": Override("8000", "--port")})

        assert statuses(configuration_findings(settings)) == ["ok", "warn"]

    @pytest.mark.parametrize(
        ("mechanism", "what"), [("PLAIN", "the password and all"), ("SCRAM-SHA-256", "all")]
    )
    def test_what_can_be_read_on_the_way_is_worth_knowing(self, mechanism: str, what: str) -> None:
        environ = {
            "SELFSERVE_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "SELFSERVE_KAFKA_SASL_MECHANISM": mechanism,
            "SELFSERVE_KAFKA_USER": "me",
            "SELFSERVE_KAFKA_PASSWORD": "swordfish",
            "SELFSERVE_HTTP_USERS_FILE": "users",
        }
        local = configuration_findings(load_settings(environ=environ))
        remote = configuration_findings(load_settings(environ={**environ, "SELFSERVE_LISTEN": "0.0.0.0"}))

        assert statuses(local) == ["ok", "warn"]
        assert f"SASL_PLAINTEXT: {what} events can be read" in local[1].text
        assert statuses(remote) == ["ok", "warn", "warn", "warn"]
        assert "worker.users_file is set without worker.certificate_file" in remote[2].text

    def test_what_is_encrypted_is_not_warned_of(self) -> None:
        environ = {
            "SELFSERVE_LISTEN": "0.0.0.0",
            "SELFSERVE_HTTP_USERS_FILE": "users",
            "SELFSERVE_HTTP_CERTIFICATE_FILE": "certificate",
            "SELFSERVE_KAFKA_SECURITY_PROTOCOL": "SSL",
        }

        assert statuses(configuration_findings(load_settings(environ=environ))) == ["ok"]


class TestTimeZone:
    def test_the_zone_is_shown_with_its_time_and_its_database(self) -> None:
        (finding,) = timezone_findings("Europe/Berlin", NOON)

        assert finding.status == "ok"
        assert "Europe/Berlin, now 12:00 (UTC+02:00); known from " in finding.text

    def test_without_a_database_of_the_system_the_package_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("app.check.timezone.TZPATH", (str(tmp_path),))

        assert "known from the package tzdata 2" in timezone_findings("UTC", NOON)[0].text

    def test_an_unknown_zone_says_what_to_install(self) -> None:
        (finding,) = timezone_findings("Mars/Olympus", NOON)

        assert finding.status == "fail"
        assert "tzdata" in finding.remedy


class TestTopics:
    def test_all_right_is_one_line_with_the_remarks_below(self) -> None:
        reports = [TopicReport("a", "ok", 4), TopicReport("b", "ok", 4, remarks=("b: retention.ms is 1",))]
        (finding,) = topic_findings(reports, 4)

        assert finding.status == "ok"
        assert finding.text == "all 2 topics are right; co-partitioned ones have 4 partitions"
        assert finding.details == ("note: b: retention.ms is 1",)

    def test_none_there_is_one_failure(self) -> None:
        reports = [TopicReport(name, "missing", 0, problems=(f"{name} does not exist.",)) for name in "ab"]
        (finding,) = topic_findings(reports, 4)

        assert finding.status == "fail"
        assert finding.text == "none of the 2 topics exists"
        assert "selfserve topics" in finding.remedy

    def test_a_problem_of_several_topics_is_told_once(self) -> None:
        reports = [TopicReport(f"t{n}", "differs", 4, problems=(f"t{n} has 4 partitions",)) for n in range(3)]
        findings = topic_findings([*reports, TopicReport("good", "ok", 6)], 6)

        assert statuses(findings) == ["fail", "ok"]
        assert findings[0].text == "t0 has 4 partitions"
        assert findings[0].details == ("the same is true of t1, t2",)
        assert findings[1].text == "1 of 4 topics are right"


class TestGroup:
    @pytest.mark.parametrize(
        ("state", "words"), [("", "has never had a member"), ("Empty", "has no members")]
    )
    def test_without_workers_it_says_how_to_start_one(self, state: str, words: str) -> None:
        (finding,) = member_findings(GroupState("g", state, ()), 4)

        assert finding.status == "warn"
        assert words in finding.text
        assert "selfserve worker" in finding.remedy

    def test_members_are_shown_with_what_they_own(self) -> None:
        members = (Member("10.0.0.1", None, 3), Member("10.0.0.2", "two", 1))
        (finding,) = member_findings(GroupState("g", "Stable", members), 4)

        assert finding.status == "ok"
        assert finding.details == ("10.0.0.1 owns 3 of 4", "10.0.0.2 as two owns 1 of 4")

    def test_more_workers_than_partitions_is_worth_knowing(self) -> None:
        members = (Member("a", None, 1), Member("b", None, 0))
        (finding,) = member_findings(GroupState("g", "Stable", members), 1)

        assert finding.status == "warn"
        assert "1 of 2 workers own nothing" in finding.text

    def test_a_rebalance_is_worth_knowing(self) -> None:
        (finding,) = member_findings(GroupState("g", "PreparingRebalance", (Member("a", None, 0),)), 1)

        assert finding.status == "warn"
        assert "PreparingRebalance" in finding.text


class TestLag:
    WORKER = GroupState("g", "Stable", (Member("a", None, 2),))
    NOBODY = GroupState("g", "Empty", ())

    def test_lag_is_summed_by_topic(self) -> None:
        positions = {
            TopicPartition("a", 0): Position(first=0, end=10, committed=4),
            TopicPartition("a", 1): Position(first=5, end=10, committed=None),
            TopicPartition("b", 0): Position(first=0, end=3, committed=3),
        }
        (finding,) = lag_findings(self.WORKER, positions)

        assert (finding.status, finding.text) == ("ok", "11 records wait to be processed")
        assert finding.details == ("a 11", "b 0")

    def test_lag_without_workers_is_worth_knowing(self) -> None:
        (finding,) = lag_findings(self.NOBODY, {TopicPartition("a", 0): Position(0, 1, None)})

        assert finding.status == "warn"

    def test_nothing_waits(self) -> None:
        (finding,) = lag_findings(self.NOBODY, {TopicPartition("a", 0): Position(7, 9, 9)})

        assert (finding.status, finding.text, finding.details) == ("ok", "everything is processed", ())

    def test_records_that_were_deleted_before_they_were_read_are_a_failure(self) -> None:
        findings = lag_findings(self.WORKER, {TopicPartition("a", 3): Position(first=9, end=12, committed=4)})

        assert statuses(findings) == ["fail", "ok"]
        assert "a, partition 3: 5 records were deleted" in findings[0].text
        assert "--accept-gap" in findings[0].remedy
        assert findings[1].text == "3 records wait to be processed"

    def test_a_topic_that_was_recreated_is_a_failure(self) -> None:
        findings = lag_findings(self.WORKER, {TopicPartition("a", 3): Position(first=0, end=2, committed=9)})

        assert statuses(findings) == ["fail", "ok"]
        assert "record 9 would be next, but there are 2" in findings[0].text
        assert findings[1].text == "everything is processed"


class TestCluster:
    @pytest.mark.parametrize(
        ("limits", "key"),
        [
            ({"transaction.max.timeout.ms": 14_999}, "worker.transaction_timeout is 15s"),
            ({"group.min.session.timeout.ms": 10_001}, "kafka.session_timeout is 10s"),
            ({"group.max.session.timeout.ms": 9_999}, "kafka.session_timeout is 10s"),
        ],
    )
    def test_what_the_brokers_refuse_is_a_failure(self, limits: dict[str, int], key: str) -> None:
        (finding,) = limit_findings(Settings(), limits)

        assert finding.status == "fail"
        assert finding.text.startswith(key)

    def test_what_they_allow_is_not_mentioned(self) -> None:
        limits = {
            "transaction.max.timeout.ms": 15_000,
            "group.min.session.timeout.ms": 10_000,
            "group.max.session.timeout.ms": 10_000,
        }

        assert not list(limit_findings(Settings(), limits))
        assert not list(limit_findings(Settings(), {}))

    @pytest.mark.parametrize(
        ("ahead", "uncertain", "status"),
        [
            (0, 0, "ok"),
            (2_000, 0, "ok"),
            (2_001, 0, "warn"),
            (-2_001, 0, "warn"),
            (2_500, 600, "ok"),
            (15_000, 0, "warn"),
            (-15_001, 0, "fail"),
        ],
    )
    def test_clocks_that_are_apart(self, ahead: int, uncertain: int, status: str) -> None:
        assert skew_finding(ahead_ms=ahead, uncertain_ms=uncertain).status == status

    def test_the_direction_is_said(self) -> None:
        assert "20.0 s behind" in skew_finding(ahead_ms=-20_000, uncertain_ms=0).text
        assert "20.0 s ahead of" in skew_finding(ahead_ms=20_000, uncertain_ms=0).text


class TestShown:
    FINDINGS = (
        ok("kafka", "is there", ["one"]),
        warn("lag", "is high", "Wait."),
        fail("topics", "no", "Create."),
    )

    def test_lines_are_aligned(self) -> None:
        assert list(lines(self.FINDINGS[0])) == ["OK    kafka      is there", "                 one"]
        assert list(lines(self.FINDINGS[1])) == ["WARN  lag        is high", "                 → Wait."]

    def test_the_last_line_counts(self) -> None:
        assert summary(self.FINDINGS) == "1 failed, 1 to be looked at"
        assert summary(self.FINDINGS[:2]) == "Nothing failed, 1 to be looked at."
        assert summary(self.FINDINGS[:1]) == "All is well."

    def test_only_a_failure_is_not_ok(self) -> None:
        assert document(self.FINDINGS)["ok"] is False
        assert document(self.FINDINGS[:2])["ok"] is True
        assert document(self.FINDINGS)["findings"][1] == {
            "status": "warn",
            "subject": "lag",
            "text": "is high",
            "details": [],
            "remedy": "Wait.",
        }

"""All checks in order, each as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kafka.admin import KafkaAdminClient

from app.check.cluster import SUBJECT as KAFKA
from app.check.cluster import brokers_of, clock_finding, cluster_findings, unreachable_brokers
from app.check.configuration import configuration_findings
from app.check.finding import Finding, fail
from app.check.group import lag_findings, member_findings, read_group, read_positions
from app.check.ports import port_findings
from app.check.timezone import timezone_findings
from app.check.topics import topic_findings
from app.errors import UserError
from app.kafka.admin import KafkaUnreachableError, admin_client
from app.kafka.connection import client_arguments
from app.kafka.topics import verify_topics
from app.settings import Settings
from streams.names import SOURCES


def check(settings: Settings) -> Iterator[Finding]:
    """Yield all findings. What needs something that failed is left out."""
    yield from configuration_findings(settings)
    yield from timezone_findings(settings.definitions.timezone, datetime.now(UTC))
    yield from port_findings(settings)
    servers = settings.kafka.bootstrap_servers
    try:
        client = client_arguments(settings)
    except UserError as error:
        yield fail(
            KAFKA, str(error), "Put it right there; docs/security.md says what belongs in these files."
        )
        return
    try:
        with admin_client(servers, client=client) as admin:
            yield from _kafka(admin, settings, client)
    except KafkaUnreachableError as error:
        what, _, rest = str(error).partition("\n")
        yield fail(KAFKA, what.rstrip("."), "", rest.splitlines())
    except UserError as error:
        yield fail(
            KAFKA,
            str(error).rstrip("."),
            "If it has just been started, try again. Otherwise see the brokers' logs, and what this user may do there.",
        )


def _kafka(admin: KafkaAdminClient, settings: Settings, client: Mapping[str, Any]) -> Iterator[Finding]:
    kafka = settings.kafka
    brokers = brokers_of(admin)
    unreachable = unreachable_brokers(kafka.bootstrap_servers, brokers, client)
    if unreachable:
        yield from unreachable
        return
    yield from cluster_findings(admin, settings, brokers)
    yield clock_finding(admin)
    reports = verify_topics(kafka.bootstrap_servers, kafka.topic_prefix, kafka.partitions, client=client)
    yield from topic_findings(reports, kafka.partitions)
    group = read_group(admin, kafka.group)
    yield from member_findings(group, kafka.partitions)
    consumed = {kafka.topic_prefix + name for name in SOURCES}
    if all(report.partitions >= kafka.partitions for report in reports if report.name in consumed):
        yield from lag_findings(group, read_positions(admin, settings, known=group.state != ""))

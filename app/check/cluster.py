"""Kafka: reachable as it names itself, allowing what the workers ask for, and in agreement about the time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import KafkaError

from app.check.finding import Finding, fail, ok, warn
from app.config.durations import format_duration
from app.exporter.clock import HOLD_AFTER_MS
from app.kafka.obstacle import obstacle
from app.settings import Settings

SUBJECT = "kafka"
CLOCK = "clock"

SKEW_WARNING_MS = 2_000
"""Beyond this, what is shown as the age of figures is visibly wrong."""


def brokers_of(admin: KafkaAdminClient) -> list[tuple[int, str]]:
    """Return the id and the address of every broker, as the brokers name themselves."""
    # The public descriptions ask a broker under its own name, which is what may not work.
    known = admin._manager.cluster.brokers()  # noqa: SLF001
    return sorted((broker.node_id, f"{broker.host}:{broker.port}") for broker in known)


def unreachable_brokers(
    bootstrap_servers: str, brokers: list[tuple[int, str]], client: Mapping[str, Any]
) -> list[Finding]:
    """Return a failure for every broker that cannot be used under the name that it gives itself."""
    found = []
    for node, address in brokers:
        met = obstacle(address, client)
        if met is not None:
            remedy = (
                "Clients go on with the name that the broker gives them. Set the broker's advertised.listeners to an"
                " address that is right from here, or use the listener that is meant for this network."
            )
            found.append(
                fail(
                    SUBJECT,
                    f"{bootstrap_servers} answers, but broker {node} calls itself {address}, and there: {met.reason}",
                    remedy if met.cause == "network" else met.remedy,
                )
            )
    return found


def cluster_findings(
    admin: KafkaAdminClient, settings: Settings, brokers: list[tuple[int, str]]
) -> Iterator[Finding]:
    """Yield what is to be said of a cluster whose brokers are reachable."""
    node = brokers[0][0]
    version = ".".join(map(str, admin.get_broker_version_data(node).broker_version))
    addresses = ", ".join(address for _, address in brokers)
    count = "1 broker" if len(brokers) == 1 else f"{len(brokers)} brokers"
    yield ok(SUBJECT, f"version {version}, {count}: {addresses}")
    try:
        described = admin.describe_configs([ConfigResource("broker", str(node))], config_filter="all")
    except KafkaError as error:
        yield warn(
            SUBJECT,
            f"its settings cannot be read: {error}",
            "Allow this user DescribeConfigs on the cluster, or compare transaction.max.timeout.ms with"
            " worker.transaction_timeout yourself.",
        )
        return
    entries = described["broker"][str(node)]
    limits = {key: int(entry["value"]) for key, entry in entries.items() if key in _LIMITS and entry["value"]}
    yield from limit_findings(settings, limits)


_MOST_TRANSACTION = "transaction.max.timeout.ms"
_LEAST_SESSION = "group.min.session.timeout.ms"
_MOST_SESSION = "group.max.session.timeout.ms"
_LIMITS = (_MOST_TRANSACTION, _LEAST_SESSION, _MOST_SESSION)


def limit_findings(settings: Settings, limits: Mapping[str, int]) -> Iterator[Finding]:
    """Yield a failure for every setting that the brokers' ``limits`` (ms, those that are known) do not allow."""
    transaction, session = settings.worker.transaction_timeout_ms, settings.kafka.session_timeout_ms
    most_transaction = limits.get(_MOST_TRANSACTION, transaction)
    least_session, most_session = limits.get(_LEAST_SESSION, session), limits.get(_MOST_SESSION, session)
    for key, value, limit, is_refused in (
        ("worker.transaction_timeout", transaction, _MOST_TRANSACTION, transaction > most_transaction),
        ("kafka.session_timeout", session, _LEAST_SESSION, session < least_session),
        ("kafka.session_timeout", session, _MOST_SESSION, session > most_session),
    ):
        if is_refused:
            yield fail(
                SUBJECT,
                f"{key} is {format_duration(value)}, and the brokers' {limit} is {format_duration(limits[limit])}:"
                " no worker can start",
                f"Change {key}, or {limit} on every broker.",
            )


def clock_finding(admin: KafkaAdminClient) -> Finding:
    """Return how far this machine's clock is from that of Kafka's controller."""
    before = time.time()
    try:
        quorum: dict[str, Any] = admin.describe_metadata_quorum()
    except KafkaError as error:
        return ok(CLOCK, f"not compared: Kafka does not tell its time ({type(error).__name__})")
    after = time.time()
    partition = quorum["topics"][0]["partitions"][0]
    # The leader says of itself that it is up to date as of now, by its own clock.
    theirs = [
        voter["last_caught_up_timestamp"]
        for voter in partition["current_voters"]
        if voter["replica_id"] == partition["leader_id"]
    ]
    if not theirs or theirs[0] <= 0:
        return ok(CLOCK, "not compared: Kafka does not tell its time")
    return skew_finding(
        ahead_ms=round((before + after) / 2 * 1_000) - theirs[0],
        uncertain_ms=round((after - before) / 2 * 1_000),
    )


def skew_finding(*, ahead_ms: int, uncertain_ms: int) -> Finding:
    """Return what is to be said of a clock that is ``ahead_ms`` ahead of Kafka's, give or take ``uncertain_ms``."""
    apart = max(0, abs(ahead_ms) - uncertain_ms)
    direction = "ahead of" if ahead_ms > 0 else "behind"
    text = f"this machine is {apart / 1_000:.1f} s {direction} Kafka's controller"
    remedy = "Let an NTP client set the clocks of all machines: workers, exporters and brokers."
    if apart > HOLD_AFTER_MS:
        return fail(
            CLOCK,
            f"{text}; where workers and exporters are more than {HOLD_AFTER_MS // 1_000} s apart, figures stand still",
            remedy,
        )
    if apart > SKEW_WARNING_MS:
        return warn(CLOCK, text, remedy)
    return ok(CLOCK, "agrees with that of Kafka's controller")

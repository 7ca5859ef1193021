"""The configuration of the embedded broker, and why each value differs from Kafka's default."""

from __future__ import annotations

from collections.abc import Mapping

LOG_DIRECTORY = "log"
"""Kafka's data, relative to the data directory, which is the broker's working directory."""

ADDED = ("listeners", "advertised.listeners", "listener.security.protocol.map")
"""Properties that are lists, to which an override adds."""


def server_properties(
    *, port: int, controller_port: int, partitions: int, overrides: Mapping[str, str]
) -> dict[str, str]:
    """Return the configuration of a single node that is broker and controller, listening on 127.0.0.1 only.

    ``partitions`` is the default for topics created without a number. ``overrides`` are applied last and replace
    anything, except that those in ``ADDED`` come on top: additional listeners stand beside the two that this
    package itself needs.
    """
    own = {
        # One node that is its own quorum.
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        # Relative, because a comma in the path would otherwise separate two directories.
        "log.dirs": LOG_DIRECTORY,
        # A single node can hold one copy of anything.
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # 50 partitions each is what a large cluster needs; every one of them costs files and start-up time.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "num.partitions": str(partitions),
        # A controller that starts again takes the broker of its previous life for alive until its session ends, and
        # the new one cannot register before: after a crash that is 9 s by default. Six heartbeats are still enough
        # for the pauses of a busy machine.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A mistyped topic name is an error, not a new topic.
        "auto.create.topics.enable": "false",
        # The first member of a group starts at once instead of waiting three seconds for company.
        "group.initial.rebalance.delay.ms": "0",
        # Tests take a worker's partitions away faster than the usual minimum of six seconds.
        "group.min.session.timeout.ms": "1000",
        # A service that was switched off for a long holiday finds its offsets again: 60 days instead of 7.
        "offsets.retention.minutes": str(60 * 24 * 60),
        # Workers ask for 15 s; a producer may ask for anything up to the default of 15 minutes.
        "transaction.max.timeout.ms": "900000",
        # How often transactions that outlived their timeout are looked for. With the default of 10 s the data
        # behind a killed worker's transaction stays hidden up to 10 s longer than its timeout says.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        # Enough for 1.2 million keys a cleaning pass of one partition. The default of 128 MiB would take a
        # quarter of the heap before the first record arrives.
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
        "log.cleaner.threads": "1",
        # Sized for a machine that also runs the workers.
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "num.recovery.threads.per.data.dir": "2",
    }
    added = {key: f"{own[key]},{overrides[key]}" for key in ADDED if key in overrides}
    return {**own, **overrides, **added}


def render(properties: Mapping[str, str]) -> str:
    """Return the content of a Java properties file, ASCII only."""
    return "".join(f"{_escape(key)}={_escape(value)}\n" for key, value in properties.items())


def _escape(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    for special in "=:#! ":
        escaped = escaped.replace(special, "\\" + special)
    # Java reads the file as Latin-1 and takes UTF-16 code units in this form.
    units = escaped.encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)

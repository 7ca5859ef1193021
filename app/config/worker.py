"""The section ``worker``: how a worker keeps its state safe and shows that it is alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.config.composites import Optional
from app.config.durations import format_duration
from app.config.forms import ADDRESS, FILE, PORT
from app.config.http import misplaced_key
from app.config.keys import Clash, key, section_of
from app.config.kinds import Choice, Duration


@dataclass(frozen=True)
class WorkerSettings:
    """The process that turns events into panes."""

    listen: str = key(
        "127.0.0.1",
        ADDRESS,
        "Address of the port with health and self-metrics; `0.0.0.0` opens it to the network.",
        environment="SELFSERVE_LISTEN",
    )
    port: int = key(8001, PORT, "That port. 0 takes a free one and logs it.")
    certificate_file: str | None = key(
        None,
        Optional(FILE),
        "The certificate that this port shows, in PEM form, with those of intermediate authorities behind it: makes it"
        " HTTPS. See [security](security.md).",
        environment="SELFSERVE_HTTP_CERTIFICATE_FILE",
    )
    key_file: str | None = key(
        None,
        Optional(FILE),
        "The private key of that certificate, in PEM form and not encrypted. Without it the key is looked for in the"
        " certificate's file.",
        environment="SELFSERVE_HTTP_KEY_FILE",
    )
    users_file: str | None = key(
        None,
        Optional(FILE),
        "Users who may read, one a line with a bcrypt hash, as `htpasswd -nB USER` writes it. Without it everybody may."
        " `/healthz` and `/readyz` are open in any case.",
        environment="SELFSERVE_HTTP_USERS_FILE",
    )
    clock: Literal["wall", "event"] = key(
        "wall",
        Choice(("wall", "event")),
        "What moves the evaluation time: `wall` for live data, `event` for replays of old data, where the greatest"
        " event time counts and nothing is too late.",
    )
    checkpoint_interval_ms: int = key(
        1_000,
        Duration(50, 60_000),
        "Time between two checkpoints. A figure is that much older, and a crash repeats that much work.",
        environment="SELFSERVE_CHECKPOINT_INTERVAL",
    )
    transaction_timeout_ms: int = key(
        15_000,
        Duration(1_000, 900_000),
        "How long the open transaction of a killed worker can hide newer checkpoints from readers. The brokers'"
        " `transaction.max.timeout.ms` must allow it.",
    )
    watchdog_timeout_ms: int = key(
        60_000,
        Duration(5_000, 3_600_000),
        "A worker whose offsets stand still for this long although records wait ends itself.",
    )


def _check(worker: WorkerSettings) -> list[Clash]:
    wrong = misplaced_key(worker)
    interval = format_duration(worker.checkpoint_interval_ms)
    if worker.transaction_timeout_ms <= worker.checkpoint_interval_ms:
        timeout = format_duration(worker.transaction_timeout_ms)
        wrong.append(
            Clash(
                "transaction_timeout",
                f"{timeout} is not longer than checkpoint_interval, {interval}",
                ("checkpoint_interval",),
            )
        )
    if worker.watchdog_timeout_ms <= worker.checkpoint_interval_ms:
        timeout = format_duration(worker.watchdog_timeout_ms)
        wrong.append(
            Clash(
                "watchdog_timeout",
                f"{timeout} is not longer than checkpoint_interval, {interval}",
                ("checkpoint_interval",),
            )
        )
    return wrong


WORKER = section_of("worker", WorkerSettings, _check)

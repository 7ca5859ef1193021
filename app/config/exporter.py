"""The section ``exporter``: how the figures are published."""

from __future__ import annotations

from dataclasses import dataclass

from app.config.composites import Optional
from app.config.forms import ADDRESS, FILE, PORT
from app.config.http import misplaced_key
from app.config.keys import key, section_of
from app.config.kinds import Duration, Integer


@dataclass(frozen=True)
class ExporterSettings:
    """The process that turns panes into KPI values."""

    listen: str = key(
        "127.0.0.1",
        ADDRESS,
        "Address of the port with metrics, API and page; `0.0.0.0` opens it to the network.",
        environment="SELFSERVE_LISTEN",
    )
    port: int = key(8000, PORT, "That port. 0 takes a free one and logs it.")
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
    stale_after_ms: int = key(
        60_000,
        Duration(1_000, 3_600_000),
        "An exporter that lags further behind than this publishes no KPI, so that an old value never passes for a"
        " new one.",
    )
    dimension_top: int = key(
        20,
        Integer(1, 1_000),
        "Values shown of each unbounded dimension, the largest first; counts of the rest are folded into `other`.",
    )


EXPORTER = section_of("exporter", ExporterSettings, misplaced_key)

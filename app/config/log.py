"""The section ``log``: what is logged, and in which form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.config.keys import key, section_of
from app.config.kinds import Choice


@dataclass(frozen=True)
class LogSettings:
    """Logs go to standard error; results go to standard output."""

    level: Literal["debug", "info", "warning", "error"] = key(
        "info",
        Choice(("debug", "info", "warning", "error")),
        "The least important messages that are written.",
        environment="SELFSERVE_LOG_LEVEL",
    )
    format: Literal["console", "json"] = key(
        "console",
        Choice(("console", "json")),
        "`console` for people, `json` with one object a line for collectors.",
        environment="SELFSERVE_LOG_FORMAT",
    )


LOG = section_of("log", LogSettings)

"""What generated rules need to know beside the catalogue: where they send their reader, and how long they wait."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.config.alerts import AlertTimes
from app.config.links import LinkSettings


@dataclass(frozen=True)
class Context:
    """The settings of whoever runs the service; by default those of the files in the repository."""

    links: LinkSettings = field(default_factory=LinkSettings)
    times: AlertTimes = field(default_factory=AlertTimes)

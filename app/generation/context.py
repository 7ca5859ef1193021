"""What generated rules need to know beside the catalogue: where they send their reader, and how long they wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.config.alerts import AlertTimes
from app.config.links import LinkSettings


@dataclass(frozen=True)
class Context:
    """The settings of whoever runs the service; by default those of the files in the repository."""

    links: LinkSettings = field(default_factory=LinkSettings)
    times: AlertTimes = field(default_factory=AlertTimes)
    own: Mapping[str, str] = field(default_factory=dict)
    """The file of each KPI that is not the package's."""

    def source(self, kpi: str) -> str:
        """Return the file that a KPI comes from."""
        return self.own.get(kpi, f"app/catalogue/kpis/{kpi}.yaml")

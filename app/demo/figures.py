"""What the exporter says, for the demonstration's own lines."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from streams.names import EVENTS

_TIMEOUT_S: Final = 2.0
_ACCOUNTED: Final = re.compile(
    r'^selfserve_accounted_records\{[^}\n]*topic="([^"\n]*)"[^}\n]*\} (\S+)', re.MULTILINE
)

# KPI, window, and how its overall value is written. A KPI that is not there is left out.
_SHOWN: Final = (
    ("self_service_resolution", "7d", "resolution {:.1%} (7d)"),
    ("self_service_resolution", "1h", "{:.1%} (1h)"),
    ("self_service_adoption", "7d", "self-service adoption {:.1%} (7d)"),
    ("self_service_abandonment", "1h", "abandonment {:.1%} (1h)"),
    ("active_users", "1d", "active users {:,.0f} (1d)"),
    ("active_users", "1h", "{:,.0f} (1h)"),
)


class Exporter:
    """The exporter's HTTP interface at a URL that ends in a slash."""

    def __init__(self, url: str) -> None:
        self._url = url

    def evaluation_ms(self) -> int | None:
        """Return the time up to which its figures are complete (ms); ``None`` while it has not caught up."""
        health = self._get("readyz")
        time = health.get("evaluation_time") if health is not None and health.get("ready") else None
        return None if time is None else int(datetime.fromisoformat(time).timestamp() * 1_000)

    def accounted(self) -> int:
        """Return how many of the records that producers have sent its figures account for."""
        try:
            with urllib.request.urlopen(f"{self._url}metrics", timeout=_TIMEOUT_S) as response:  # noqa: S310  # http
                return accounted_records(response.read().decode())
        except OSError:
            return 0

    def line(self) -> str | None:
        """Return the key figures in one line; ``None`` while there are none."""
        overview = self._get("api/v1/kpis")
        return None if overview is None else summary(overview)

    def answers(self) -> bool:
        """Return whether it answers at all."""
        return self._get("readyz") is not None

    def _get(self, path: str) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(self._url + path, timeout=_TIMEOUT_S) as response:  # noqa: S310  # http
                document: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            # The reasons for which it is not ready are a document too.
            return _document(error) if path == "readyz" else None
        except (OSError, ValueError):
            return None
        return document


def accounted_records(exposition: str) -> int:
    """Return the records of all topics that producers fill, whatever became of them, from the text of ``/metrics``."""
    return sum(
        int(float(number))
        for topic, number in _ACCOUNTED.findall(exposition)
        # What came over another partition counts where it came from.
        if topic != EVENTS
    )


def _document(error: urllib.error.HTTPError) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.load(error)
    except (OSError, ValueError):
        return None
    return document


def summary(overview: Mapping[str, Any]) -> str | None:
    """Return the key figures of the overview document (``/api/v1/kpis``), or ``None`` if it has none of them."""
    values = {
        (kpi["id"], value["labels"].get("window")): value["value"]
        for kpi in overview["kpis"]
        for value in kpi["values"]
        if all(label == "all" for name, label in value["labels"].items() if name != "window")
    }
    shown = [
        form.format(value) for kpi, window, form in _SHOWN if (value := values.get((kpi, window))) is not None
    ]
    return ", ".join(shown) or None

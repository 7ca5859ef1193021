"""The one home of the dashboards' addresses: uids, files, tags, variables and the links between them."""

from __future__ import annotations

import re
from typing import Final

from app.generation.names import CHANNEL, DASHBOARD_PREFIX, DASHBOARDS_FOLDER

DATASOURCE: Final = "selfserve-prometheus"
"""Uid of the Prometheus that all panels read; `deploy/grafana/provisioning` gives it to one."""

FOLDER: Final = DASHBOARDS_FOLDER
TAG: Final = "selfserve"

OVERVIEW: Final = "selfserve-overview"
CHANNELS: Final = "selfserve-channel"
COHORTS: Final = "selfserve-cohorts"
PIPELINE: Final = "selfserve-pipeline"

COHORT: Final = "cohort"
"""The dimension of KPIs over customers who began on the same day."""

WINDOW_VARIABLE: Final = "window"
CHANNEL_VARIABLE: Final = CHANNEL

_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
_PREFIX = DASHBOARD_PREFIX


def family_uid(family: str) -> str:
    """Return the uid of the dashboard of a KPI family. Raises `ValueError` where Grafana takes no such uid."""
    uid = f"{_PREFIX}family-{family}"
    if _UID.fullmatch(uid) is None:
        raise ValueError(
            f"family {family!r}: {uid} is no uid for Grafana; use up to {40 - len(_PREFIX + 'family-')} letters, digits,"
            " hyphens and underscores"
        )
    return uid


def dashboard_file(uid: str) -> str:
    """Return the path of a dashboard in the repository."""
    return f"{FOLDER}/{uid.removeprefix(_PREFIX)}.json"


def dashboard_url(uid: str) -> str:
    """Return the address of a dashboard within its Grafana."""
    return f"/d/{uid}"


def variable(name: str) -> str:
    """Return how a query refers to a variable."""
    return f"${name}"

"""The metric by which worker and exporter say which build they are."""

from __future__ import annotations

from prometheus_client.core import InfoMetricFamily

from app import __version__
from streams.build import core_build


def build_info() -> InfoMetricFamily:
    """Return `selfserve_build_info` with the version, and with whether the core is compiled."""
    labels = {"version": __version__, "core": core_build()}
    return InfoMetricFamily(
        "selfserve_build", "Version of the program, and whether its core is compiled", labels
    )

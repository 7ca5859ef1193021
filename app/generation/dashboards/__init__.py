"""Grafana dashboards, built from the catalogue.

Pure: from KPIs and from the rule files that are generated beside them to JSON texts. Importing the package needs
grafana-foundation-sdk, which nothing but generation needs: everybody else imports it when dashboards are asked for.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # The classic form of a dashboard is the one that every Grafana in use provisions from files; the library's modules
    # advise against it as soon as they are imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    import grafana_foundation_sdk.builders.dashboard
    import grafana_foundation_sdk.builders.prometheus  # noqa: F401

"""The section ``links``: where alerts send their reader."""

from __future__ import annotations

from dataclasses import dataclass

from app.config.keys import key, section_of
from app.config.kinds import Text


def _link(placeholder: str) -> Text:
    # Quotes and other braces would end up in Prometheus' template of an annotation.
    return Text(
        f"an address or a path without spaces, quotes and braces, in which `{{{placeholder}}}` may stand",
        rf"(?:[^\s\"'`<>{{}}\\]|\{{{placeholder}\}}){{1,500}}",
    )


@dataclass(frozen=True)
class LinkSettings:
    """Where alerts send their reader. `selfserve generate` writes these into the alerting rules."""

    runbook: str = key(
        "docs/runbooks/{alert}.md",
        _link("alert"),
        "The page that says what to do; `{alert}` stands for the alert's name. The default is the path in the"
        " repository: put the address at which your repository or wiki shows it before that.",
    )
    dashboard: str = key(
        "http://127.0.0.1:8000/",
        _link("kpi"),
        "Where the figures can be seen; `{kpi}` stands for the KPI's id, or `pipeline` where the alert is about the"
        " service itself. The default is the exporter's live page on the machine that it runs on.",
    )


LINKS = section_of("links", LinkSettings)

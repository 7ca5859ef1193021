"""The section ``overlay``: what is changed of the catalogue of KPIs, and added to it."""

from __future__ import annotations

from dataclasses import dataclass

from app.config.composites import Optional
from app.config.forms import FILE
from app.config.keys import key, section_of


@dataclass(frozen=True)
class OverlaySettings:
    """Own KPIs, and changes of the ones that are there. See [own KPIs](own-kpis.md)."""

    file: str | None = key(
        None,
        Optional(FILE),
        "The file with own measures and KPIs, and with changes of the catalogue's. Workers, exporters and commands need"
        " the same one.",
        environment="SELFSERVE_OVERLAY_FILE",
    )


OVERLAY = section_of("overlay", OverlaySettings)
